"""The modules of `torch.nn`, a family a file: parameters and options here, the computation in `nn.functional`.

Begin with `linear`: a module's `__init__` creates parameters and its `forward` calls a function. `conv`, `pooling`,
`pooling_adaptive`, `padding`, `dropout` and `upsampling` exist for one to three dimensions (`spatial` has their base,
`tuples` their sizes); `lazy` holds the forms that find their sizes at the first call. `recurrent` goes over
sequences, `recurrent_cell` a step; `attention` and `transformer` belong together, as do `embedding` and `adaptive`.
`activation`, `norm` and `distance` have functions' parameters; `flatten`, `fold` and `shuffle` move elements.
Losses: `loss` lists them, `loss_of_values`, `loss_of_labels` and `loss_of_margins` have them, `loss_base` what they
share. `container` holds modules in lists. Not PyTorch's: `fused`, `rbf`, `lstm_1997`. Their base, `Module`, is in
`nn.module`.
"""
