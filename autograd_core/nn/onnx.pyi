from nn.onnx import *  # noqa: F403
