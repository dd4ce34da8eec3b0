"""Every public name of `autograd_core`, `nn` and `optim`, and what its docstring and its signature lack.

python -m tests.public [part of a name or module ...]      lists what is missing
"""

from __future__ import annotations

import functools
import importlib.util
import inspect
import json
import re
import sys
import types
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

# our module -> where PyTorch has the same names. `autograd_core.compat` is not among them: its names are those of the modules
# below, under torch's paths, and stand-ins that compute nothing.
MODULES = {
    "autograd_core": "torch",
    "autograd_core.linalg": "torch.linalg",
    "autograd_core.fft": "torch.fft",
    "autograd_core.special": "torch.special",
    "autograd_core.distributions": "torch.distributions",
    "autograd_core.func": "torch.func",
    "autograd_core.random": "torch",
    "autograd_core.autograd": "torch.autograd",
    "autograd_core.autograd.functional": None,
    "autograd_core.autograd.forward_ad": None,
    "autograd_core.autograd.graph": None,
    "autograd_core.autograd.profiler": None,
    "nn": "torch.nn",
    "nn.functional": "torch.nn.functional",
    "nn.init": "torch.nn.init",
    "nn.utils": "torch.nn.utils",
    "nn.utils.rnn": "torch.nn.utils.rnn",
    "nn.utils.parametrize": None,
    "nn.utils.parametrizations": None,
    "nn.utils.prune": None,
    "nn.data": "torch.utils.data",
    "nn.data.datasets": None,
    "nn.data.transforms": None,
    "nn.models": None,
    "nn.inspect": None,
    "nn.plot": None,
    "nn.onnx": None,
    **({"nn.sklearn": None} if importlib.util.find_spec("sklearn") else {}),
    "optim": "torch.optim",
    "optim.lr_scheduler": "torch.optim.lr_scheduler",
    "optim.swa_utils": "torch.optim.swa_utils",
    "optim.training": None,
}
LABELS = ("Formula:", "Shapes:", "Dtypes:", "Raises:", "Source:")


@functools.cache
def public() -> dict[str, Any]:
    """The callables among the public names, and the methods of `Tensor`, each once."""
    found: dict[str, Any] = {}
    seen: set[int] = set()
    for module_name in MODULES:
        module = importlib.import_module(module_name)
        names = getattr(module, "__all__", None) or [n for n in dir(module) if not n.startswith("_")]
        for name in (
            *names,
            *getattr(module, "_LAZY", ()),
        ):  # those that are imported when they are first used, as well
            value = getattr(module, name)
            if isinstance(value, types.ModuleType) or not callable(value) or id(value) in seen:
                continue
            if not (value.__module__ or "").startswith(("autograd_core", "nn", "optim")):
                continue  # NumPy's dtypes
            seen |= {id(value), id(getattr(value, "__wrapped__", value))}  # that of the method, which takes no `out`
            found[f"{module_name}.{name}"] = value
    tensor = found["autograd_core.Tensor"]
    for name, value in inspect.getmembers(tensor):
        if not name.startswith("_") and id(value) not in seen:
            found[f"autograd_core.Tensor.{name}"] = value
    return found


def docstring(value: Any) -> str:
    """Its own docstring, not the one of a base class."""
    own = vars(value).get("__doc__") if isinstance(value, type) else inspect.getdoc(value)  # also of a slot
    return inspect.cleandoc(own or "")


def signature(value: Any) -> inspect.Signature | None:
    try:
        return inspect.signature(value)
    except (ValueError, TypeError):
        return None


def parameters(value: Any) -> list[inspect.Parameter]:
    """What a caller passes."""
    taken = signature(value)
    return [p for p in taken.parameters.values() if p.name not in ("self", "cls")] if taken else []


def missing(name: str, value: Any) -> list[str]:
    """The parts that the docstring of a public name lacks."""
    text = docstring(value)
    if not text:
        return ["docstring"]
    lines = text.splitlines()
    lacking = []
    if not re.match(r"[`A-Z0-9].*[.:]$", lines[0]) or (len(lines) > 1 and lines[1].strip()):
        lacking.append("a sentence of one line, then an empty one")
    if re.fullmatch(r"autograd_core\.Tensor\.\w+", name):  # attributes, in-place forms: what they do, in a sentence
        return lacking
    lacking += [label for label in LABELS if not re.search(rf"^{label}", text, re.M)]
    if ">>> " not in text:
        lacking.append("example")
    lacking += [p.name for p in parameters(value) if not re.search(rf"\b{re.escape(p.name)}\b", text)]
    return lacking


def is_vague(p: inspect.Parameter) -> bool:
    """Whether a parameter's type says nothing."""
    return p.annotation in (inspect.Parameter.empty, Any, "Any")


