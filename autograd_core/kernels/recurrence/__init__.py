"""Recurrent networks over whole sequences, called by `ops.network.recurrent`.

Begin with `recurrent`: layouts, parallel split, and the one loop over time. `rnn`, `lstm` and `gru` are the three
layers, `gates` the formulas of their cells at one step, `recurrent_weights` the gradients of the weights.
"""
