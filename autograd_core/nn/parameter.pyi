from nn.parameter import *  # noqa: F403
