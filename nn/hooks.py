"""Calling a module that has hooks, and the boundaries through which backward hooks see its gradients; and the hooks that
all modules share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from autograd_core.engine.function import Function
from autograd_core.engine.tensor import HookHandle, Tensor
from autograd_core.engine.walk import at_end_of_pass

KINDS = (
    "_forward_pre_hooks",
    "_forward_hooks",
    "_backward_pre_hooks",
    "_backward_hooks",
    "_state_dict_pre_hooks",
    "_state_dict_hooks",
    "_load_state_dict_pre_hooks",
    "_load_state_dict_post_hooks",
)


# The hooks of every module, by the kind of those of one module; and those called at each registration.
SHARED: dict[str, dict] = {kind: {} for kind in KINDS[:4]}
AT_REGISTRATION: dict[str, dict] = {"parameter": {}, "buffer": {}, "module": {}}


class Options:
    """A hook that is called in another way than the usual: with keyword arguments, or also after an error."""

    def __init__(self, hook: Callable[..., Any], with_kwargs: bool, always_call: bool):
        self.hook, self.with_kwargs, self.always_call = hook, with_kwargs, always_call

    def __call__(self, *args: Any) -> Any:
        return self.hook(*args)


def register(
    module: Any,
    kind: str,
    hook: Callable[..., Any],
    *,
    with_kwargs: bool = False,
    always_call: bool = False,
    prepend: bool = False,
) -> HookHandle:
    registry = module.__dict__[kind]
    hook = _optioned(hook, with_kwargs, always_call)
    handle = HookHandle(registry, hook)
    if prepend:
        rest = {key: value for key, value in registry.items() if key != handle.id}
        registry.clear()
        registry.update({handle.id: hook, **rest})
    module._hooked = True
    return handle


def _optioned(hook: Callable[..., Any], with_kwargs: bool, always_call: bool) -> Callable:
    return Options(hook, with_kwargs, always_call) if with_kwargs or always_call else hook


class Hookable:
    """The base of `Module`: whether a call must look for hooks, of one module or (here) of all."""

    _hooked = False


class SharedHandle(HookHandle):
    """The handle of a hook of all modules. While there are any, no module skips the look for hooks."""

    def __init__(self, kind: str, hook: Callable[..., Any]):
        super().__init__(SHARED[kind], hook)
        self._look()

    def remove(self) -> None:
        super().remove()
        self._look()

    @staticmethod
    def _look() -> None:
        Hookable._hooked = any(SHARED.values())


def register_module_forward_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call `hook(module, args)` before every module's own pre-hooks; see `Module.register_forward_pre_hook`."""
    return SharedHandle("_forward_pre_hooks", hook)


def register_module_forward_hook(
    hook: Callable[..., Any], *, with_kwargs: bool = False, always_call: bool = False
) -> HookHandle:
    """Call `hook(module, args, output)` before every module's own hooks; see `Module.register_forward_hook`."""
    return SharedHandle("_forward_hooks", _optioned(hook, with_kwargs, always_call))


def register_module_full_backward_pre_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call `hook(module, grad_output)` for every module; see `Module.register_full_backward_pre_hook`."""
    return SharedHandle("_backward_pre_hooks", hook)


def register_module_full_backward_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call `hook(module, grad_input, grad_output)` for every module; see `Module.register_full_backward_hook`."""
    return SharedHandle("_backward_hooks", hook)


def register_module_parameter_registration_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call `hook(module, name, parameter)` before a parameter is registered.

    What the hook returns, if not None, is registered instead.
    """
    return HookHandle(AT_REGISTRATION["parameter"], hook)


def register_module_buffer_registration_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call `hook(module, name, buffer)` before a buffer is registered.

    What the hook returns, if not None, is registered instead.
    """
    return HookHandle(AT_REGISTRATION["buffer"], hook)


def register_module_module_registration_hook(hook: Callable[..., Any]) -> HookHandle:
    """Call `hook(module, name, part)` before a part is registered.

    What the hook returns, if not None, is registered instead.
    """
    return HookHandle(AT_REGISTRATION["module"], hook)


def registered(kind: str, module: Any, name: str, value: Any) -> Any:
    """What the hooks at registration make of `value`; None is not shown to them."""
    for hook in () if value is None else tuple(AT_REGISTRATION[kind].values()):
        replaced = hook(module, name, value)
        if replaced is not None:
            value = replaced
    return value


def hooks_of(module: Any, kind: str) -> list[tuple[int, Callable]]:
    """The hooks of all modules and then those of this one, each with its handle's number."""
    return [*SHARED[kind].items(), *module.__dict__[kind].items()]


