from optim.training import *  # noqa: F403
