from nn.data.transforms import *  # noqa: F403
