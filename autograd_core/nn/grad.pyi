from nn.grad import *  # noqa: F403
