from nn.data import *  # noqa: F403
