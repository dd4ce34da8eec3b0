"""Module, the building block: parameters, buffers and other modules by name, and a `forward`."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike

from autograd_core.engine.creation import on_cpu
from autograd_core.engine.memory_format import MemoryFormat, checked_format
from autograd_core.engine.operands import convert, to_dtype
from autograd_core.engine.tensor import HookHandle, Tensor, wrap

from . import construction, hooks, state
from .hooks import (
    register_module_buffer_registration_hook,
    register_module_forward_hook,
    register_module_forward_pre_hook,
    register_module_full_backward_hook,
    register_module_full_backward_pre_hook,
    register_module_module_registration_hook,
    register_module_parameter_registration_hook,
)
from .parameter import Buffer, Parameter, is_computed, is_lazy

__all__ = [
    "Module", "Parameter", "register_module_buffer_registration_hook", "register_module_forward_hook",
    "register_module_forward_pre_hook", "register_module_full_backward_hook", "register_module_full_backward_pre_hook",
    "register_module_module_registration_hook", "register_module_parameter_registration_hook",
]  # fmt: skip


class Module(hooks.Hookable):
    """Is the base of every network and part of one: subclass it, make its parts in `__init__`, compute in `forward`.

    A `Parameter`, a `Buffer` or a Module that is assigned to an attribute is registered: `parameters`, `state_dict`, `to`,
    `train` and the rest find it, here and in all modules above. Calling the module calls `forward` and the hooks. args and
    kwargs are refused, unless the class sets call_super_init: then they go to its other base classes.

    Formula: module(*inputs) = forward(*inputs)
    Shapes: those of the subclass.
    Dtypes: those of the subclass; parameters get the default float unless told otherwise.
    Raises: TypeError for args and kwargs; when called, NotImplementedError without a `forward`. An error raised inside a
        part's `forward` names that part by its path (`encoder.2.conv`).
    Source: PyTorch's `nn.Module`.

    >>> import nn, autograd_core as ag
    >>> class Affine(nn.Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.weight = nn.Parameter(ag.ones(2))
    ...     def forward(self, x):
    ...         return self.weight * x
    >>> Affine()(ag.tensor([1.0, 2.0]))
    tensor([1., 2.], grad_fn=<mul>)
    """

    _version = 1  # of the state dict's layout, kept beside it as metadata
    training: bool
    call_super_init = False  # whether the classes beside Module among a subclass's bases are initialised too

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        construction.name_constructor(cls)

    if not TYPE_CHECKING:  # where the constructor's arguments are those of __init__

        def __new__(cls, *args: Any, **kwargs: Any) -> Any:
            if args and isinstance(args[0], Tensor):
                construction.refuse_tensors(cls, args)
            make: Any = super().__new__
            return make(cls) if make is object.__new__ else make(cls, *args, **kwargs)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        if not self.call_super_init and (args or kwargs):
            got = f"the arguments {args}" if args else f"the keyword argument '{next(iter(kwargs))}'"
            raise TypeError(
                f"{type(self).__name__}.__init__() got {got}, but Module takes none; set call_super_init = True for a "
                "further base class to get them"
            )
        fields = self.__dict__  # past __setattr__, which needs them
        fields["training"] = True
        fields["_parameters"] = {}
        fields["_buffers"] = {}
        fields["_modules"] = {}
        fields["_non_persistent_buffers_set"] = set()
        for name in hooks.KINDS:
            fields[name] = {}
        if self.call_super_init:
            super().__init__(*args, **kwargs)

    # ------------------------------------------------------------------------------------------------------- calling

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Compute the output; each subclass has its own."""
        hint = (
            "; loop over its modules in the forward of yours, or use nn.Sequential" if hasattr(self, "__iter__") else ""
        )
        near = [name for name in difflib.get_close_matches("forward", dir(type(self)), 2) if name != "forward"]
        hint = f"; it has '{near[0]}', is that what was meant?" if near else hint
        raise NotImplementedError(f'Module [{type(self).__name__}] is missing the required "forward" function{hint}')

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        try:
            if self._hooked:
                return hooks.call(self, args, kwargs)
            return self.forward(*args, **kwargs)
        except Exception as error:
            _name_path(error, self)
            raise

    def register_forward_pre_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False
    ) -> HookHandle:
        """Call `hook(module, args)` before `forward`; the handle that is returned removes it.

        What the hook returns, if not None, takes the place of the arguments: a tuple or a single value. with_kwargs: it is
        called as `hook(module, args, kwargs)`, and may return the pair of both. prepend: before the hooks there are.
        """
        return hooks.register(self, "_forward_pre_hooks", hook, with_kwargs=with_kwargs, prepend=prepend)

    def register_forward_hook(
        self, hook: Callable[..., Any], *, prepend: bool = False, with_kwargs: bool = False, always_call: bool = False
    ) -> HookHandle:
        """Call `hook(module, args, output)` after `forward`; the handle that is returned removes it.

        What the hook returns, if not None, takes the output's place. with_kwargs: it is called as
        `hook(module, args, kwargs, output)`. always_call: also when `forward` raised, with None as output. prepend: before
        the hooks there are.
        """
        return hooks.register(
            self, "_forward_hooks", hook, with_kwargs=with_kwargs, always_call=always_call, prepend=prepend
        )

    def register_full_backward_pre_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_output)` before the module is differentiated; it may return another grad_output."""
        return hooks.register(self, "_backward_pre_hooks", hook, prepend=prepend)

    def register_full_backward_hook(self, hook: Callable[..., Any], prepend: bool = False) -> HookHandle:
        """Call `hook(module, grad_input, grad_output)` once the module is differentiated; the handle removes it.

        grad_input are the gradients with respect to the positional inputs (None for what has none); the hook may return
        others in their place. prepend: before the hooks there are.
        """
        return hooks.register(self, "_backward_hooks", hook, prepend=prepend)

    # ---------------------------------------------------------------------------------------------------- attributes

    def __setattr__(self, name: str, value: Any) -> None:
        fields = self.__dict__
        parameters = fields.get("_parameters")
        if isinstance(value, Parameter):
            if parameters is None:
                raise AttributeError("cannot assign parameters before Module.__init__() call")
            self._forget(name, parameters)
            self.register_parameter(name, value)
            return
        if isinstance(value, Module):
            if parameters is None:
                raise AttributeError("cannot assign module before Module.__init__() call")
            self._forget(name, fields["_modules"])
            fields["_modules"][name] = hooks.registered("module", self, name, value)
            return
        if parameters is not None:
            for kind, registry, wanted in (
                ("parameter", parameters, "nn.Parameter"),
                ("child module", fields["_modules"], "nn.Module"),
                ("buffer", fields["_buffers"], "Tensor"),
            ):
                if name in registry:
                    if value is not None and not (kind == "buffer" and isinstance(value, Tensor)):
                        raise TypeError(
                            f"cannot assign '{type(value).__name__}' as {kind} '{name}' ({wanted} or None expected); "
                            f"del the attribute first to make it something else"
                        )
                    if isinstance(value, Buffer):
                        self.register_buffer(name, value, value.persistent)
                        return
                    registry[name] = hooks.registered(kind, self, name, value)
                    return
        if isinstance(value, Buffer):
            self.register_buffer(name, value, value.persistent)
            return
        object.__setattr__(self, name, value)

    def _forget(self, name: str, kept: dict) -> None:
        """Take `name` out of every registry but `kept`: it is about to be registered there."""
        fields = self.__dict__
        for registry in (fields, fields["_parameters"], fields["_buffers"], fields["_modules"]):
            if registry is not kept:
                registry.pop(name, None)
        fields["_non_persistent_buffers_set"].discard(name)

    def __getattr__(self, name: str) -> Any:
        fields = self.__dict__
        for kind in ("_parameters", "_buffers", "_modules"):
            registry = fields.get(kind)
            if registry is not None and name in registry:
                return registry[name]
        raise AttributeError(f"'{type(self).__name__}' object has no attribute '{name}'")

    def __delattr__(self, name: str) -> None:
        for kind in ("_parameters", "_buffers", "_modules"):
            if name in self.__dict__[kind]:
                del self.__dict__[kind][name]
                self._non_persistent_buffers_set.discard(name)
                return
        object.__delattr__(self, name)

    def __dir__(self) -> list[str]:
        names = [*dir(type(self)), *self.__dict__, *self._parameters, *self._modules, *self._buffers]
        return sorted({name for name in names if name.isidentifier()})

    def __getstate__(self) -> dict:
        """For pickles and deep copies. What a hook computes anew before each call (pruning, the older weight_norm and
        spectral_norm) is kept without its history."""
        fields = self.__dict__.copy()
        for hook in fields.get("_forward_pre_hooks", {}).values():
            name = getattr(hook, "computes", "")
            if isinstance(fields.get(name), Tensor):
                fields[name] = fields[name].detach()
        return fields

    def __setstate__(self, fields: dict) -> None:
        self.__dict__.update(fields)

    def _check_name(self, kind: str, name: Any, registry: str) -> None:
        if registry not in self.__dict__:
            raise AttributeError(f"cannot assign {kind} before Module.__init__() call")
        if not isinstance(name, str):
            raise TypeError(f"{kind} name should be a string. Got {type(name).__name__}")
        if "." in name:
            raise KeyError(f'{kind} name can\'t contain ".", got: {name}')
        if name == "":
            raise KeyError(f'{kind} name can\'t be empty string ""')
        if hasattr(self, name) and name not in self.__dict__[registry]:
            raise KeyError(f"attribute '{name}' already exists")

    def register_parameter(self, name: str, param: Parameter | None) -> None:
        """Add a parameter under `name`; None registers that there is none (it is then not in the state dict)."""
        self._check_name("parameter", name, "_parameters")
        if param is not None and not isinstance(param, Parameter):
            raise TypeError(
                f"cannot assign '{type(param).__name__}' object to parameter '{name}' (nn.Parameter or None required)"
            )
        if param is not None and is_computed(param):
            raise ValueError(
                f"cannot assign non-leaf Tensor to parameter '{name}': model parameters must be created explicitly; "
                "to express it as a function of another tensor, compute the value in forward()"
            )
        self._parameters[name] = hooks.registered("parameter", self, name, param)

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Add a tensor that is part of the module's state without being a parameter, such as a running mean.

        One that is not persistent is left out of the state dict.
        """
        self._check_name("buffer", name, "_buffers")
        if tensor is not None and not isinstance(tensor, Tensor):
            raise TypeError(
                f"cannot assign '{type(tensor).__name__}' object to buffer '{name}' (Tensor or None required)"
            )
        self._buffers[name] = hooks.registered("buffer", self, name, tensor)
        if persistent:
            self._non_persistent_buffers_set.discard(name)
        else:
            self._non_persistent_buffers_set.add(name)

    def add_module(self, name: str, module: Module | None) -> None:
        """Add a part under `name`."""
        if module is not None and not isinstance(module, Module):
            raise TypeError(construction.not_a_module(module, type(self).__name__))
        self._check_name("module", name, "_modules")
        self._modules[name] = hooks.registered("module", self, name, module)

    register_module = add_module

    # ----------------------------------------------------------------------------------------------------- traversal

    def named_children(self) -> Iterator[tuple[str, Module]]:
        """The parts directly below, each once."""
        seen = set()
        for name, module in self._modules.items():
            if module is not None and module not in seen:
                seen.add(module)
                yield name, module

    def children(self) -> Iterator[Module]:
        """The parts directly below, each once."""
        for _, module in self.named_children():
            yield module

    def named_modules(
        self, memo: set | None = None, prefix: str = "", remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Module]]:
        """This module (under `prefix`) and all below it, with their paths."""
        memo = set() if memo is None else memo
        if self in memo:
            return
        if remove_duplicate:
            memo.add(self)
        yield prefix, self
        for name, module in self._modules.items():
            if module is not None:
                yield from module.named_modules(memo, f"{prefix}.{name}" if prefix else name, remove_duplicate)

    def modules(self, remove_duplicate: bool = True) -> Iterator[Module]:
        """This module and all below it, each once; without remove_duplicate a shared one as often as it is there."""
        for _, module in self.named_modules(remove_duplicate=remove_duplicate):
            yield module

    def _named_members(
        self, members: Callable[[Module], Any], prefix: str, recurse: bool, remove_duplicate: bool
    ) -> Iterator[tuple[str, Any]]:
        seen = set()
        modules = self.named_modules(prefix=prefix, remove_duplicate=remove_duplicate) if recurse else [(prefix, self)]
        for path, module in modules:
            for name, value in members(module):
                if value is None or value in seen:
                    continue
                if remove_duplicate:
                    seen.add(value)
                yield f"{path}.{name}" if path else name, value

    def named_parameters(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Parameter]]:
        """The parameters of this module and (`recurse`) all below, with their paths; a shared one once."""
        yield from self._named_members(lambda m: m._parameters.items(), prefix, recurse, remove_duplicate)

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """The parameters of this module and (`recurse`) all below, each once."""
        for _, param in self.named_parameters(recurse=recurse):
            yield param

    def named_buffers(
        self, prefix: str = "", recurse: bool = True, remove_duplicate: bool = True
    ) -> Iterator[tuple[str, Tensor]]:
        """The buffers of this module and (`recurse`) all below, with their paths; a shared one once."""
        yield from self._named_members(lambda m: m._buffers.items(), prefix, recurse, remove_duplicate)

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """The buffers of this module and (`recurse`) all below, each once."""
        for _, buffer in self.named_buffers(recurse=recurse):
            yield buffer

    def get_submodule(self, target: str) -> Module:
        """The module at the path `target`, such as "encoder.2"; "" is this one."""
        module = self
        for name in target.split(".") if target else ():
            if not hasattr(module, name):
                raise AttributeError(f"{type(module).__name__} has no attribute `{name}` (of the path '{target}')")
            module = getattr(module, name)
            if not isinstance(module, Module):
                raise AttributeError(f"`{name}` (of the path '{target}') is not an nn.Module")
        return module

    def set_submodule(self, target: str, module: Module, strict: bool = False) -> None:
        """Put `module` at the path `target`; with `strict`, only in the place of a part that is there."""
        if target == "":
            raise ValueError("Cannot set the submodule without a target name!")
        path, _, name = target.rpartition(".")
        parent = self.get_submodule(path)
        if not isinstance(module, Module):
            raise ValueError(f"`{name}`: {type(module).__name__} is not an nn.Module")
        if strict:
            self.get_submodule(target)
        setattr(parent, name, module)

    def get_parameter(self, target: str) -> Parameter:
        """The parameter at the path `target`."""
        return self._get_tensor(target, "_parameters", "an nn.Parameter")

    def get_buffer(self, target: str) -> Tensor:
        """The buffer at the path `target`."""
        return self._get_tensor(target, "_buffers", "a buffer")

    def _get_tensor(self, target: str, kind: str, what: str) -> Any:
        path, _, name = target.rpartition(".")
        module = self.get_submodule(path)
        if not hasattr(module, name):
            raise AttributeError(f"{type(module).__name__} has no attribute `{name}` (of the path '{target}')")
        if name not in getattr(module, kind):
            raise AttributeError(f"`{name}` (of the path '{target}') is not {what}")
        return getattr(module, kind)[name]

    # --------------------------------------------------------------------------------------------- changing all of it

    def apply(self, fn: Callable[[Module], Any]) -> Module:
        """Call `fn` with every module below and then with this one."""
        for module in self.children():
            module.apply(fn)
        fn(self)
        return self

    def _apply(self, fn: Callable[[Tensor], Tensor], recurse: bool = True) -> Module:
        """Replace the values of every parameter, its gradient, and every buffer by `fn` of them."""
        if recurse:
            for module in self.children():
                module._apply(fn)
        for param in self._parameters.values():
            if param is not None:
                param.data = fn(param.data)
                if param._grad is not None:
                    param._grad = fn(param._grad.detach())
        for name, buffer in self._buffers.items():
            if is_lazy(buffer):
                buffer.data = fn(buffer.data)
            elif buffer is not None:
                self._buffers[name] = fn(buffer)
        return self

    def to(
        self,
        dtype: DTypeLike | Tensor | None = None,
        device: str | None = None,
        non_blocking: bool = False,
        *,
        memory_format: MemoryFormat = None,
    ) -> Module:
        """Convert the floating parameters and buffers, in this object, to a floating dtype (or that of a tensor).

        There are no devices: `device` is None or "cpu", also as the first argument; `non_blocking` and `memory_format` are
        without effect.
        """
        checked_format("nn.Module.to", memory_format)
        target = to_dtype(dtype, device) if memory_format is None or dtype is not None or device is not None else None
        if target is None:
            return self
        if target.kind not in "fc":
            raise TypeError(f"nn.Module.to only accepts floating point or complex dtypes, but got {target}")
        return self._apply(lambda t: convert(t, target) if t.dtype.kind in "fc" else t)

    def type(self, dst_type: DTypeLike) -> Module:
        """Convert all parameters and buffers to a dtype."""
        target = np.dtype(dst_type)
        return self._apply(lambda t: convert(t, target))

    def cpu(self) -> Module:
        """This module: all tensors are in main memory."""
        return self

    def cuda(self, device: int | str | None = None) -> Module:
        """Raise: there are no devices but the CPU."""
        raise RuntimeError(
            f"{type(self).__name__}.cuda(): there are no devices: all tensors are in main memory, so leave out .cuda() and "
            ".to(device)"
        )

    def float(self) -> Module:
        """Convert the floating parameters and buffers to float32."""
        return self.to(np.float32)

    def double(self) -> Module:
        """Convert the floating parameters and buffers to float64."""
        return self.to(np.float64)

    def half(self) -> Module:
        """Convert the floating parameters and buffers to float16."""
        return self.to(np.float16)

    def to_empty(self, *, device: str | None = None, recurse: bool = True) -> Module:
        """Give the parameters and buffers new memory without setting its values, here and (`recurse`) below.

        `device` is None or "cpu".
        """
        on_cpu(device, "to_empty")
        return self._apply(lambda t: wrap(np.empty(t.shape, t.dtype)), recurse)

    def compile(self, *args: Any, **kwargs: Any) -> Module:
        """Return this module as it is: Python runs it, and its kernels are compiled anyway; all options are ignored."""
        return self

    def share_memory(self) -> NoReturn:
        """Raise: tensors are in the memory of one process."""
        raise RuntimeError(
            f"{type(self).__name__}.share_memory(): other processes cannot share parameters, tensors are in the memory of one; "
            "train in one process, whose kernels use all cores, and leave this out"
        )

    def train(self, mode: bool = True) -> Module:
        """Set training mode here and below: dropout drops, batch normalisation uses the batch."""
        if not isinstance(mode, bool):
            raise ValueError(f"training mode is expected to be boolean, got {mode!r}")
        self.training = mode
        for module in self.children():
            module.train(mode)
        return self

    def eval(self) -> Module:
        """Set evaluation mode: `train(False)`."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Module:
        """Switch the gradients of all parameters on or off (to freeze a part)."""
        for param in self.parameters():
            param.requires_grad_(requires_grad)
        return self

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters, or fill them with zeros."""
        for param in self.parameters():
            if set_to_none or param._grad is None:
                param._grad = None
            else:
                param._grad = wrap(np.zeros_like(param._grad.array))

    # --------------------------------------------------------------------------------------------------------- state

    def state_dict(self, *, destination: Any = None, prefix: str = "", keep_vars: bool = False) -> dict[str, Any]:
        """The parameters and persistent buffers by path, as detached tensors that share their memory.

        `keep_vars`: the parameters themselves. An `OrderedDict` whose `_metadata` holds each module's version.
        """
        return state.collect(self, destination, prefix, keep_vars)

    def load_state_dict(
        self, state_dict: Mapping[str, Any], strict: bool = True, assign: bool = False
    ) -> state.IncompatibleKeys:
        """Copy values (tensors or arrays) into the parameters and buffers of the same paths.

        Missing and unexpected keys (unless `strict=False`), and shapes that do not match, are reported together in one
        RuntimeError before anything is changed. `assign`: take the tensors themselves instead of copying their values.
        """
        return state.load(self, state_dict, strict, assign)

    def _save_to_state_dict(self, destination: Any, prefix: str, keep_vars: bool) -> None:
        """Put this module's own tensors, not those below, into `destination`."""
        state.save_own(self, destination, prefix, keep_vars)

    def _load_from_state_dict(
        self,
        state_dict: Any,
        prefix: str,
        local_metadata: dict,
        strict: bool,
        missing_keys: list[str],
        unexpected_keys: list[str],
        error_msgs: list[str],
    ) -> None:
        """Check what `state_dict` has for this module's own tensors, and plan the writes; see `state.load`."""
        state.load_own(self, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs)

    def get_extra_state(self) -> Any:
        """More to keep in the state dict; a subclass that overrides this also overrides `set_extra_state`."""
        raise RuntimeError(f"{type(self).__name__} has no get_extra_state(); override it to keep more than tensors")

    # a subclass's own has no such mark
    get_extra_state.absent = True  # type: ignore[attr-defined]

    def set_extra_state(self, state: Any) -> None:
        """Take back what `get_extra_state` gave."""
        raise RuntimeError(f"{type(self).__name__} has no set_extra_state(); override it together with get_extra_state")

    def register_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(module, prefix, keep_vars)` before the module's state is collected."""
        return hooks.register(self, "_state_dict_pre_hooks", hook)

    def register_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(module, state_dict, prefix, local_metadata)` after; it may change `state_dict` in place."""
        return hooks.register(self, "_state_dict_hooks", hook)

    def register_load_state_dict_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook` before the module looks for its values in a state dict; the handle that is returned removes it.

        It is called as hook(module, state_dict, prefix, local_metadata, strict, missing_keys, unexpected_keys, error_msgs).
        """
        return hooks.register(self, "_load_state_dict_pre_hooks", hook)

    def register_load_state_dict_post_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Call `hook(module, incompatible_keys)` after loading; it may change the lists of keys in place."""
        return hooks.register(self, "_load_state_dict_post_hooks", hook)

    # ---------------------------------------------------------------------------------------------------------- text

    def _get_name(self) -> str:
        return type(self).__name__

    def extra_repr(self) -> str:
        """What stands between the brackets of `repr`, before the parts."""
        return ""

    def __repr__(self) -> str:
        extra = self.extra_repr()
        lines = extra.split("\n") if extra else []
        parts = [f"({name}): {indented(repr(module))}" for name, module in self._modules.items()]
        if len(lines) == 1 and not parts:
            return f"{self._get_name()}({lines[0]})"
        body = "\n  ".join(lines + parts)
        return f"{self._get_name()}(\n  {body}\n)" if body else f"{self._get_name()}()"

    def _repr_html_(self) -> str:
        """What a notebook shows: a tree that folds."""
        from .module_view import html

        return html(self)