def call(module: Any, args: tuple, kwargs: dict) -> Any:
    """`module.forward` with every hook before and after it."""
    done: set[int] = set()
    try:
        args, kwargs = _before(module, args, kwargs)
        boundary = None
        if hooks_of(module, "_backward_hooks") or hooks_of(module, "_backward_pre_hooks"):
            boundary = Boundary(module)
            args = boundary.enter(args)
        output = module.forward(*args, **kwargs)
        for key, hook in hooks_of(module, "_forward_hooks"):
            done.add(key)
            replaced = _after(hook, module, args, kwargs, output)
            if replaced is not None:
                output = replaced
        return output if boundary is None else boundary.leave(output)
    except Exception:
        for key, hook in hooks_of(module, "_forward_hooks"):
            if key not in done and isinstance(hook, Options) and hook.always_call:
                _after(hook, module, args, kwargs, None)
        raise


def _before(module: Any, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    for _, hook in hooks_of(module, "_forward_pre_hooks"):
        if isinstance(hook, Options) and hook.with_kwargs:
            replaced = hook(module, args, kwargs)
            if replaced is None:
                continue
            if not (isinstance(replaced, tuple) and len(replaced) == 2):
                raise RuntimeError(
                    f"forward pre-hook must return None or a tuple of (new_args, new_kwargs), but got {replaced}."
                )
            args, kwargs = replaced
        else:
            replaced = hook(module, args)
            if replaced is not None:
                args = replaced if isinstance(replaced, tuple) else (replaced,)
    return args, kwargs


def _after(hook: Callable[..., Any], module: Any, args: tuple, kwargs: dict, output: Any) -> Any:
    if isinstance(hook, Options) and hook.with_kwargs:
        return hook(module, args, kwargs, output)
    return hook(module, args, output)


class Boundary:
    """The two gates of one call of a module: its inputs and its outputs each pass through an identity.

    Backpropagation meets the gate of the outputs first and learns grad_output there, then the module, then the gate of
    the inputs, where grad_input is complete and the hooks run. A pass that does not come through the gate of the outputs,
    such as the differentiation of a gradient, is none of the module and calls no hook, as in PyTorch.

    grad_output is kept for that pass alone: under create_graph=True it has a history, in which the gates are.
    """

    def __init__(self, module: Any):
        self.module = module
        self.grad_output: Any = None
        self.inputs = 0
        self.entered = False

    def enter(self, args: tuple) -> tuple:
        self.inputs = len(args)
        args, self.entered = _through(args, self.at_inputs)
        return args

    def leave(self, output: Any) -> Any:
        outputs = output if isinstance(output, tuple) else (output,)
        outputs, _ = _through(outputs, self.at_outputs)
        return outputs if isinstance(output, tuple) else outputs[0]

    def at_outputs(self, grads: tuple) -> tuple:
        for _, hook in hooks_of(self.module, "_backward_pre_hooks"):
            replaced = hook(self.module, grads)
            if replaced is not None:
                grads = _same_length("grad_output", replaced, grads)
        self.grad_output = grads
        at_end_of_pass(self.forget)
        if not self.entered:  # no input needs a gradient, so that the other gate is never reached
            self.run((None,) * self.inputs)
        return grads

    def at_inputs(self, grads: tuple) -> tuple:
        return grads if self.grad_output is None else self.run(grads)

    def forget(self) -> None:
        self.grad_output = None

    def run(self, grads: tuple) -> tuple:
        for _, hook in hooks_of(self.module, "_backward_hooks"):
            replaced = hook(self.module, grads, self.grad_output)
            if replaced is not None:
                grads = _same_length("grad_input", replaced, grads)
        return grads


def _same_length(what: str, replaced: Any, grads: tuple) -> tuple:
    replaced = replaced if isinstance(replaced, tuple) else (replaced,)
    if len(replaced) != len(grads):
        raise RuntimeError(
            f"Backward hook returned an invalid number of {what}, got {len(replaced)}, but expected {len(grads)}"
        )
    return replaced


class Gate(Function):
    """The identity on tensors, whose rule shows the gradients to `look`, which may replace them."""

    @staticmethod
    def forward(ctx: Any, look: Callable, *tensors: Tensor) -> tuple:
        ctx.set_materialize_grads(False)
        ctx.mark_non_differentiable(*(t for t in tensors if not t.requires_grad))
        ctx.look = look
        return tensors

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> tuple:
        return (None, *ctx.look(grads))


def _through(values: tuple, look: Callable) -> tuple[tuple, bool]:
    """`values` with its tensors sent through one gate; and whether a gradient will come back through it."""
    positions = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    if not any(values[i].requires_grad for i in positions):
        return values, False

    def look_at_all(grads: tuple) -> tuple:
        whole: list = [None] * len(values)
        for i, g in zip(positions, grads, strict=True):
            whole[i] = g
        seen = look(tuple(whole))
        return tuple(seen[i] for i in positions)

    passed = list(values)
    for i, t in zip(positions, Gate.apply(look_at_all, *(values[i] for i in positions)), strict=True):
        passed[i] = t
    return tuple(passed), True
