"""Names: which operations are functions, methods and operators, and how NumPy's functions reach them.

`table` gathers the lines that end each file of `ops`; `bind` makes methods of them, beside those of `methods` and
`memory_methods`, which are no operations. `numpy_protocol` answers `np.sin(t)`, `array_api` is the namespace of the
array API standard, with its own rules in `array_api_rules`; `packages` makes `autograd_core.nn` another name of `nn`.
"""
