from nn.utils.parametrize import *  # noqa: F403
