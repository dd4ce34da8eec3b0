"""What PyTorch has and this library has not, with the reason: said when it is used, not when it is imported or compared."""

from __future__ import annotations

import warnings
from typing import NoReturn

REASONS = {
    "hub": "models are not downloaded; nn.load reads weights, and nn.onnx.load whole models",
    "multiprocessing": "tensors do not live in shared memory; Python's multiprocessing sends them pickled",
    "profiler": "torch.autograd.profiler.profile() and autograd_core.profile() are there",
    "quantization": "there are no quantized dtypes",
    "ao": "there are no quantized dtypes",
    "sparse": "tensors are dense; use torch.zeros and index_put_, or scipy.sparse outside of the graph",
    "sparse_coo_tensor": "tensors are dense; use torch.zeros and index_put_, or scipy.sparse outside of the graph",
    "sparse_csr_tensor": "tensors are dense; use torch.zeros and index_put_, or scipy.sparse outside of the graph",
    "fx": "there are no symbolic traces; autograd_core.draw and replay show the graph of a computation",
    "export": "there are no symbolic traces; nn.onnx.export writes a model to a file",
    "nested": "tensors have one size in each dimension; pad, or use nn.utils.rnn.pack_sequence",
    "masked": "there are no masked tensors; use torch.where",
    "quantize_per_tensor": "there are no quantized dtypes",
    "Stream": "there is no GPU",
    "Event": "there is no GPU",
}


def no_attribute(module: str, name: str) -> AttributeError:
    """The error for a name that a module of PyTorch's has and this one has not."""
    reason = REASONS.get(name, "the library has no such name")
    return AttributeError(f"module '{module}' of autograd_core.compat has no attribute '{name}': {reason}")


class NoDtype:
    """A dtype that NumPy has not: it can be named, kept in a table and compared, and refuses to be used.

    name: PyTorch's.
    """

    def __init__(self, name: str):
        self.name = name

    def __repr__(self) -> str:
        return f"torch.{self.name}"

    @property
    def dtype(self) -> NoReturn:  # what NumPy asks for
        raise RuntimeError(
            f"torch.{self.name}: NumPy has no such dtype; use torch.float32, or torch.float16 to save memory"
        )


sentences: set[str] = set()  # that were said


def warn_once(sentence: str) -> None:
    """Warn of what a stand-in leaves out, once in a process."""
    if sentence not in sentences:
        sentences.add(sentence)
        warnings.warn(sentence, stacklevel=4)
