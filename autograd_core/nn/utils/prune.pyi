from nn.utils.prune import *  # noqa: F403
