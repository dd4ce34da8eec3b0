"""Looking inside: what watches the engine at work, or reads the graph that it leaves; the engine knows none of it.

`check` compares gradients with differences, `anomaly` finds the operation that made a NaN, `profile` measures each
operation. `draw` shows the graph as a picture (`draw_values` collects the numbers, `draw_layout` finds the positions,
`draw_svg` writes it), `replay` the backward pass step by step. `tensor_view` shows a tensor in a notebook, in the
HTML of `markup`.
"""
