"""The files that `torch.save` writes, read without pickle.

    archive (since 1.6)   a ZIP file, nothing compressed: NAME/data.pkl, the object; NAME/data/KEY, the bytes of the
                          storage KEY; NAME/byteorder
    legacy                pickles one after the other: a magic number, the version 1001, the system, the object, the list of
                          storage keys; then of each key the number of elements, 8 bytes, and the elements

The object is a program for pickle's stack machine. Python's runs any function that a file names; `Machine` here has the
opcodes of data alone, and the few functions of `CALLS`, which are ours and look at all that they get. A tensor is
_rebuild_tensor_v2(storage, offset, size, stride, …), a storage the persistent id ("storage", class, key, device, elements).
"""

from __future__ import annotations

import pickle
import pickletools
import struct
import zipfile
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from numpy import ndarray

from ..engine.tensor import Tensor, wrap

MAGIC = 0x1950A86A20F9469CFC6C
LEGACY = b"\x80\x02\x8a\x0a" + MAGIC.to_bytes(10, "little") + b"."
VERSION = 1001

# PyTorch's name of a dtype -> NumPy's; of bfloat16 the bytes, which become float32
DTYPES = {
    "float64": "f8", "float32": "f4", "float16": "f2", "bfloat16": "bfloat16", "complex128": "c16", "complex64": "c8",
    "int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1", "uint8": "u1", "uint16": "u2", "uint32": "u4",
    "uint64": "u8", "bool": "?",
}  # fmt: skip
STORAGES = {
    "DoubleStorage": "float64", "FloatStorage": "float32", "HalfStorage": "float16", "BFloat16Storage": "bfloat16",
    "ComplexDoubleStorage": "complex128", "ComplexFloatStorage": "complex64", "LongStorage": "int64",
    "IntStorage": "int32", "ShortStorage": "int16", "CharStorage": "int8", "ByteStorage": "uint8", "BoolStorage": "bool",
}  # fmt: skip


def is_archive(beginning: bytes) -> bool:
    """Whether a file that begins so is a ZIP file: a safetensors header would begin with '{' after its length."""
    return beginning[:4] == b"PK\x03\x04" and beginning[8:9] != b"{"


def is_legacy(beginning: bytes) -> bool:
    """Whether a file that begins so has the format before 1.6."""
    return beginning[: len(LEGACY)] == LEGACY


class RefusedError(pickle.UnpicklingError):
    """Something in a file that is no tensor and no plain container."""


class DamagedError(ValueError):
    """What is wrong in a file."""


class Name:
    """A class or function that a file names: a text, nothing that could be called."""

    __slots__ = ("text",)

    def __init__(self, text: str):
        self.text = text


class Storage:
    """The memory of a storage: `array`, of its dtype, which the file fills now or later."""

    def __init__(self, dtype: str, elements: int, swapped: bool):
        self.kind = dtype
        raw = "u2" if dtype == "bfloat16" else DTYPES[dtype]
        self.raw = np.dtype(raw).newbyteorder(">" if swapped else "<")
        self.array = np.empty(elements, np.float32 if dtype == "bfloat16" else raw)
        self.filled = False

    @property
    def nbytes(self) -> int:
        """How many bytes it has in the file."""
        return self.array.size * self.raw.itemsize

    def fill(self, read: Callable[[memoryview], int]) -> bool:
        """Fill the array with what `read` puts into a buffer; whether that was enough."""
        raw = np.empty(self.array.size, self.raw)
        complete = read(raw.view(np.uint8).data) == raw.nbytes
        if self.kind == "bfloat16":
            self.array.view(np.uint32)[:] = raw.astype(np.uint32) << 16
        elif self.kind == "bool":
            self.array[:] = raw.view(np.uint8) != 0
        else:
            self.array[:] = raw
        self.filled = True
        return complete


# ----------------------------------------------------------------------------------------------------------- functions


def _whole(values: Any, what: str) -> tuple[int, ...]:
    if not isinstance(values, tuple | list) or not all(type(v) is int and v >= 0 for v in values):
        raise DamagedError(f"a tensor has the {what} {values!r}")
    return tuple(values)


def _tensor(
    storage: Any,
    offset: Any,
    size: Any,
    stride: Any,
    requires_grad: Any = False,
    hooks: Any = None,
    metadata: Any = None,
) -> Tensor:
    if not isinstance(storage, Storage):
        raise DamagedError("a tensor has no storage")
    return _on(storage.array, offset, size, stride, requires_grad, metadata)


