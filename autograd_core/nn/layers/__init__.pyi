from nn.layers import *  # noqa: F403
