"""Docstring parts of optimisers, schedulers and metrics: `with_shared_parts` writes them where their name is in braces."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import TypeVar

T = TypeVar("T", bound=type)

PARTS = {
    "{params}": """\
params: what to change: tensors, (name, tensor) pairs, or dicts of "params" and the options of that group.
lr: the learning rate, at least 0; a number or a tensor of one number.""",
    "{betas}": "betas: the decay rates β₁ and β₂, each in [0, 1).",
    "{eps}": "eps: what is added to the denominator, at least 0.",
    "{weight_decay}": "weight_decay: the factor of x that is added to the gradient (an L2 penalty), at least 0.",
    "{decoupled}": "decoupled_weight_decay: True: x ← x - lr weight_decay x before the step, and g stays ∇f(x), as in AdamW.",
    "{flags}": """\
maximize: True goes up the gradient instead of down.
foreach, fused, capturable: accepted, as far as PyTorch has them, and without effect.
differentiable: must be False, for a step cannot be differentiated here.""",
    "{contract}": """\
Shapes: parameters and their gradients (*); the arrays of the state have the shape of their parameter.
Dtypes: floating and complex parameters (a complex one as two real ones); the state has its parameter's dtype.
Raises: TypeError if params is not an iterable of tensors, pairs or dicts; ValueError if it is empty, if a parameter is
    not a leaf, holds integers or occurs twice, if an option is outside its range, or for differentiable=True.""",
    "{optimizer}": "optimizer: whose learning rates change; one for each of its groups.",
    "{last_epoch}": "last_epoch: -1 starts; another number resumes there, with an optimizer whose state was loaded.",
    "{schedule}": """\
Shapes: none; one learning rate for each group of the optimizer.
Dtypes: Python floats.""",
    "{raises}": "TypeError if optimizer is not an Optimizer; ValueError if it has no learning rate; KeyError if last_epoch "
    "resumes without a loaded state",
    "{averages}": """\
average: "binary": of class 1, where there are two classes; "macro": the mean over the classes that occur among targets
    or predictions; "weighted": that mean weighted by the classes' numbers of targets; "micro": of the sums over all
    classes; None: an array with one number a class.
threshold: as for `Accuracy`.
zero_division: what 0 / 0 gives, 0.0, 1.0 or NaN; means leave NaN out.""",
    "{averaged}": """\
Shapes: output (N, C, *) and target (N, *), or with a threshold (N, *) both → one number, or an array (C,).
Dtypes: any real output, integer target → float.
Raises: ValueError for another average or zero_division, if the shapes do not fit, a target is no class, or
    average="binary" meets more than two classes; from `result` before the first `update`. FloatingPointError if an
    output is NaN.""",
    "{sgd}": """\
>>> import autograd_core as ag, optim
>>> optimizer = optim.SGD([ag.zeros(1, requires_grad=True)], lr=1.0)""",
    "{rates}": """\
>>> for epoch in range(6):
...     print(f"{schedule.get_last_lr()[0]:.3g}", end=" ")
...     optimizer.step()
...     schedule.step()""",
}


def with_shared_parts(cls: T) -> T:
    """The class with the shared parts in its docstring."""
    text = inspect.cleandoc(cls.__doc__ or "")
    for name, part in PARTS.items():
        text = text.replace(name, part)
    cls.__doc__ = re.sub(r"^Raises: .*(?:\n    .*)*", _filled, text, count=1, flags=re.M) or None
    return cls


def _filled(paragraph: re.Match[str]) -> str:
    return textwrap.fill(" ".join(paragraph[0].split()), 120, subsequent_indent="    ", break_long_words=False)
