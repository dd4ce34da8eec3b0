"""Kernels that go over rows or runs of elements in a pass or two; their time is memory's.

`reduction` sums, `norm` and `softmax` normalise, `activation` and `dropout` go element by element, `embedding` reads
rows of a table, `ctc` sums over alignments; `update` has the steps of optimisers on all parameters at once.
"""
