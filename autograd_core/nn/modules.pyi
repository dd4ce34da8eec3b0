from nn.modules import *  # noqa: F403
