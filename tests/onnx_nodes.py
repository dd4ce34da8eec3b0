"""The node tests of the package onnx through `nn.onnx.load`: `python -m tests.onnx_nodes [a part of a name]`.

Applicable are those of the standard domain over tensors of numbers and truth values, and sequences and optionals of
them; strings, types of 8 bits or fewer that are no integers, and training operators of the preview are not.
"""

from __future__ import annotations

import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

import autograd_core as ag

NUMBERS = "FLOAT UINT8 INT8 UINT16 INT16 INT32 INT64 BOOL FLOAT16 DOUBLE UINT32 UINT64".split()
KINDS = ("node", "pytorch-operator", "pytorch-converted", "simple")


OTHERWISE = {
    "test_bernoulli": "random numbers, which are nobody else's",
    "test_resize_downsample_scales_linear_align_corners": "by the size before rounding; in onnxruntime by the rounded one",
    "test_resize_downsample_scales_cubic_align_corners": "likewise",
}


class Outcome(NamedTuple):
    """What became of one test: "passed", "refused" or "wrong", and why."""

    name: str
    operator: str
    result: str
    reason: str = ""


def is_applicable(onnx: Any, proto: Any) -> bool:
    """Whether a model has the standard domain and values that there are here."""
    allowed = {onnx.TensorProto.DataType.Value(name) for name in NUMBERS} | {0}

    def fits(kind: Any) -> bool:
        case = kind.WhichOneof("value")
        if case == "tensor_type":
            return kind.tensor_type.elem_type in allowed
        return case is None or fits(getattr(kind, case).elem_type)

    def nodes(graph: Any) -> Iterator[Any]:
        for node in graph.node:
            yield node
            for attribute in node.attribute:
                yield from nodes(attribute.g)

    values = [*proto.graph.input, *proto.graph.output, *proto.graph.value_info]
    domains = {node.domain for node in nodes(proto.graph)}
    return domains <= {"", "ai.onnx"} and all(fits(value.type) for value in values)


def _value(onnx: Any, path: Path, kind: Any) -> Any:
    case = kind.WhichOneof("value")
    if case == "tensor_type":
        tensor = onnx.TensorProto()
        tensor.ParseFromString(path.read_bytes())
        return onnx.numpy_helper.to_array(tensor)
    if case == "sequence_type":
        sequence = onnx.SequenceProto()
        sequence.ParseFromString(path.read_bytes())
        return onnx.numpy_helper.to_list(sequence)
    optional = onnx.OptionalProto()
    optional.ParseFromString(path.read_bytes())
    return onnx.numpy_helper.to_optional(optional)


def _plain(onnx: Any, value: Any) -> Any:
    """An array, also of a number or of a proto; of a sequence, a list; None as it is."""
    if isinstance(value, list | tuple):
        return [_plain(onnx, v) for v in value]
    if isinstance(value, onnx.TensorProto):
        return onnx.numpy_helper.to_array(value)
    return value if value is None else np.asarray(value)


def _difference(ours: Any, expected: Any, rtol: float, atol: float) -> str:
    """How a value differs from the expected one; empty if it does not."""
    if expected is None or isinstance(expected, list | tuple):
        if expected is None or not isinstance(ours, list | tuple) or len(ours) != len(expected):
            return "" if ours is None and expected is None else f"{type(ours).__name__} for {type(expected).__name__}"
        return next(filter(None, (_difference(a, b, rtol, atol) for a, b in zip(ours, expected, strict=True))), "")
    array = ours.numpy() if hasattr(ours, "numpy") else np.asarray(ours)
    if array.shape != expected.shape or array.dtype != expected.dtype:
        return f"{array.dtype}{array.shape} for {expected.dtype}{expected.shape}"
    if array.dtype == np.float16:
        rtol, atol = max(rtol, 2e-3), max(atol, 1e-3)
    if np.allclose(array, expected, rtol=rtol, atol=atol, equal_nan=True):
        return ""
    return f"differs by {np.max(np.abs(array.astype(float) - expected.astype(float))):.3g}"


