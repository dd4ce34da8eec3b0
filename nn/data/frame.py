"""A dataset from a table of pandas."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy import ndarray
from numpy.typing import DTypeLike

from autograd_core import get_default_dtype

from .dataset import TensorDataset

if TYPE_CHECKING:
    import pandas

    from autograd_core.engine.types import TensorLike

__all__ = ["FrameDataset", "from_frame"]


class FrameDataset(TensorDataset):
    """Holds the rows of a table as inputs, and targets if it has any; `from_frame` makes one.

    tensors: the inputs, and the targets.
    inputs: the columns of the table that they are from.
    columns: the names of the inputs' columns: "age", and "colour=red" where a category is one-hot.
    categories: column → its categories, in order, for the columns that have them.
    classes: the names of the classes 0, 1, … where the target has names, else None.
    transform: as for `TensorDataset`.

    Formula: dataset[i] = (inputs[i], targets[i])
    Shapes: inputs (N, D), targets (N,) or (N, K).
    Dtypes: as `from_frame` says.
    Raises: as `TensorDataset`.
    Source: none.

    >>> import numpy as np
    >>> from nn.data import FrameDataset
    >>> FrameDataset(np.zeros((3, 1)), inputs=["age"], columns=["age"], categories={}, classes=None).columns
    ('age',)
    """

    def __init__(
        self,
        *tensors: TensorLike,
        inputs: Sequence[Any],
        columns: Sequence[str],
        categories: dict[str, tuple[Any, ...]],
        classes: tuple[Any, ...] | None,
        transform: Callable | None = None,
    ):
        super().__init__(*tensors, transform=transform)  # type: ignore[arg-type]
        self.inputs, self.columns, self.categories, self.classes = tuple(inputs), tuple(columns), categories, classes


def from_frame(
    frame: pandas.DataFrame,
    target: str | Sequence[str] | None = None,
    *,
    categories: Literal["one_hot", "index"] = "one_hot",
    like: FrameDataset | None = None,
    dtype: DTypeLike | None = None,
) -> FrameDataset:
    """Return the rows of a table of pandas as a dataset.

    frame: the table; each column has numbers, truth values, texts or categories, and no value is missing.
    target: the column of the targets, or several of numbers; None: there are inputs only. Texts, categories and truth
        values become class indices, integers are class indices, and fractions are targets of shape (N, 1).
    categories: "one_hot": a column of 0 and 1 for each category; "index": one column with the category's index. Texts are
        sorted, categories of pandas stay in their order.
    like: the dataset of the training part: the same columns and categories, in its order, for other rows.
    dtype: of the inputs and of fractions in the target, by default the default float.

    Formula: inputs[i] = the numbers of row i, its categories as unit vectors or indices
    Shapes: N rows → inputs (N, D), targets (N,) of classes, (N, 1) of fractions, (N, K) of K columns.
    Dtypes: inputs `dtype`; classes int64.
    Raises: TypeError for what is no table and for a column of another type (dates, lists): the message names it; ValueError
        for missing values, columns of one name, a target that is no column, no row or column, and a category or column that
        `like` does not have; KeyError for no such target.
    Source: pandas' `get_dummies` for the one-hot form.

    >>> import pandas
    >>> from nn.data import from_frame
    >>> table = pandas.DataFrame({"size": [1.5, 2.0], "colour": ["red", "blue"], "fruit": ["apple", "plum"]})
    >>> data = from_frame(table, "fruit")
    >>> data.columns, data.classes, data[0]
    (('size', 'colour=blue', 'colour=red'), ('apple', 'plum'), (tensor([1.5, 0. , 1. ]), tensor(0)))
    """
    pandas = sys.modules.get("pandas")
    if pandas is None or not isinstance(frame, pandas.DataFrame):
        raise TypeError(
            f"from_frame: needs a DataFrame of pandas, got {type(frame).__name__}; arrays go to TensorDataset"
        )
    if categories not in ("one_hot", "index"):
        raise ValueError(f"from_frame: categories is 'one_hot' or 'index', got {categories!r}")
    names = list(frame.columns)
    twice = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if twice is not None:
        raise ValueError(f"from_frame: two columns are called {twice!r}; rename one of them")
    targets = [] if target is None else [target] if isinstance(target, str) or target in names else list(target)
    for name in targets:
        if name not in names:
            raise KeyError(f"from_frame: no column {name!r} for the target; there are {', '.join(map(str, names))}")
    inputs = [name for name in names if name not in targets]
    if not len(frame) or not inputs:
        raise ValueError(
            f"from_frame: needs rows and a column of inputs, got {len(frame)} rows and the inputs {inputs}"
        )
    _refuse_missing(frame)
    floating = np.dtype(dtype or get_default_dtype())
    if like is not None:
        if set(inputs) != set(like.inputs):
            raise ValueError(
                f"from_frame: the inputs are {inputs}, and those of `like` are {list(like.inputs)}; they "
                "must be the same"
            )
        inputs = list(like.inputs)
    parts: list[ndarray] = []
    columns: list[str] = []
    kept: dict[Any, tuple[Any, ...]] = {}
    for name in inputs:
        values = _values(frame[name], None if like is None else like.categories.get(name, ()))
        if isinstance(values, ndarray):
            parts.append(values.astype(floating)[:, None])
            columns.append(str(name))
            continue
        kept[name], codes = values
        if categories == "index":
            parts.append(codes.astype(floating)[:, None])
            columns.append(str(name))
        else:
            parts.append((codes[:, None] == np.arange(len(kept[name]))).astype(floating))
            columns += [f"{name}={category}" for category in kept[name]]
    if like is not None and tuple(columns) != like.columns:
        raise ValueError(f"from_frame: the columns become {columns}, and those of `like` are {list(like.columns)}")
    tensors: list[Any] = [np.concatenate(parts, 1)]
    classes = None
    if targets:
        y, classes = _target(frame, targets, None if like is None else like.classes, floating)
        tensors.append(y)
    return FrameDataset(*tensors, inputs=inputs, columns=columns, categories=kept, classes=classes)


def _refuse_missing(frame: Any) -> None:
    for name in frame.columns:
        missing = frame[name].isna().to_numpy()
        if missing.any():
            raise ValueError(
                f"from_frame: the column {name!r} has {int(missing.sum())} missing values, the first in row "
                f"{frame.index[int(missing.argmax())]!r}; fill them (frame[{name!r}].fillna(…)) or leave the rows out "
                "(frame.dropna())"
            )


def _values(column: Any, known: tuple | None) -> ndarray | tuple[tuple, ndarray]:
    """Numbers, or categories and the index of each row's."""
    types = sys.modules["pandas"].api.types
    if not known and types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype):
        return column.to_numpy(np.float64)
    if str(column.dtype) == "category":
        values, categories = column.to_numpy(object), tuple(column.cat.categories)
    else:
        values = column.to_numpy(object)
        strange = next((v for v in values if not isinstance(v, str)), None)
        if strange is not None:
            raise TypeError(
                f"from_frame: the column {column.name!r} ({column.dtype}) has {type(strange).__name__} values such as "
                f"{strange!r}, which are neither numbers nor texts; convert it, or leave it out: frame.drop(columns="
                f"{column.name!r})"
            )
        categories = tuple(sorted(set(values)))
    if known is not None:
        unseen = sorted({str(v) for v in values if v not in known})
        if unseen:
            raise ValueError(
                f"from_frame: the column {column.name!r} has {unseen[:5]}, and the categories of `like` are {list(known)}; "
                "leave those rows out, or make the categories of both parts the same (astype a CategoricalDtype)"
            )
        categories = known
    index = {category: i for i, category in enumerate(categories)}
    return categories, np.array([index[v] for v in values], np.int64)


def _target(frame: Any, names: list, classes: tuple | None, floating: np.dtype) -> tuple[ndarray, tuple | None]:
    """The targets, and the names of their classes."""
    if len(names) > 1:
        parts = [_values(frame[name], None) for name in names]
        for name, part in zip(names, parts):
            if not isinstance(part, ndarray):
                raise TypeError(
                    f"from_frame: several targets need numbers, and {name!r} has {frame[name].dtype} values"
                )
        return np.stack(parts, 1).astype(floating), None  # type: ignore[arg-type]
    column = frame[names[0]]
    if str(column.dtype) in ("bool", "boolean"):
        return column.to_numpy(bool).astype(np.int64), (False, True)
    values = _values(column, classes)
    if not isinstance(values, ndarray):
        return values[1], values[0]
    if str(column.dtype).lower().startswith(("int", "uint")):
        return column.to_numpy(np.int64), None
    return values.astype(floating)[:, None], None
