from nn.inspect import *  # noqa: F403