def _on(array: ndarray, offset: Any, size: Any, stride: Any, requires_grad: Any, metadata: Any) -> Tensor:
    """A tensor on a storage's array, after a check that all of it lies there."""
    size, stride, (offset,) = _whole(size, "size"), _whole(stride, "stride"), _whole((offset,), "offset")
    last = offset + sum((n - 1) * s for n, s in zip(size, stride, strict=True)) if all(size) else 0
    if last >= array.size and all(size):
        raise DamagedError(
            f"a tensor of size {size}, stride {stride} and offset {offset} does not lie within its storage of {array.size}"
        )
    if metadata not in (None, {}) and not (isinstance(metadata, dict) and set(metadata) <= {"conj", "neg"}):
        raise RefusedError(f"a tensor with the metadata {metadata!r}")
    if not all(size):
        view = np.empty(size, array.dtype)
    else:
        steps = tuple(s * array.itemsize for s in stride)
        view = np.lib.stride_tricks.as_strided(array[offset:], size, steps)
    if metadata:  # the storage has the values before: here they get memory of their own, once it is filled
        t: Any = _Pending(view, bool(metadata.get("conj")), bool(metadata.get("neg")))
    else:
        t = wrap(view)
    if requires_grad:
        _require(t)
    return t


class _Pending:
    """A tensor whose values are the conjugates or negatives of what its storage gets."""

    def __init__(self, view: ndarray, conj: bool, neg: bool):
        self.view, self.conj, self.neg, self.requires_grad = view, conj, neg, False

    def tensor(self) -> Tensor:
        array = self.view.conj() if self.conj else self.view
        t = wrap(-array if self.neg else array.copy())
        if self.requires_grad:
            _require(t)
        return t


def _require(t: Any) -> None:
    try:
        t.requires_grad = True
    except RuntimeError as error:
        raise DamagedError(str(error)) from None


def _tensor_of_bytes(
    storage: Any, offset: Any, size: Any, stride: Any, requires_grad: Any, hooks: Any, dtype: Any, metadata: Any = None
) -> Tensor:
    """Of a storage without a dtype."""
    if not isinstance(storage, Storage) or not isinstance(dtype, np.dtype) or storage.kind != "uint8":
        raise DamagedError("a tensor has no storage of bytes, or no dtype")
    if storage.array.nbytes % dtype.itemsize:
        raise DamagedError(f"a storage of {storage.array.nbytes} bytes holds no {dtype}")
    return _on(storage.array.view(dtype), offset, size, stride, requires_grad, metadata)


def _parameter(data: Any, requires_grad: Any, hooks: Any = None) -> Any:
    if not isinstance(data, Tensor | _Pending):
        raise DamagedError("a parameter has no tensor")
    if requires_grad:
        _require(data)
    return data


def _ordered(pairs: Any = ()) -> OrderedDict:
    if not isinstance(pairs, list | tuple) or not all(isinstance(p, list | tuple) and len(p) == 2 for p in pairs):
        raise DamagedError("an OrderedDict is not made of pairs")
    return OrderedDict((key, value) for key, value in pairs)


def _counter(counts: Any = None) -> Counter:
    if counts is not None and not isinstance(counts, dict):
        raise DamagedError("a Counter is not made of a dictionary")
    return Counter(counts)


def _size(values: Any = ()) -> tuple[int, ...]:
    return _whole(values, "size")


def _text(*parts: Any) -> str:
    if not parts or not isinstance(parts[0], str) or not all(isinstance(p, int) for p in parts[1:]):
        raise DamagedError(f"a device is called {parts!r}")
    return ":".join(map(str, parts))


def _complex(real: Any = 0.0, imaginary: Any = 0.0) -> complex:
    if not isinstance(real, int | float) or not isinstance(imaginary, int | float):
        raise DamagedError("a complex number is not made of numbers")
    return complex(real, imaginary)


def _set(values: Any = ()) -> set:
    if not isinstance(values, list | tuple):
        raise DamagedError("a set is not made of a list")
    return set(values)


def _bytes(text: Any = "", encoding: Any = "latin1") -> bytes:
    if not isinstance(text, str) or encoding not in ("latin1", "latin-1"):
        raise DamagedError("bytes are not made of a text in latin1")
    return text.encode("latin1")


