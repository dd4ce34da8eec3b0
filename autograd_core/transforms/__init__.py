"""Functions of functions: derivatives, Jacobians, vmap, checkpoints.

Begin with `derivatives` (jvp, vjp, grad: the engine's walk as a function) and `jacobians`, which runs it for all rows
at once by `vmap`. `batched` is the value that stands for all examples, `levels` which `vmap`s are running, and
`rules` (with `rules_index` and `rules_write`) how each primitive runs on a batch; `randomness` says what random
numbers do inside. `modules` calls a module with other parameters, `checkpoint` computes again instead of remembering,
`tree` walks nested containers.
"""
