"""Losses.

`regression`, `classification`, `margin` and `ctc` have a family each; `reduction` has what all share: operands of one
shape, mean and sum.
"""
