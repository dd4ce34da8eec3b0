"""Sums, extremes, orders, counts and scans along dimensions.

`reduce` has sums, products and means, `deviations` variances, `scan` the cumulative forms; `sort` and `quantile` order
elements, `count` and `histogram` count them.
"""
