"""A dataset or loader as HTML: its size, the shapes of a sample, and the first samples, images as pictures.

Nothing is drawn from a stream, no transform is run on tensors in memory, and the random state of Python, NumPy and the library
is the same afterwards.
"""

from __future__ import annotations

import base64
import random
import struct
import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

import autograd_core as ag
from autograd_core import Tensor
from autograd_core.inspection.markup import count, escape, flag, number, page, table

ROWS, IMAGES = 5, 12  # samples that are shown
VALUES = 6  # numbers of a sample that are written out
SIDE = 64  # pixels of a picture


def html(dataset: Any) -> str:
    """What `Dataset._repr_html_` returns."""
    return page(_body(dataset))


def loader_html(loader: Any) -> str:
    """What `DataLoader._repr_html_` returns."""
    facts = [f"<b>{escape(type(loader).__name__)}</b>"]
    n = _length(loader)
    if n is not None:
        facts.append(count(n, "batch") if n == 1 else f"{n:,} batches")
    if loader.batch_size is not None:
        facts.append(f"batch_size={loader.batch_size}")
    order = loader.batch_sampler if loader.sampler is None else loader.sampler
    if order is not None:
        facts.append(escape(type(order).__name__))
    if loader.drop_last:
        facts.append("drop_last")
    return page(f"<div>{' · '.join(facts)}</div>", _body(loader.dataset))


def _length(of: Any) -> int | None:
    try:
        return len(of)
    except (TypeError, NotImplementedError):
        return None


def _body(dataset: Any) -> str:
    n = _length(dataset)
    title = f"<b>{escape(type(dataset).__name__)}</b> · "
    title += '<span class="ag-dim">no length</span>' if n is None else count(n, "sample")
    if getattr(dataset, "transform", None) is not None:
        title += ' · <span class="ag-dim">shown without its transform</span>' if hasattr(dataset, "tensors") else ""
    if not n or not hasattr(dataset, "__getitem__"):
        return f"<div>{title}</div>"
    try:
        samples = first_samples(dataset, min(n, IMAGES))
    except Exception as error:
        reason = flag(f"the first sample raises {type(error).__name__}")
        return f"<div>{title} · {reason}</div>"
    fields = [_fields(sample) for sample in samples]
    names = list(fields[0])
    facts = [f"{escape(name)} <code>{escape(_kind(value))}</code>" for name, value in fields[0].items()]
    if hasattr(dataset, "classes"):
        facts.append(
            count(len(dataset.classes), "class") if len(dataset.classes) == 1 else f"{len(dataset.classes)} classes"
        )
    title = f"<div>{title}</div><div>a sample: {', '.join(facts)}</div>"
    pictures = [_picture(fields[0][name]) is not None for name in names]
    if any(pictures):
        at = names[pictures.index(True)]
        others = [name for name in names if name != at]
        shown = "".join(_figure(sample, at, others, dataset) for sample in fields)
        return f'{title}<div class="ag-images">{shown}</div>'
    rows = [[str(i), *(_short(sample.get(name)) for name in names)] for i, sample in enumerate(fields[:ROWS])]
    if n > ROWS:
        rows.append(["…"] * (len(names) + 1))
    return title + table(["", *map(escape, names)], rows, text=range(1, len(names) + 1))


def first_samples(dataset: Any, n: int) -> list[Any]:
    """Samples 0 … n-1 (fewer of a dataset that computes them), without a lasting change of the random state."""
    raw = getattr(dataset, "raw_samples", None)
    if raw is not None:
        indices = np.arange(n)
        samples = raw(indices)
        if samples is not None:
            return samples
    python, numpys = random.getstate(), np.random.get_state()
    try:
        with ag.fork_rng(), ag.no_grad():
            return [dataset[i] for i in range(min(n, ROWS))]
    finally:
        random.setstate(python)
        np.random.set_state(numpys)


def _fields(sample: Any) -> dict[str, Any]:
    """The parts of a sample by name: x and y of a pair, the keys of a mapping."""
    if isinstance(sample, Mapping):
        return {str(key): value for key, value in list(sample.items())[:8]}
    if isinstance(sample, tuple | list) and sample:
        names = getattr(sample, "_fields", None) or ("x", "y") if len(sample) == 2 else range(len(sample))
        return {str(name): value for name, value in list(zip(names, sample, strict=False))[:8]}
    return {"sample": sample}


