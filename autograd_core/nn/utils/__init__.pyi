from nn.utils import *  # noqa: F403