CALLS: dict[str, Callable] = {
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _tensor_of_bytes,
    "torch._utils._rebuild_parameter": _parameter,
    "torch.Size": _size,
    "torch.device": _text,
    "collections.OrderedDict": _ordered,
    "collections.Counter": _counter,
    "builtins.complex": _complex,
    "__builtin__.complex": _complex,
    "builtins.set": _set,
    "__builtin__.set": _set,
    "builtins.bytes": _bytes,
    "__builtin__.bytes": _bytes,
    "_codecs.encode": _bytes,
}
CONSTANTS: dict[str, Any] = {f"torch.{name}": np.dtype(code) for name, code in DTYPES.items() if name != "bfloat16"}
CONSTANTS["torch.bfloat16"] = np.dtype(np.float32)  # as which its tensors are read
KNOWN = {*CALLS, *(f"torch.{name}" for name in STORAGES), "torch.storage.UntypedStorage", "torch.UntypedStorage"}


# ------------------------------------------------------------------------------------------------------------- machine

MARK: Any = object()


class Machine:
    """Runs the opcodes of data. `storage` gives the storage of a persistent id."""

    def __init__(self, storage: Callable[[Any], Storage]):
        self.stack: list[Any] = []
        self.memo: dict[int, Any] = {}
        self.storage = storage
        self.pending = False

    def run(self, data: Any) -> Any:
        """The object that a pickle, bytes or a file at its beginning, describes."""
        for opcode, argument, _ in pickletools.genops(data):
            name = opcode.name
            if name == "STOP":
                return self.stack.pop()
            if name in VALUES:
                self.stack.append(argument)
            else:
                step = STEPS.get(name)
                if step is None:
                    raise RefusedError(f"pickle's opcode {name}")
                step(self, argument)
        raise DamagedError("the object is cut off")

    def marked(self) -> list[Any]:
        """What lies above the last mark, taken away with it."""
        for i in range(len(self.stack) - 1, -1, -1):
            if self.stack[i] is MARK:
                items = self.stack[i + 1 :]
                del self.stack[i:]
                return items
        raise DamagedError("a mark is missing")

    def top(self, n: int) -> list[Any]:
        """The last `n` values, taken away."""
        items = self.stack[len(self.stack) - n :]
        if len(items) < n or any(item is MARK for item in items):
            raise DamagedError("a value is missing")
        del self.stack[len(self.stack) - n :]
        return items

    def named(self, module: Any, name: Any) -> None:
        text = f"{module}.{name}"
        if text not in KNOWN and text not in CONSTANTS:
            raise RefusedError(text)
        self.stack.append(CONSTANTS[text] if text in CONSTANTS else Name(text))

    def reduce(self, _: Any) -> None:
        function, arguments = self.top(2)
        if not isinstance(function, Name) or function.text not in CALLS or not isinstance(arguments, tuple):
            raise RefusedError(f"a call of {function.text if isinstance(function, Name) else type(function).__name__}")
        result = CALLS[function.text](*arguments)
        self.pending = self.pending or isinstance(result, _Pending)
        self.stack.append(result)

    def build(self, _: Any) -> None:
        target, state = self.top(2)
        if type(target) is not OrderedDict or not isinstance(state, dict) or not set(state) <= {"_metadata"}:
            raise RefusedError(f"attributes of {type(target).__name__}")
        target.__dict__.update(state)
        self.stack.append(target)

    def put(self, index: Any) -> None:
        self.memo[len(self.memo) if index is None else int(index)] = self.stack[-1]

    def get(self, index: Any) -> None:
        self.stack.append(self.memo[int(index)])

    def append(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not list:
            raise DamagedError("values are appended to what is no list")
        self.stack[-1].extend(items)

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) not in (dict, OrderedDict, Counter) or len(items) % 2:
            raise DamagedError("items are set in what is no dictionary")
        target.update(zip(items[::2], items[1::2], strict=True))

    def add(self, items: list[Any]) -> None:
        if type(self.stack[-1]) is not set:
            raise DamagedError("values are added to what is no set")
        self.stack[-1].update(items)

    def pairs(self, items: list[Any]) -> dict:
        if len(items) % 2:
            raise DamagedError("a dictionary has a key without a value")
        return dict(zip(items[::2], items[1::2], strict=True))


def _push(make: Callable[[Machine], Any]) -> Callable[[Machine, Any], None]:
    return lambda m, _: m.stack.append(make(m))