def _kind(value: Any) -> str:
    if isinstance(value, Tensor | np.ndarray):
        return f"{tuple(value.shape)} {value.dtype}"
    if isinstance(value, str | bytes | list | tuple | dict):
        return f"{type(value).__name__} of length {len(value)}"
    return type(value).__name__


def _array(value: Any) -> np.ndarray | None:
    array = value.array if isinstance(value, Tensor) else value
    return array if isinstance(array, np.ndarray) else None


def _short(value: Any) -> str:
    """A few of the numbers of a value, or the beginning of its text."""
    array = _array(value)
    if array is not None and array.dtype.kind in "fiubc":
        first = array.flat[:VALUES]
        text = ", ".join(map(number, first))
        if array.ndim == 0:
            return text
        return f"{text}{', …' if array.size > VALUES else ''}"
    if isinstance(value, bool | int | float | complex | np.generic) and not isinstance(value, str | bytes):
        return (
            number(value)
            if isinstance(value, bool | int | float | complex | np.number | np.bool_)
            else escape(str(value))
        )
    if isinstance(value, str):
        return escape(repr(value[:60]) + ("…" if len(value) > 60 else ""))
    return escape(_kind(value))


# ---------------------------------------------------------------------------------------------------------- pictures


def _picture(value: Any) -> np.ndarray | None:
    """The pixels (H, W) or (H, W, 3) of an image (1 or 3, H, W), thinned to at most SIDE; None for what is no image."""
    array = _array(value)
    if array is None or array.ndim != 3 or array.shape[0] not in (1, 3) or array.dtype.kind not in "fu":
        return None
    if min(array.shape[1:]) < 8 or max(array.shape[1:]) > 4096:
        return None
    step = -(-max(array.shape[1:]) // SIDE)
    pixels = array[:, ::step, ::step]
    return pixels[0] if len(pixels) == 1 else np.moveaxis(pixels, 0, -1)


def _figure(sample: dict[str, Any], at: str, others: list[str], dataset: Any) -> str:
    pixels = _picture(sample.get(at))
    if pixels is None:
        return ""
    caption = ", ".join(_label(sample.get(name), dataset) for name in others[:2])
    data = base64.b64encode(png(_bytes(pixels))).decode()
    height, width = pixels.shape[:2]
    scale = max(1, SIDE // max(height, width))
    alternative = f"image of shape {tuple(sample[at].shape)}"
    return (
        f'<figure><img src="data:image/png;base64,{data}" width="{width * scale}" height="{height * scale}" '
        f'alt="{escape(alternative)}"/><figcaption>{caption}</figcaption></figure>'
    )


def _label(value: Any, dataset: Any) -> str:
    classes = getattr(dataset, "classes", None)
    array = _array(value)
    index = array.item() if array is not None and array.ndim == 0 else value
    if classes is not None and isinstance(index, int) and 0 <= index < len(classes):
        return escape(str(classes[index]))
    return _short(value)


def _bytes(pixels: np.ndarray) -> np.ndarray:
    """Pixels from 0 to 255: bytes as they are, others from their smallest (black) to their largest value (white)."""
    if pixels.dtype == np.uint8:
        return pixels
    values = np.nan_to_num(pixels.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = values.min(), values.max()
    low, high = min(low, 0.0) if high <= 1 else low, max(high, 1.0) if low >= 0 else high
    return np.round((values - low) * (255 / ((high - low) or 1.0))).astype(np.uint8)


def png(pixels: np.ndarray) -> bytes:
    """A PNG file of bytes (H, W), grey, or (H, W, 3), red, green and blue. (ISO/IEC 15948, sections 5 and 11.)"""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    height, width = pixels.shape[:2]
    rows = np.ascontiguousarray(pixels).reshape(height, -1)
    scanlines = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1)  # each begins with its filter: none
    header = struct.pack(">IIBBBBB", width, height, 8, 0 if pixels.ndim == 2 else 2, 0, 0, 0)
    body = zlib.compress(scanlines.tobytes())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
