"""Which class a model gives to each point: by its `predict`, by the largest of its outputs, or by one output's threshold."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..module import Module
from .evaluate import as_input, outputs
from .figure import numbers


class Decision(NamedTuple):
    """classes (K,): the labels; indices (P,): of the class of each point; fields: (values (P,), level) whose contour at the
    level is a boundary; rule: what the boundary is, in words; probabilities (P, K), where they are wanted."""

    classes: np.ndarray
    indices: np.ndarray
    fields: list[tuple[np.ndarray, float]]
    rule: str
    probabilities: np.ndarray | None = None


def decide(
    name: str, model: Any, mesh: np.ndarray, y: np.ndarray, threshold: float | None, probability: bool
) -> Decision:
    """The class of each point (P, 2) of the mesh, and of which classes y are."""
    if not callable(model) and not hasattr(model, "predict"):
        raise TypeError(f"{name}: needs a model that can be called or has predict, got {type(model).__name__}")
    if probability and hasattr(model, "predict_proba"):
        P = numbers(model.predict_proba(mesh))
        known = numbers(getattr(model, "classes_", np.arange(P.shape[1])))
        return _by_outputs(name, P, known, probability)
    if hasattr(model, "predict") and not probability:
        answers = numbers(model.predict(as_input(model, mesh) if isinstance(model, Module) else mesh))
        if answers.ndim == 1 and (answers.dtype.kind not in "f" or np.isin(answers, y).all()):
            return _smoothed(name, model, mesh, _by_labels(answers, y))
    else:
        answers = outputs(model, mesh)
    return _of_answers(name, answers, len(mesh), y, threshold, probability)


def _of_answers(
    name: str, answers: np.ndarray, count: int, y: np.ndarray, threshold: float | None, probability: bool
) -> Decision:
    if answers.ndim not in (1, 2) or len(answers) != count:
        raise ValueError(
            f"{name}: the model made outputs of shape {answers.shape} of {count} points, not ({count},) or ({count}, C)"
        )
    if answers.dtype.kind not in "biuf":
        raise ValueError(f"{name}: the model's outputs must be real numbers, got {answers.dtype}")
    if not np.isfinite(answers).all():
        raise ValueError(f"{name}: the model's outputs are not all finite; its weights may be NaN")
    if answers.ndim == 1 and answers.dtype.kind in "iu" and not probability:
        return _by_labels(answers, y)
    if answers.ndim == 2 and answers.shape[1] > 1:
        return _by_outputs(name, answers, class_indices(name, y, answers.shape[1]), probability)
    return _by_threshold(name, answers.reshape(-1).astype(np.float64), y, threshold, probability)


def class_indices(name: str, y: np.ndarray, outputs: int) -> np.ndarray:
    """The labels of `outputs` classes: 0, 1, …; or those of y, in order, where they are other ones and as many."""
    known = np.unique(y)
    if known.dtype.kind in "iu" and known.min() >= 0 and known.max() < outputs:
        return np.arange(outputs)
    if len(known) == outputs:
        return known
    raise ValueError(
        f"{name}: the model has {outputs} outputs, but y the classes {', '.join(map(str, known))}; they must go from 0 to "
        f"{outputs - 1}"
    )


def _by_labels(answers: np.ndarray, y: np.ndarray) -> Decision:
    known = np.unique(np.concatenate([np.unique(answers), np.unique(y)]))
    indices = np.searchsorted(known, answers)
    kinds = range(len(known)) if len(known) > 2 else [1]
    fields = [((indices == k).astype(np.float64), 0.5) for k in kinds]
    return Decision(known, indices, fields, "decision boundary")


def _smoothed(name: str, model: Any, mesh: np.ndarray, decision: Decision) -> Decision:
    """The same decision with smooth boundaries, where the outputs, which the model has besides its `predict`, lead to it."""
    if isinstance(model, Module):
        values = outputs(model, mesh)
    elif hasattr(model, "decision_function") or hasattr(model, "predict_proba"):
        values = numbers(
            model.decision_function(mesh) if hasattr(model, "decision_function") else model.predict_proba(mesh)
        )
    else:
        return decision
    K = len(decision.classes)
    if values.dtype.kind != "f" or len(values) != len(mesh) or len(np.unique(values)) <= K:
        return decision
    values = values[:, 0] if values.ndim == 2 and values.shape[1] == 1 else values
    if values.ndim == 1 and K == 2:
        for level in (0.0, 0.5):
            if ((values >= level) == decision.indices).all():
                return decision._replace(fields=[(values.astype(np.float64), level)])
    elif values.ndim == 2 and values.shape[1] == K and (values.argmax(1) == decision.indices).all():
        return decision._replace(fields=_by_outputs(name, values, decision.classes, False).fields)
    return decision


def _by_outputs(name: str, answers: np.ndarray, known: np.ndarray, probability: bool) -> Decision:
    """The largest output decides; the boundary of class k is where it passes the largest other one."""
    answers = answers.astype(np.float64)
    fields = []
    for k in range(len(known)) if len(known) > 2 else [1]:
        fields.append((answers[:, k] - np.delete(answers, k, 1).max(1), 0.0))
    P = None
    if probability:
        P = answers
        if not ((P >= 0).all() and np.allclose(P.sum(1), 1, atol=1e-3)):
            e = np.exp(P - P.max(1, keepdims=True))
            P = e / e.sum(1, keepdims=True)
    return Decision(known, answers.argmax(1), fields, "decision boundary", P)


def _by_threshold(name: str, score: np.ndarray, y: np.ndarray, threshold: float | None, probability: bool) -> Decision:
    known = np.unique(y)
    if len(known) > 2:
        raise ValueError(
            f"{name}: one output tells two classes apart, y has {len(known)}: {', '.join(map(str, known))}"
        )
    if len(known) == 1:
        if known[0] not in (0, 1):
            raise ValueError(
                f"{name}: y has one class, {known[0]}, and one output tells two apart; name classes 0 and 1"
            )
        known = np.array([0, 1])
    share = bool((score >= 0).all() and (score <= 1).all())
    if threshold is None:
        threshold = 0.5 if share else 0.0
    P = None
    if probability:
        if not share and threshold:
            raise ValueError(
                f"{name}: outputs from {score.min():.3g} to {score.max():.3g} with threshold {threshold:g} are neither "
                "probabilities nor logits; leave out probability"
            )
        one = score if share else 0.5 * (1 + np.tanh(score / 2))
        P = np.stack([1 - one, one], 1)
    indices = (score >= threshold).astype(np.int64)
    return Decision(known, indices, [(score, threshold)], f"output = {threshold:g}", P)
