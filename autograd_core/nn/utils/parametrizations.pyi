from nn.utils.parametrizations import *  # noqa: F403
