"""`device`: the name of a place where values are. Here it is always "cpu"; the others can be named, and nothing goes there."""

from __future__ import annotations

from typing import Any

KINDS = ("cpu", "cuda", "hpu", "ipu", "meta", "mps", "mtia", "vulkan", "xla", "xpu")


class device(str):  # noqa: N801 (PyTorch's name)
    """Names where values are; a str, so that it may stand wherever a function takes a device by name.

    type: "cpu", or the kind of another, such as "cuda" or "cuda:1"; a `device` too.
    index: the number of one of several. The CPU has none, and "cpu:0" is "cpu".

    Any kind that PyTorch knows can be named, but tensors are in main memory: what takes a device refuses all but "cpu".
    As a context manager it says where tensors are made: it refuses all but "cpu" as well.

    Formula: device(type, index) = "type:index"
    Shapes: none.
    Dtypes: none.
    Raises: TypeError for a type that is no str; ValueError for a kind that is not known, or an index that is no number
        or is given twice; on entering, TypeError for any but the CPU.
    Source: PyTorch's `torch.device`, which is no str.

    >>> import autograd_core as ag
    >>> ag.device("cuda:1").type, ag.device("cuda", 1).index, ag.zeros(2).device
    ('cuda', 1, device(type='cpu'))
    """

    __slots__ = ()

    def __new__(cls, type: str = "cpu", index: int | None = None) -> device:
        if not isinstance(type, str):
            raise TypeError(f'device: needs the name of a kind, such as "cpu", got {type!r}')
        kind, colon, number = type.partition(":")
        if kind not in KINDS:
            raise ValueError(f'device: {type!r} is no device; all tensors are on "cpu"')
        if colon:
            if index is not None or not number.isdecimal():
                raise ValueError(f"device: {type!r} must be a kind and one number, as in {kind}:0, and no second index")
            index = int(number)
        return super().__new__(cls, kind if index is None or kind == "cpu" else f"{kind}:{int(index)}")

    @property
    def type(self) -> str:
        """The kind, without the number."""
        return str(self).partition(":")[0]

    @property
    def index(self) -> int | None:  # type: ignore[override]
        """The number, or None."""
        number = str(self).partition(":")[2]
        return int(number) if number else None

    def __enter__(self) -> device:
        if self != "cpu":
            raise TypeError(f"device: there are no devices: all tensors are in main memory, so leave out {self!r}")
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def __repr__(self) -> str:
        number = "" if self.index is None else f", index={self.index}"
        return f"device(type={self.type!r}{number})"


CPU = device("cpu")