class Case(NamedTuple):
    """A model with its inputs and the outputs that are expected, in one or several sets."""

    name: str
    model: Any
    sets: list[tuple[list, list]]
    rtol: float
    atol: float


def cases(kind: str, part: str = "") -> Iterator[Case]:
    """The tests of a kind: of nodes they are computed by the package, others are read from its folders."""
    import onnx
    import onnx.backend.test

    if kind == "node":
        from onnx.backend.test.case.node import collect_testcases

        for case in collect_testcases(None):
            if part in case.name:
                yield Case(case.name, case.model, list(case.data_sets), case.rtol, case.atol)
        return
    for folder in sorted((Path(onnx.backend.test.__file__).parent / "data" / kind).iterdir()):
        proto = onnx.ModelProto()
        proto.ParseFromString((folder / "model.onnx").read_bytes())
        if part not in folder.name or not is_applicable(onnx, proto):
            continue
        weights = {tensor.name for tensor in proto.graph.initializer}
        values_in = [value for value in proto.graph.input if value.name not in weights]
        sets = []
        for data in sorted(folder.glob("test_data_set_*")):
            sides = {"input": values_in, "output": proto.graph.output}
            ins, outs = (
                [_value(onnx, data / f"{side}_{i}.pb", v.type) for i, v in enumerate(values)]
                for side, values in sides.items()
            )
            sets.append((ins, outs))
        yield Case(folder.name, proto, sets, 1e-3, 1e-7)


def run(case: Case) -> Outcome | None:
    """The outcome of a test; None if it is not applicable."""
    import onnx

    import nn.onnx

    kinds = {node.op_type for node in case.model.graph.node}
    operator = ", ".join(sorted(kinds - {"Constant"} or kinds)[:3])
    if not is_applicable(onnx, case.model) or case.name.startswith(tuple(OTHERWISE)):
        return None
    try:
        module = nn.onnx.load(case.model.SerializeToString())
        for ins, outs in case.sets:
            ins, outs = [_plain(onnx, v) for v in ins], [_plain(onnx, v) for v in outs]
            with ag.no_grad():
                ours = module(**dict(zip(module.input_names, ins, strict=True)))
            ours = ours if len(outs) > 1 else (ours,)
            for a, b in zip(ours, outs, strict=True):
                if problem := _difference(a, b, case.rtol, case.atol):
                    return Outcome(case.name, operator, "wrong", problem)
    except NotImplementedError as error:
        return Outcome(case.name, operator, "refused", str(error).split("; there are")[0])
    except Exception as error:
        return Outcome(case.name, operator, "wrong", f"{type(error).__name__}: {error}".replace("\n", " "))
    return Outcome(case.name, operator, "passed")


def outcomes(kinds: tuple[str, ...] = KINDS, part: str = "") -> list[Outcome]:
    """Those of all applicable tests of these kinds with a part in their name."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        ran = (run(case) for kind in kinds for case in cases(kind, part))
        return [outcome for outcome in ran if outcome is not None]


def main() -> None:
    part = sys.argv[1] if len(sys.argv) > 1 else ""
    for kinds in (KINDS[:1], KINDS[1:]):
        results = outcomes(kinds, part)
        for outcome in sorted(results, key=lambda o: (o.result, o.operator)):
            if outcome.result != "passed":
                print(f"{outcome.result}: {outcome.operator}: {outcome.name}: {outcome.reason[:200]}")
        for result in ("wrong", "refused"):
            by_operator = Counter(o.operator for o in results if o.result == result)
            print(result, "by operator:", ", ".join(f"{name} {count}" for name, count in by_operator.most_common()))
        counts = Counter(o.result for o in results)
        print(
            ", ".join(kinds), f"{len(results)}:", ", ".join(f"{counts[k]} {k}" for k in ("passed", "refused", "wrong"))
        )


if __name__ == "__main__":
    main()
