from nn.data.datasets import *  # noqa: F403
