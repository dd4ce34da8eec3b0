from nn.utils.rnn import *  # noqa: F403
