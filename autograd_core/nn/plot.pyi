from nn.plot import *  # noqa: F403
