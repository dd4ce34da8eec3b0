from nn.construction import *  # noqa: F403
