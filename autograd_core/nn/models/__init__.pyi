from nn.models import *  # noqa: F403
