from optim.optimizer import *  # noqa: F403
