from nn.sklearn import *  # noqa: F403
