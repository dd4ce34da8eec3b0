from nn.interchange import *  # noqa: F403
