"""Operations that work element by element.

Each is one call of `unary` or `binary` (`engine/elementwise.py`): a function on arrays and its derivative. Begin with
`arithmetic`.
"""
