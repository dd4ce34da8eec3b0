"""Convolution and pooling over one to three dimensions, called by `ops.network`'s `conv` and `pool`.

`conv` chooses between `sliding`, for convolutions of any kind, and `winograd` (formulas: `transforms`), for small
filters of stride 1; `columns` is the textbook's im2col. `pool` goes over the windows that `windows` describes, and
`response` normalises over neighbouring channels.
"""
