"""Optimizer: parameter groups, the state of each parameter, and what every algorithm shares around its formula."""

from __future__ import annotations

import copy
import functools
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy import ndarray

from autograd_core.engine.modes import enable_grad, mode
from autograd_core.engine.tensor import HookHandle, Tensor, as_array, describe, wrap
from autograd_core.engine.versions import written
from autograd_core.ops.elementwise.complex import view_as_complex, view_as_real

from .options import Params, check_betas, check_differentiable, check_not_negative, required

HOOKS = (
    "_optimizer_step_pre_hooks",
    "_optimizer_step_post_hooks",
    "_state_dict_pre_hooks",
    "_state_dict_post_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


def _with_hooks(step: Callable) -> Callable:
    @functools.wraps(step)
    def stepping(self: Any, *args: Any, **kwargs: Any) -> Any:
        for hook in tuple(self._optimizer_step_pre_hooks.values()):
            replaced = hook(self, args, kwargs)
            if replaced is not None:
                if not (isinstance(replaced, tuple) and len(replaced) == 2):
                    raise RuntimeError(
                        f"a step pre-hook must return None or a tuple of (new_args, new_kwargs), got {replaced!r}"
                    )
                args, kwargs = replaced
        result = step(self, *args, **kwargs)
        self.stepped += 1
        for hook in tuple(self._optimizer_step_post_hooks.values()):
            hook(self, args, kwargs)
        return result

    return stepping


class Optimizer:
    """Changes parameters by their gradients; the base class of every algorithm.

    params: what to change: tensors, (name, tensor) pairs, or dicts of "params" and the options of that group.
    defaults: the options of a group that does not set them itself; `required` stands for one that every group must set.

    A subclass with one formula for each parameter writes `update(x, g, state, group)`, which changes the array `x` (and
    the arrays in `state`) in place; one with another plan overrides `step`. `zeros` names the arrays of zeros that a
    state begins with (`begin` returns another state), `checked` the options that must not be negative. `state[param]`
    is a dict; `state_dict()` has it under the number of the parameter, counted through the groups. A complex parameter
    is updated as two real ones, its real and its imaginary part.

    `closure` is what a `step` that cannot do without a closure expects of it: "gradients" (it clears the gradients,
    computes the loss, calls `backward` and returns the loss), or of one that does not call `backward`: "loss" (it returns
    the loss), "outputs" (the loss and the outputs that it was computed from), "residuals" (their vector).

    Formula: x, state ← update(x, ∂loss/∂x, state), for every parameter x that has a gradient
    Shapes: parameters and their gradients (*).
    Dtypes: floating and complex parameters; the state has its parameter's dtype.
    Raises: TypeError if params is not an iterable of tensors, pairs or dicts; ValueError if it is empty, if a parameter
        is not a leaf, holds integers or occurs twice, or if a required option is missing; NotImplementedError from
        `step` of a subclass that has neither `update` nor `step`.
    Source: PyTorch's `torch.optim.Optimizer`.

    >>> import numpy as np, autograd_core as ag, optim
    >>> class SignDescent(optim.Optimizer):
    ...     def update(self, x, g, state, group):
    ...         x -= group["lr"] * np.sign(g)
    >>> x = ag.tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).sum().backward()
    >>> SignDescent([x], {"lr": 0.5}).step()
    >>> x
    tensor([0.5, 1.5], requires_grad=True)
    """

    zeros: tuple[str, ...] = ()  # the arrays of a parameter's state that begin as zeros; with them comes "step"
    checked: tuple[str, ...] = ()  # options that must not be negative; of "betas", each must be in [0, 1)
    closure: str | None = None  # what the closure of `step` does, see above; None: it may be left out
    flat_state = False  # True: the state's arrays need not have their parameter's shape
    _optimizer_step_pre_hooks: dict[int, Callable]
    _optimizer_step_post_hooks: dict[int, Callable]
    _state_dict_pre_hooks: dict[int, Callable]
    _state_dict_post_hooks: dict[int, Callable]
    _load_state_dict_pre_hooks: dict[int, Callable]
    _load_state_dict_post_hooks: dict[int, Callable]

    def __init__(self, params: Params, defaults: dict[str, Any]):
        self._reset()
        self.defaults = defaults
        self.state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        self.param_groups: list[dict[str, Any]] = []
        if isinstance(params, Tensor):
            raise TypeError(
                f"params argument given to the optimizer should be an iterable of Tensors or dicts, but got a tensor "
                f"of shape {params.shape}; put it into a list"
            )
        groups = _listed(params, type(self).__name__, ", lr=…" if "lr" in defaults else "")
        if not groups:
            raise ValueError(
                "optimizer got an empty parameter list: the model has no parameters (those of layers in a Python list or "
                "dict are not seen; use nn.ModuleList or nn.ModuleDict), or the generator was used up before"
            )
        if not isinstance(groups[0], dict):
            groups = [{"params": groups}]
        for group in groups:
            self.add_param_group(group)

    def _reset(self) -> None:
        """What is not saved: hooks, and memory for intermediate results."""
        for name in HOOKS:
            setattr(self, name, {})
        self.scratch_arrays: dict[tuple, ndarray] = {}
        self.stepped = 0  # how often `step` was called, for the schedulers

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "step" in cls.__dict__:
            cls.step = _with_hooks(cls.step)  # type: ignore[method-assign]

    def add_param_group(self, param_group: dict[str, Any]) -> None:
        """Add a dict of "params" and the options that differ from the defaults (unfrozen layers, for example)."""
        if not isinstance(param_group, dict):
            raise TypeError(f"param_group must be a dict, but got {type(param_group).__name__}")
        group = dict(param_group)
        if "params" not in group:
            raise ValueError(f"param_group has no 'params', only {sorted(group)}")
        if isinstance(group["params"], set):
            raise TypeError("optimizer parameters need to be in a fixed order, and a set has none; use a list")
        params: list[Any] = [group["params"]] if isinstance(group["params"], Tensor) else list(group["params"])
        if not params and isinstance(group["params"], Iterator):
            warnings.warn(
                f"parameter group {len(self.param_groups)} is an empty generator, so that it changes nothing; a generator "
                "gives its values only once: keep them in a list, parameters = list(model.parameters())",
                stacklevel=2,
            )
        if params and all(isinstance(p, tuple) and len(p) == 2 for p in params):
            group["param_names"] = [name for name, _ in params]
            params = [p for _, p in params]
        for i, param in enumerate(params):
            if not isinstance(param, Tensor):
                raise TypeError(f"optimizer can only optimize Tensors, but parameter {i} is {type(param).__name__}")
            if not param.is_leaf:
                raise ValueError(
                    f"can't optimize a non-leaf Tensor (parameter {i}, shape {param.shape}, computed by "
                    f"'{param.grad_fn.name if param.grad_fn else ''}'); use x.detach().requires_grad_()"
                )
            if param.dtype.kind not in "fc":
                raise ValueError(f"can't optimize {param.dtype} (parameter {i}, shape {param.shape}); use a float")
        if len(set(params)) != len(params):
            twice = next(i for i, p in enumerate(params) if p in set(params[:i]))
            raise ValueError(
                f"parameter {twice} of the group (shape {params[twice].shape}) is in it twice; give each one once"
            )
        group["params"] = params
        for name, default in self.defaults.items():
            if default is required and name not in group:
                raise ValueError(f"parameter group didn't specify a value of required optimization parameter {name}")
            group.setdefault(name, default)
        taken = {p for other in self.param_groups for p in other["params"]}
        for i, param in enumerate(params):
            if param in taken:
                raise ValueError(
                    f"some parameters appear in more than one parameter group: parameter {i} of this one "
                    f"(shape {param.shape})"
                )
        self.check_group(group)
        self.param_groups.append(group)

    def check_group(self, group: dict[str, Any]) -> None:
        """Raise ValueError if an option has an impossible value."""
        check_differentiable(group, type(self).__name__)
        for option in self.checked:
            if option == "betas":
                check_betas(group)
            else:
                check_not_negative(group, option)

    # ---------------------------------------------------------------------------------------------------------- steps

    @_with_hooks
    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Change every parameter that has a gradient.

        closure: computes the loss and its gradients again and returns the loss, which `step` returns; it is called once,
        with recording on. Without it, `step` returns None.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        self.update_groups()
        return loss

    def update_groups(self) -> None:
        """One step on the parameters of every group, recording nothing."""
        enabled, mode.enabled = mode.enabled, False
        try:
            for group in self.param_groups:
                self.update_group(group)
        finally:
            mode.enabled = enabled

    def evaluated(self, closure: Callable[[], Any] | None) -> tuple[Any, float]:
        """What a closure returns that a step cannot do without, called with recording on, and its number."""
        name = type(self).__name__
        if closure is None:
            raise ValueError(
                f"{name}: step needs a closure that clears the gradients, computes the loss, calls backward and returns it"
            )
        with enable_grad():
            loss = closure()
        array = as_array(loss) if isinstance(loss, Tensor | float | int | np.number) else None
        if array is None or array.size != 1:
            raise TypeError(f"{name}: the closure must return the loss, one number; got {describe(loss)}")
        return loss, float(array.reshape(()))

    def update_group(self, group: dict[str, Any]) -> None:
        """One step on the parameters of a group: on one after the other, where a subclass does not know better."""
        for param in group["params"]:
            if param._grad is not None:
                if param.dtype.kind == "c":
                    self._update_complex(param, group)
                else:
                    state = self.state[param]
                    if not state:
                        state.update(self.begin(param.array, group))
                    self.update(param.array, param._grad.array, state, group)
                written(param.array)

    def _update_complex(self, param: Tensor, group: dict[str, Any]) -> None:
        """`update` with a complex parameter seen as a real one, of shape (…, 2), and so its gradient and its state."""
        grad: Any = param._grad
        state, x = self.state[param], view_as_real(param.array)
        seen = as_real(state) or self.begin(x, group)
        self.update(x, view_as_real(grad.array), seen, group)
        twice = (*param.shape, 2)
        for name, value in seen.items():
            state[name] = view_as_complex(value) if isinstance(value, ndarray) and value.shape == twice else value

    def begin(self, x: ndarray, group: dict[str, Any]) -> dict[str, Any]:
        """The state of a parameter before its first step: empty, or its `zeros` and the number of steps."""
        return {"step": 0, **{name: np.zeros_like(x) for name in self.zeros}} if self.zeros else {}

    def update(self, x: ndarray, g: ndarray, state: dict[str, Any], group: dict[str, Any]) -> None:
        """One step on one parameter: change the array `x` and `state` in place, leave the gradient `g` as it is."""
        raise NotImplementedError(f"{type(self).__name__} has neither update() nor step()")

    def scratch(self, x: ndarray, which: int = 0) -> ndarray:
        """Memory of x's shape and dtype for an intermediate result, kept from step to step; the next call with the same
        `which` overwrites it."""
        memory = self.scratch_arrays.get((which, x.dtype))
        if memory is None or memory.size < x.size:
            memory = self.scratch_arrays[which, x.dtype] = np.empty(x.size, x.dtype)
        return memory[: x.size].reshape(x.shape)

    def gradient(self, x: ndarray, g: ndarray, group: dict[str, Any]) -> ndarray:
        """g + weight_decay x, with the opposite sign of g under `maximize`: g itself, or scratch memory 9."""
        if group.get("maximize"):
            g = np.negative(g, out=self.scratch(x, 9))
        decay = group["weight_decay"]
        if decay:
            penalty = np.multiply(x, decay, out=self.scratch(x, 8))
            g = np.add(g, penalty, out=self.scratch(x, 9))
        return g

    def decayed(self, x: ndarray, g: ndarray, group: dict[str, Any], lr: float) -> ndarray:
        """`gradient`, or under `decoupled_weight_decay` the bare (signed) gradient after x ← x - lr weight_decay x."""
        if not group["decoupled_weight_decay"]:
            return self.gradient(x, g, group)
        x *= 1 - lr * group["weight_decay"]
        return np.negative(g, out=self.scratch(x, 9)) if group["maximize"] else g

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or, without `set_to_none`, fill them with zeros."""
        for group in self.param_groups:
            for param in group["params"]:
                if set_to_none or param._grad is None:
                    param._grad = None
                else:
                    param._grad = wrap(np.zeros_like(param._grad.array))

    # ---------------------------------------------------------------------------------------------------------- state

    def state_dict(self) -> dict[str, Any]:
        """{"state": {number of the parameter: its state}, "param_groups": […]}, arrays as tensors that share memory."""
        for hook in tuple(self._state_dict_pre_hooks.values()):
            hook(self)
        numbers: dict[Tensor, int] = {}
        groups = []
        for group in self.param_groups:
            for param in group["params"]:
                numbers[param] = len(numbers)
            packed = {name: value for name, value in group.items() if name != "params"}
            packed["params"] = [numbers[param] for param in group["params"]]
            groups.append(packed)
        states = {
            numbers[param]: {name: _as_tensors(value) for name, value in values.items()}
            for param, values in self.state.items()
            if param in numbers
        }
        state_dict = {"state": states, "param_groups": groups}
        for hook in tuple(self._state_dict_post_hooks.values()):
            replaced = hook(self, state_dict)
            state_dict = state_dict if replaced is None else replaced
        return state_dict

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take over options and state, copied; the groups must have as many parameters, of the same shapes."""
        for hook in tuple(self._load_state_dict_pre_hooks.values()):
            replaced = hook(self, dict(state_dict))
            state_dict = state_dict if replaced is None else replaced
        loaded = state_dict["param_groups"]
        if len(loaded) != len(self.param_groups):
            raise ValueError(
                f"loaded state dict has a different number of parameter groups: {len(loaded)}, and the optimizer has "
                f"{len(self.param_groups)}"
            )
        for i, (theirs, ours) in enumerate(zip(loaded, self.param_groups, strict=True)):
            if len(theirs["params"]) != len(ours["params"]):
                raise ValueError(
                    f"loaded state dict contains a parameter group that doesn't match the size of optimizer's group: "
                    f"group {i} has {len(theirs['params'])} parameters there and {len(ours['params'])} here"
                )
        numbers = [n for group in loaded for n in group["params"]]
        params = [p for group in self.param_groups for p in group["params"]]
        by_number = dict(zip(numbers, params, strict=True))
        state: defaultdict[Tensor, dict[str, Any]] = defaultdict(dict)
        for number, values in state_dict["state"].items():
            if number not in by_number:
                raise ValueError(f"loaded state dict has a state for parameter {number}, which is in no group")
            param = by_number[number]
            state[param] = {name: self._loaded(name, v, number, param) for name, v in values.items()}
        self.state = state
        self.param_groups = [
            {**copy.deepcopy({k: v for k, v in theirs.items() if k != "params"}), "params": ours["params"]}
            for theirs, ours in zip(loaded, self.param_groups, strict=True)
        ]
        for hook in tuple(self._load_state_dict_post_hooks.values()):
            hook(self)

    def _loaded(self, name: str, value: Any, number: Any, param: Tensor) -> Any:
        """A value of the state as this optimiser keeps it: arrays in the parameter's dtype, numbers as numbers."""
        if isinstance(value, Tensor | ndarray | np.generic):
            array = np.array(as_array(value))
            if array.ndim == 0 and param.ndim:
                return array.item()
            if name == "step":
                return array.item()
            if array.shape != param.shape and not self.flat_state:
                raise ValueError(
                    f"loaded state dict has '{name}' of shape {array.shape} for parameter {number}, whose shape is "
                    f"{param.shape}"
                )
            if array.dtype.kind not in "fc":
                return array
            flat = self.flat_state and array.dtype.kind == "f"  # real also for complex parameters
            return array.astype(param.array.real.dtype if flat else param.dtype)
        return copy.deepcopy(value)

    def __getstate__(self) -> dict[str, Any]:
        return {"defaults": self.defaults, "state": self.state, "param_groups": self.param_groups}

    def __setstate__(self, fields: dict[str, Any]) -> None:
        self._reset()
        self.__dict__.update(fields)
        for state in self.state.values():  # NumPy unpickles a dtype as a new object, which the kernels do not know
            state.update({name: as_array(value) for name, value in state.items() if isinstance(value, ndarray)})

    # ---------------------------------------------------------------------------------------------------------- hooks

    def register_step_pre_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` before each step; it may return other (args, kwargs)."""
        return HookHandle(self._optimizer_step_pre_hooks, hook)

    def register_step_post_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(optimizer, args, kwargs)` after each step."""
        return HookHandle(self._optimizer_step_post_hooks, hook)

    def register_state_dict_pre_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(optimizer)` before `state_dict`."""
        return HookHandle(self._state_dict_pre_hooks, hook)

    def register_state_dict_post_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(optimizer, state_dict)` after; it may return another one."""
        return HookHandle(self._state_dict_post_hooks, hook)

    def register_load_state_dict_pre_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(optimizer, state_dict)` before loading; it may return another state dict."""
        return HookHandle(self._load_state_dict_pre_hooks, hook)

    def register_load_state_dict_post_hook(self, hook: Callable) -> HookHandle:
        """Call `hook(optimizer)` after loading."""
        return HookHandle(self._load_state_dict_post_hooks, hook)

    def __repr__(self) -> str:
        lines = []
        for i, group in enumerate(self.param_groups):
            lines += ["", f"Parameter Group {i}"]
            lines += [f"    {key}: {group[key]}" for key in sorted(group) if key not in ("params", "param_names")]
        return f"{type(self).__name__} (" + "\n".join(lines) + "\n)"


def _listed(params: Any, name: str, lr: str) -> list:
    """The parameters or groups as a list; whoever passes something else is told how to get them."""
    call = f"optim.{name}(model.parameters(){lr})"
    way_out = f"pass its parameters: {call}"
    if hasattr(params, "named_parameters"):
        raise TypeError(f"optimizer got a module, {type(params).__name__}; {way_out}")
    if callable(params) and hasattr(params, "__name__"):
        raise TypeError(f"optimizer got the function {params.__name__}; call it: {call}")
    if isinstance(params, Mapping):
        raise TypeError(f"optimizer got a dictionary; pass the parameters: {call}")
    if not isinstance(params, Iterable) or isinstance(params, str):
        raise TypeError(f"optimizer got {describe(params)} for its parameters; they come first: {call}")
    groups = list(params)
    for part in groups:
        if hasattr(part, "named_parameters"):
            raise TypeError(f"optimizer got the module {type(part).__name__}; {way_out}")
    return groups


def _as_tensors(value: Any) -> Any:
    """A value of the state as the state dict has it: arrays, also in lists, as tensors."""
    if isinstance(value, list):
        return [_as_tensors(v) for v in value]
    return wrap(value) if isinstance(value, ndarray) else value


def as_real(state: dict[str, Any]) -> dict[str, Any]:
    """The state of a parameter with its complex arrays seen as real ones, which share their memory."""
    return {
        name: view_as_real(value) if isinstance(value, ndarray) and value.dtype.kind == "c" else value
        for name, value in state.items()
    }


def real_views(arrays: list[Any]) -> list[Any] | None:
    """Arrays (and None) with the complex ones seen as real ones; None if none is complex."""
    if not any(a is not None and a.dtype.kind == "c" for a in arrays):
        return None
    return [view_as_real(a) if a is not None and a.dtype.kind == "c" else a for a in arrays]
