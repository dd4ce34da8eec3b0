"""Convolution (`conv.py` chooses between `sliding.py` and `winograd.py`; `columns.py` is the textbook's) and pooling."""
