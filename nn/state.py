"""State dicts: collecting a module's tensors by path, and loading them with every mismatch found before any write."""

from __future__ import annotations

from collections import OrderedDict, namedtuple
from collections.abc import Mapping
from typing import Any

import numpy as np

from autograd_core.engine.tensor import Tensor, as_array, wrap
from autograd_core.engine.versions import written

from .parameter import Parameter, is_lazy

EXTRA = "_extra_state"


class IncompatibleKeys(namedtuple("IncompatibleKeys", ["missing_keys", "unexpected_keys"])):
    """What `load_state_dict(strict=False)` passed over."""

    __slots__ = ()

    def __repr__(self) -> str:
        if not self.missing_keys and not self.unexpected_keys:
            return "<All keys matched successfully>"
        return super().__repr__()

    __str__ = __repr__


# --------------------------------------------------------------------------------------------------------- collecting


def collect(module: Any, destination: Any, prefix: str, keep_vars: bool) -> Any:
    """The state dict of a module and all below it; see `Module.state_dict`."""
    if destination is None:
        destination = OrderedDict()
        destination._metadata = OrderedDict()
    local_metadata = {"version": module._version}
    if hasattr(destination, "_metadata"):
        destination._metadata[prefix[:-1]] = local_metadata
    for hook in tuple(module._state_dict_pre_hooks.values()):
        hook(module, prefix, keep_vars)
    module._save_to_state_dict(destination, prefix, keep_vars)
    for name, part in module._modules.items():
        if part is not None:
            part.state_dict(destination=destination, prefix=f"{prefix}{name}.", keep_vars=keep_vars)
    for hook in tuple(module._state_dict_hooks.values()):
        if hook(module, destination, prefix, local_metadata) is not None:
            raise RuntimeError("state_dict post-hook must return None; it changes the dictionary it is given in place")
    return destination


def save_own(module: Any, destination: Any, prefix: str, keep_vars: bool) -> None:
    """Put the module's own tensors and its extra state into `destination`."""
    for name, t in _own(module):
        destination[prefix + name] = t if keep_vars or is_lazy(t) else t.detach()
    if _has_extra_state(module):
        destination[f"{prefix}{EXTRA}"] = module.get_extra_state()


def _own(module: Any) -> list[tuple[str, Tensor]]:
    """The module's parameters and persistent buffers."""
    named = [(name, t) for name, t in module._parameters.items() if t is not None]
    skipped = module._non_persistent_buffers_set
    return named + [(name, t) for name, t in module._buffers.items() if t is not None and name not in skipped]


def _has_extra_state(module: Any) -> bool:
    return not hasattr(type(module).get_extra_state, "absent")


# ------------------------------------------------------------------------------------------------------------ loading


def load(module: Any, state_dict: Any, strict: bool, assign: bool) -> IncompatibleKeys:
    """First every module checks its part and plans its writes; then all writes happen, or none does.

    A module's plan goes into `local_metadata["writes"]`, a list of functions without arguments.
    """
    if not isinstance(state_dict, Mapping):
        raise TypeError(f"Expected state_dict to be dict-like, got {type(state_dict).__name__}.")
    metadata = getattr(state_dict, "_metadata", {})
    state_dict = OrderedDict(state_dict)
    missing: list[str] = []
    unexpected: list[str] = []
    errors: list[str] = []
    writes: list[Any] = []
    finished: list[Any] = []

    def visit(part: Any, values: dict, prefix: str) -> None:
        local_metadata = dict(metadata.get(prefix[:-1], {}))
        local_metadata["assign_to_params_buffers"] = assign
        local_metadata["writes"] = writes
        arguments = (values, prefix, local_metadata, True, missing, unexpected, errors)
        for hook in tuple(part._load_state_dict_pre_hooks.values()):
            hook(part, *arguments)
        part._load_from_state_dict(*arguments)
        for name, child in part._modules.items():
            if child is not None:
                below = f"{prefix}{name}."
                visit(child, {key: value for key, value in values.items() if key.startswith(below)}, below)
        finished.append(part)

    visit(module, state_dict, "")
    problems = list(errors)
    if strict:
        if missing:
            problems.append(f"Missing key(s) in state_dict: {_quoted(missing)}.")
        if unexpected:
            problems.append(f"Unexpected key(s) in state_dict: {_quoted(unexpected)}.")
    if problems:
        way_out = "; strict=False passes over missing and unexpected keys" if len(problems) > len(errors) else ""
        raise RuntimeError(
            f"Error(s) in loading state_dict for {type(module).__name__} (nothing was changed{way_out}):\n\t"
            + "\n\t".join(problems)
        )
    for write in writes:
        write()
    incompatible = IncompatibleKeys(missing, unexpected)
    for part in finished:
        for hook in tuple(part._load_state_dict_post_hooks.values()):
            hook(part, incompatible)
    return incompatible