# opcodes whose value is their argument
VALUES = {
    "INT", "BININT", "BININT1", "BININT2", "LONG", "LONG1", "LONG4", "FLOAT", "BINFLOAT", "UNICODE", "BINUNICODE",
    "SHORT_BINUNICODE", "BINUNICODE8", "STRING", "BINSTRING", "SHORT_BINSTRING", "BINBYTES", "SHORT_BINBYTES", "BINBYTES8",
}  # fmt: skip
STEPS: dict[str, Callable[[Machine, Any], Any]] = {
    "PROTO": lambda m, _: None,
    "FRAME": lambda m, _: None,
    "NONE": _push(lambda m: None),
    "NEWTRUE": _push(lambda m: True),
    "NEWFALSE": _push(lambda m: False),
    "MARK": _push(lambda m: MARK),
    "POP": lambda m, _: m.stack.pop(),
    "POP_MARK": lambda m, _: m.marked(),
    "DUP": _push(lambda m: m.stack[-1]),
    "EMPTY_LIST": _push(lambda m: []),
    "EMPTY_TUPLE": _push(lambda m: ()),
    "EMPTY_DICT": _push(lambda m: {}),
    "EMPTY_SET": _push(lambda m: set()),
    "LIST": _push(lambda m: m.marked()),
    "TUPLE": _push(lambda m: tuple(m.marked())),
    "DICT": _push(lambda m: m.pairs(m.marked())),
    "FROZENSET": _push(lambda m: frozenset(m.marked())),
    "TUPLE1": _push(lambda m: tuple(m.top(1))),
    "TUPLE2": _push(lambda m: tuple(m.top(2))),
    "TUPLE3": _push(lambda m: tuple(m.top(3))),
    "APPEND": lambda m, _: m.append(m.top(1)),
    "APPENDS": lambda m, _: m.append(m.marked()),
    "SETITEM": lambda m, _: m.set_items(m.top(2)),
    "SETITEMS": lambda m, _: m.set_items(m.marked()),
    "ADDITEMS": lambda m, _: m.add(m.marked()),
    "PUT": Machine.put,
    "BINPUT": Machine.put,
    "LONG_BINPUT": Machine.put,
    "MEMOIZE": Machine.put,
    "GET": Machine.get,
    "BINGET": Machine.get,
    "LONG_BINGET": Machine.get,
    "GLOBAL": lambda m, argument: m.named(*argument.split(" ", 1)),
    "STACK_GLOBAL": lambda m, _: m.named(*m.top(2)),
    "REDUCE": Machine.reduce,
    "BUILD": Machine.build,
    "BINPERSID": _push(lambda m: m.storage(m.top(1)[0])),
}


# --------------------------------------------------------------------------------------------------------------- files


class Storages:
    """The storages of a file by their keys, made when the object first asks for them."""

    def __init__(self, size: int, swapped: bool, fill: Callable[[str, Storage], None]):
        self.size, self.swapped, self.fill = size, swapped, fill
        self.by_key: dict[str, Storage] = {}
        self.total = 0

    def __call__(self, pid: Any) -> Storage:
        if not isinstance(pid, tuple) or len(pid) not in (5, 6) or pid[0] != "storage":
            raise RefusedError(
                f"what is called {pid[0]!r}" if isinstance(pid, tuple) and pid else "an unknown reference"
            )
        _, kind, key, device, elements = pid[:5]
        if len(pid) == 6 and pid[5] is not None:
            raise RefusedError("a storage that is part of another")
        if device == "meta":
            raise RefusedError("a tensor without values, of the device 'meta'")
        if not isinstance(kind, Name) or not isinstance(key, str) or type(elements) is not int or elements < 0:
            raise DamagedError(f"a storage is described by {pid[1:]!r}")
        dtype = STORAGES.get(kind.text.rpartition(".")[2], "uint8" if kind.text.endswith("UntypedStorage") else None)
        if dtype is None:
            raise RefusedError(kind.text)
        storage = self.by_key.get(key)
        if storage is None:
            itemsize = 2 if dtype == "bfloat16" else np.dtype(DTYPES[dtype]).itemsize
            self.total += elements * itemsize
            if self.total > self.size:
                raise DamagedError(f"the storage '{key}' has {elements} elements, more than the file has bytes for")
            storage = self.by_key[key] = Storage(dtype, elements, self.swapped)
            self.fill(key, storage)
        elif storage.kind != dtype or storage.array.size != elements:
            raise DamagedError(f"the storage '{key}' has two dtypes or sizes")
        return storage


