from nn.module import *  # noqa: F403
