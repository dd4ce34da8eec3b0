from nn.interchange.onnx import *  # noqa: F403