# What PyTorch takes and a library whose tensors are NumPy arrays in main memory has no use for; `out_dtype` is for GPUs,
# `from` is no name in Python, `_preallocate_and_copy` private; files are no pickles.
NOT_OURS = {
    "layout", "pin_memory", "names", "pin_memory_device", "multiprocessing_context", "out_dtype",
    "from", "_preallocate_and_copy",
    "pickle_module", "pickle_protocol", "pickle_load_args", "_use_new_zipfile_serialization", "_disable_byteorder_record",
}  # fmt: skip

# What PyTorch documents and itself refuses (2.13): slips of its documentation, and positions of what goes by keyword only.
REFUSED_THERE = {
    "torch.pow": {"self"},  # the number of number ** tensor alone
    "torch.aminmax": {"min", "max"}, "torch.true_divide": {"dividend", "divisor"},
    "torch.Tensor.arctanh_": {"other"}, "torch.Tensor.atanh_": {"other"}, "torch.Tensor.cumprod_": {"dtype"},
    "torch.Tensor.cumsum_": {"dtype"}, "torch.Tensor.div_": {"value"}, "torch.Tensor.divide_": {"value"},
    "torch.Tensor.floor_divide_": {"value"}, "torch.Tensor.fmod_": {"divisor"}, "torch.Tensor.index_copy_": {"tensor"},
    "torch.Tensor.mul_": {"value"}, "torch.Tensor.multiply_": {"value"}, "torch.Tensor.remainder_": {"divisor"},
    "torch.Tensor.round_": {"decimals"}, "torch.Tensor.true_divide_": {"value"}, "torch.linalg.vander": {"N"},
    "torch.Tensor.to_dense": {"masked_grad"},  # of sparse tensors alone
}  # fmt: skip


@functools.cache
def pytorch() -> dict[str, list[str]]:
    """PyTorch's documented signatures (2.13), by full name."""
    return json.loads((Path(__file__).parent / "tables" / "pytorch_signatures.json").read_text())


def _arguments(text: str) -> Iterator[tuple[str, int | None]]:
    """Name and position of every parameter; None: by keyword only."""
    by_keyword, position = False, 0
    for part in re.split(r",\s*(?![^()\[\]{}]*[)\]}])", text[1:-1]):
        name = part.split("=")[0].strip()
        if name == "*" or name.startswith("*"):
            by_keyword = True
            if name not in ("*", "**kwargs", "*args"):
                yield name.lstrip("*"), None
        elif name and name != "/":
            yield name, None if by_keyword or name == "out" else position
            position += name != "out"  # what comes after it moves up


def differences(name: str, value: Any) -> list[str]:
    """Which parameters PyTorch documents that `value` does not take, or takes in another position."""
    module, _, short = name.rpartition(".")
    theirs = "torch.Tensor" if module == "autograd_core.Tensor" else MODULES.get(module)
    overloads = pytorch().get(f"{theirs}.{short}", [])
    ours = parameters(value)
    if module == "autograd_core.Tensor" and ours and ours[0].name == "input":
        ours = ours[1:]  # the tensor itself: an in-place form shows the signature of its function
    if not overloads or any(p.kind is p.VAR_KEYWORD for p in ours):
        return []
    names = {p.name for p in ours}
    positional = [p.name for p in ours if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.VAR_POSITIONAL)]
    at: dict[int, set[str]] = {}
    for overload in overloads:
        for argument, position in _arguments(overload):
            if position is not None:
                at.setdefault(position, set()).add(argument)
    found = []
    passed_over = NOT_OURS | REFUSED_THERE.get(f"{theirs}.{short}", set())
    for overload in overloads:
        for argument, position in _arguments(overload):
            if argument in passed_over:
                continue
            if argument not in names:
                found.append(f"no {argument}=")
            elif position is not None and not (position < len(positional) and positional[position] in at[position]):
                found.append(f"{argument} is not at position {position}")
    return sorted(set(found))


def report(wanted: Callable[[str, Any], bool]) -> None:
    vague = total = 0
    for name, value in public().items():
        if not wanted(name, value):
            continue
        lacking, differing = missing(name, value), differences(name, value)
        vague += sum(map(is_vague, parameters(value)))
        total += len(parameters(value))
        if lacking or differing:
            print(f"{name}: {'; '.join(lacking)}{' | PyTorch: ' + ', '.join(differing) if differing else ''}")
    print(f"{vague} of {total} parameters have a type that says nothing")


if __name__ == "__main__":
    parts = sys.argv[1:] or [""]
    report(lambda name, value: any(part in f"{name} {getattr(value, '__module__', '')}" for part in parts))
