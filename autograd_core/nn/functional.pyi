from nn.functional import *  # noqa: F403
