"""Sums, extremes, orders, counts and scans along dimensions."""