def _quoted(keys: list[str]) -> str:
    return ", ".join(f'"{key}"' for key in keys)


def load_own(
    module: Any,
    state_dict: Any,
    prefix: str,
    local_metadata: dict,
    strict: bool,
    missing_keys: list[str],
    unexpected_keys: list[str],
    error_msgs: list[str],
) -> None:
    """Check the module's own part of `state_dict`, and add its writes to the plan."""
    writes = local_metadata["writes"]
    assign = local_metadata.get("assign_to_params_buffers", False)
    names = set()
    for name, t in _own(module):
        names.add(name)
        key = prefix + name
        if key not in state_dict:
            missing_keys.append(key)
            continue
        value = state_dict[key]
        if is_lazy(t) and is_lazy(value):
            continue
        value = _without_dimension(t, value)
        problem = _problem(key, t, value, assign)
        if problem is not None:
            error_msgs.append(problem)
        elif assign:
            writes.append(lambda name=name, t=t, value=value: _assign(module, name, t, value))
        else:
            writes.append(lambda t=t, value=value: _copy(t, value))
    if _has_extra_state(module):
        names.add(EXTRA)
        key = prefix + EXTRA
        if key in state_dict:
            writes.append(lambda extra=state_dict[key]: module.set_extra_state(extra))
        else:
            missing_keys.append(key)
    for key in state_dict:
        if key.startswith(prefix):
            head, *below = key[len(prefix) :].split(".", 1)
            if head not in (module._modules if below else names):
                unexpected_keys.append(key)


def _without_dimension(t: Tensor, value: Any) -> Any:
    """Numbers had shape (1,) in old checkpoints, such as `num_batches_tracked` of PyTorch before 0.4."""
    if is_lazy(t) or is_lazy(value) or t.shape != () or getattr(value, "shape", None) != (1,):
        return value
    return wrap(value.array.reshape(())) if isinstance(value, Tensor) else value.reshape(())


def _problem(key: str, t: Tensor, value: Any, assign: bool) -> str | None:
    """Why `value` cannot be loaded into `t`, or None."""
    if not isinstance(value, Tensor | np.ndarray | np.generic):
        return f'"{key}": expected a tensor or an array, got {type(value).__name__}.'
    if is_lazy(value):
        return (
            f'"{key}": expected values of shape {t.shape}, got {value!r}; run the model it came from once, then save.'
        )
    if not is_lazy(t) and tuple(value.shape) != t.shape:
        return (
            f"size mismatch for {key}: copying a param with shape {tuple(value.shape)} from checkpoint, "
            f"the shape in current model is {t.shape}."
        )
    if value.dtype.kind not in "fiubc":
        return f'"{key}": {value.dtype} holds no numbers.'
    if value.dtype.kind == "c" and t.dtype.kind != "c":
        return f'"{key}": {value.dtype} cannot be copied into {t.dtype}.'
    if assign and t.requires_grad and value.dtype.kind not in "fc":
        return f'"{key}": {value.dtype} cannot be assigned to a parameter that requires a gradient.'
    if not assign and not is_lazy(t) and not t.array.flags.writeable:
        return f'"{key}": the memory of this model\'s tensor is read-only; pass assign=True.'
    return None


def _copy(t: Any, value: Any) -> None:
    if is_lazy(t):
        t.materialize(value.shape)
    t.array[...] = value.array if isinstance(value, Tensor) else value
    written(t.array)


def _assign(module: Any, name: str, t: Tensor, value: Any) -> None:
    value = value if isinstance(value, Tensor) else wrap(as_array(value))
    if isinstance(t, Parameter):
        same = isinstance(value, Parameter) and value.requires_grad == t.requires_grad
        value = value if same else Parameter(value, requires_grad=t.requires_grad)
    setattr(module, name, value)
