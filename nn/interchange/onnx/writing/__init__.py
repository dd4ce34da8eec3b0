"""Modules as ONNX files: the computation is traced once and written down primitive by primitive.

Begin with `export`. `trace` runs the model on values that note what is done to them, for several sizes where a size
is not fixed (`sizes`), and each primitive's rule adds nodes to the graph in the making (`builder`). Rules by family:
`elementwise`, `shape`, `moved`, `layers`.
"""
