from optim.lr_scheduler import *  # noqa: F403
