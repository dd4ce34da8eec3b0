"""ONNX files as modules that compute with our operations, and learn.

Begin with `load`. It checks the file (`external` reads weights kept beside it), and `graph` runs its nodes, each by a
rule of the table in `nodes`; `rule` says what a rule declares, and that what it does not read is refused. Rules by
family: `layers`, `pooling`, `norms`, `recurrent`, `resize`, `indices`, `signal`, `quantized`, and `control` for
branches and loops.
"""
