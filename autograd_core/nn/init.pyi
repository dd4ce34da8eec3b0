from nn.init import *  # noqa: F403