def read_archive(file: Any, path: str, size: int) -> Any:
    """What an archive holds."""
    try:
        with zipfile.ZipFile(file) as archive:
            entries = {info.filename: info for info in archive.infolist()}
            objects = [name for name in entries if name.endswith("data.pkl") and name.count("/") <= 1]
            if len(objects) != 1:
                raise DamagedError("it is a ZIP file without the object of torch.save, 'data.pkl'")
            folder = objects[0].removesuffix("data.pkl")
            if f"{folder}constants.pkl" in entries:
                raise RefusedError("a TorchScript program")

            def content(name: str) -> zipfile.ZipInfo:
                info = entries.get(folder + name)
                if info is None:
                    raise DamagedError(f"it has no '{name}'")
                if info.compress_type != zipfile.ZIP_STORED or info.file_size > size:
                    raise DamagedError(f"'{name}' is compressed, or larger than the file")
                return info

            def fill(key: str, storage: Storage) -> None:
                info = content(f"data/{key}")
                if info.file_size != storage.nbytes:
                    raise DamagedError(f"the storage '{key}' has {info.file_size} bytes, and needs {storage.nbytes}")
                with archive.open(info) as stream:
                    if not storage.fill(lambda buffer: _read_into(stream, buffer)):
                        raise DamagedError(f"the storage '{key}' is cut off")

            order = archive.read(content("byteorder")) if f"{folder}byteorder" in entries else b"little"
            if order not in (b"little", b"big"):
                raise DamagedError(f"its byte order is {order[:20]!r}")
            machine = Machine(Storages(size, order == b"big", fill))
            return _finished(machine, machine.run(archive.read(content("data.pkl"))))
    except RefusedError as error:
        raise _refusal(path, error) from None
    except ERRORS as error:
        raise _damage(path, error) from None


def read_legacy(file: Any, path: str, size: int) -> Any:
    """What a file of the format before 1.6 holds."""
    try:
        machine = Machine(_no_storage)
        if machine.run(file) != MAGIC or machine.run(file) != VERSION:
            raise DamagedError(f"it has another version than {VERSION}")
        system = machine.run(file)
        if not isinstance(system, dict) or type(system.get("little_endian")) is not bool:
            raise DamagedError("it does not say its byte order")
        storages = Storages(size, not system["little_endian"], lambda key, storage: None)
        machine = Machine(storages)
        result = machine.run(file)
        keys = Machine(_no_storage).run(file)
        if (
            not isinstance(keys, list)
            or set(map(str, keys)) != set(storages.by_key)
            or len(keys) != len(storages.by_key)
        ):
            raise DamagedError("its list of storages does not fit the object")
        for key in keys:
            storage = storages.by_key[key]
            (elements,) = struct.unpack("<q" if system["little_endian"] else ">q", file.read(8))
            if elements != storage.array.size:
                raise DamagedError(f"the storage '{key}' has {elements} elements instead of {storage.array.size}")
            if not storage.fill(lambda buffer: _read_into(file, buffer)):
                raise DamagedError(f"the storage '{key}' is cut off")
        return _finished(machine, result)
    except RefusedError as error:
        raise _refusal(path, error) from None
    except ERRORS as error:
        raise _damage(path, error) from None


ERRORS = (
    ValueError, IndexError, KeyError, TypeError, AttributeError, OverflowError, EOFError, struct.error, MemoryError,
    zipfile.BadZipFile, NotImplementedError, RuntimeError,
)  # fmt: skip


def _no_storage(pid: Any) -> NoReturn:
    raise DamagedError("a tensor stands where none can be")


def _read_into(stream: Any, buffer: memoryview) -> int:
    """Fill the buffer as far as the stream goes; how many bytes that were."""
    at = 0
    while at < len(buffer):
        n = stream.readinto(buffer[at:])
        if not n:
            break
        at += n
    return at


def _finished(machine: Machine, x: Any) -> Any:
    """The object with the tensors that had to wait for their storage."""
    if not machine.pending:
        return x
    tensors: dict[int, Any] = {}

    def finish(x: Any) -> Any:
        if isinstance(x, _Pending):
            if id(x) not in tensors:
                tensors[id(x)] = x.tensor()
            return tensors[id(x)]
        if isinstance(x, dict):
            for key, value in x.items():
                x[key] = finish(value)
        elif isinstance(x, list):
            x[:] = [finish(value) for value in x]
        elif isinstance(x, tuple):
            return tuple(finish(value) for value in x)
        return x

    return finish(x)


def _refusal(path: str, what: RefusedError) -> pickle.UnpicklingError:
    return pickle.UnpicklingError(
        f"{path}: holds {what}, which is no tensor and no plain container, and was not loaded; save tensors, numbers, texts, "
        "dictionaries, lists and tuples, such as torch.save(model.state_dict(), path)"
    )


def _damage(path: str, error: Exception) -> ValueError:
    return ValueError(
        f"{path}: not a complete file of torch.save: {str(error) or type(error).__name__}; save or download it again"
    )
