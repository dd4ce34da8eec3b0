"""The operations, one file a family. Each is a forward function on arrays and its rules, declared with `primitive`.

Functions take tensors, arrays and numbers: with a tensor among them the result is a tensor, otherwise a plain array.
"""