def indented(text: str) -> str:
    """All lines but the first moved in by two."""
    return text.replace("\n", "\n  ")


def _name_path(error: Exception, module: Module) -> None:
    """Write into `error`, on its way out of `module`, the path from here to the part that raised it.

    A module does not know its path, but each one the error passes knows the names of those below. So the path grows at
    the front, a name a level, and costs nothing until something fails.
    """
    raised = error.__dict__.get("_raised_in")
    if raised is None:
        error.__dict__["_raised_in"] = (module, "", type(module).__name__, error.args)
        return
    inner, path, kind, args = raised
    if inner is module:
        return
    name = next((name for name, below in module.named_modules() if below is inner), f"<{type(inner).__name__}>")
    path = f"{name}.{path}" if path else name
    error.__dict__["_raised_in"] = (module, path, kind, args)
    where = f"[in module {path}, {kind}, of {type(module).__name__}]"
    if len(args) == 1 and isinstance(args[0], str) and type(error).__module__ == "builtins":
        message = f"{args[0]} {where}"
        error.args = (message,)
        if str(error) == message and not isinstance(error, StopIteration):
            return
        error.args = args  # the argument is more than the message, as a KeyError's
    notes = getattr(error, "__notes__", [])
    if notes and notes[-1].startswith("[in module "):
        notes[-1] = where
    else:
        error.add_note(where)
