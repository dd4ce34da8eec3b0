"""Recurrent networks over whole sequences: `recurrent.py` has the loops over time, `gates.py` the formulas of all cells."""
