"""Calling a module that has hooks, and the boundaries through which backward hooks see its gradients."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from autograd_core.function import Function
from autograd_core.tensor import HookHandle, Tensor

if TYPE_CHECKING:
    from .module import Module

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


class Options:
    """A hook that is called in another way than the usual: with keyword arguments, or also after an error."""

    def __init__(self, hook: Callable, with_kwargs: bool, always_call: bool):
        self.hook, self.with_kwargs, self.always_call = hook, with_kwargs, always_call

    def __call__(self, *args: Any) -> Any:
        return self.hook(*args)


def register(
    module: Module,
    kind: str,
    hook: Callable,
    *,
    with_kwargs: bool = False,
    always_call: bool = False,
    prepend: bool = False,
) -> HookHandle:
    held = module.__dict__[kind]
    if with_kwargs or always_call:
        hook = Options(hook, with_kwargs, always_call)
    handle = HookHandle(held, hook)
    if prepend:
        rest = {key: value for key, value in held.items() if key != handle.id}
        held.clear()
        held.update({handle.id: hook, **rest})
    module._hooked = True
    return handle


def call(module: Module, args: tuple, kwargs: dict) -> Any:
    """`module.forward` with every hook before and after it."""
    done: set[int] = set()
    try:
        args, kwargs = _before(module, args, kwargs)
        boundary = None
        if module._backward_hooks or module._backward_pre_hooks:
            boundary = Boundary(module)
            args = boundary.enter(args)
        output = module.forward(*args, **kwargs)
        for key, hook in tuple(module._forward_hooks.items()):
            done.add(key)
            replaced = _after(hook, module, args, kwargs, output)
            if replaced is not None:
                output = replaced
        return output if boundary is None else boundary.leave(output)
    except Exception:
        for key, hook in tuple(module._forward_hooks.items()):
            if key not in done and isinstance(hook, Options) and hook.always_call:
                _after(hook, module, args, kwargs, None)
        raise


def _before(module: Module, args: tuple, kwargs: dict) -> tuple[tuple, dict]:
    for hook in tuple(module._forward_pre_hooks.values()):
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


def _after(hook: Callable, module: Module, args: tuple, kwargs: dict, output: Any) -> Any:
    if isinstance(hook, Options) and hook.with_kwargs:
        return hook(module, args, kwargs, output)
    return hook(module, args, output)


class Boundary:
    """The two gates of one call of a module: its inputs and its outputs each pass through an identity.

    Backpropagation meets the gate of the outputs first and learns grad_output there, then the module, then the gate of
    the inputs, where grad_input is complete and the hooks run.
    """

    def __init__(self, module: Module):
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
        for hook in tuple(self.module._backward_pre_hooks.values()):
            replaced = hook(self.module, grads)
            if replaced is not None:
                grads = _same_length("grad_output", replaced, grads)
        self.grad_output = grads
        if not self.entered:  # no input needs a gradient, so that the other gate is never reached
            self.run((None,) * self.inputs)
        return grads

    def at_inputs(self, grads: tuple) -> tuple:
        return self.run(grads)

    def run(self, grads: tuple) -> tuple:
        for hook in tuple(self.module._backward_hooks.values()):
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
    places = [i for i, value in enumerate(values) if isinstance(value, Tensor)]
    if not any(values[i].requires_grad for i in places):
        return values, False

    def look_at_all(grads: tuple) -> tuple:
        whole: list = [None] * len(values)
        for i, g in zip(places, grads, strict=True):
            whole[i] = g
        seen = look(tuple(whole))
        return tuple(seen[i] for i in places)

    passed = list(values)
    for i, t in zip(places, Gate.apply(look_at_all, *(values[i] for i in places)), strict=True):
        passed[i] = t
    return tuple(passed), True
