"""Metrics against scikit-learn, with frozen values beside, ties, absent classes, and what fit records of them."""

import math

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim

# 12 examples of 3 classes, rounded so that outputs tie
LABELS = np.array([0, 1, 2, 2, 1, 0, 0, 2, 1, 2, 2, 1])
SCORES = np.array([
    [2, 0, 1], [0, 1, 1], [1, 0, 3], [0, 2, 1], [1, 1, 0], [0, 0, 0], [3, 1, 1], [0, 1, 2], [2, 1, 0], [1, 1, 1], [0, 0, 2],
    [0, 3, 1],
])  # fmt: skip
BINARY = np.array([0, 0, 1, 1, 1, 0, 1, 0])
SCORE = np.array([-2, 1, 1, 3, -1, -1, 0.5, 0.5])


def measured(metric, output, target, pieces=(1, 2)):
    """The result over batches of different sizes, after one epoch of something else."""
    metric.update(output[::-1].copy(), target)
    metric.reset()
    for i in np.split(np.arange(len(target)), pieces):
        metric.update(ag.tensor(output[i]), ag.tensor(target[i]))
    return metric.result()


def softmax(z):
    e = np.exp(z - z.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


FROZEN = [  # values by hand or from scikit-learn 1.9.1
    (optim.Accuracy(), SCORES, LABELS, 8 / 12),
    (optim.Accuracy(threshold=0), SCORE, BINARY, 5 / 8),
    (optim.TopKAccuracy(2), SCORES, LABELS, 11 / 12),
    (optim.Precision(threshold=0), SCORE, BINARY, 3 / 5),
    (optim.Recall(threshold=0), SCORE, BINARY, 3 / 4),
    (optim.F1Score(threshold=0), SCORE, BINARY, 2 / 3),
    (optim.AUROC(), SCORE, BINARY, 11.5 / 16),
    (optim.Perplexity(), np.zeros((4, 5)), np.arange(4), 5.0),
    (optim.LogLoss(logits=False), np.array([[0.5, 0.5], [0.25, 0.75]]), np.array([0, 1]), math.log(8 / 3) / 2),
    (optim.RootMeanSquaredError(), np.array([1.0, 5, 2]), np.array([4.0, 1, 2]), math.sqrt(25 / 3)),
]


@pytest.mark.parametrize(("metric", "output", "target", "value"), FROZEN, ids=lambda x: type(x).__name__)
def test_values(metric, output, target, value):
    assert measured(metric, output, target) == pytest.approx(value, rel=1e-12)


def test_confusion():
    np.testing.assert_array_equal(measured(optim.ConfusionMatrix(), SCORES, LABELS), [[3, 0, 0], [2, 2, 0], [1, 1, 3]])
    np.testing.assert_array_equal(measured(optim.ConfusionMatrix(threshold=0.5), SCORE, BINARY), [[3, 1], [2, 2]])


# ------------------------------------------------------------------------------------------------------- scikit-learn


@pytest.fixture(scope="module")
def sk():
    return pytest.importorskip("sklearn.metrics")


def of_classes(name):
    return {"Precision": "precision_score", "Recall": "recall_score", "F1Score": "f1_score"}[name]


@pytest.mark.parametrize("zero_division", [0.0, 1.0, math.nan])
@pytest.mark.parametrize("average", ["macro", "micro", "weighted", None])
@pytest.mark.parametrize("name", ["Precision", "Recall", "F1Score"])
def test_of_classes_as_scikit_learn(sk, name, average, zero_division):
    rng = np.random.default_rng(0)
    score = getattr(sk, of_classes(name))
    for classes, absent in ((3, ()), (5, (3,)), (5, (0, 4))):
        output, target = rng.standard_normal((40, classes)), rng.integers(0, classes, 40)
        for c in absent:
            target[target == c] = 1
        output[:, absent[:1]] = -9  # the first absent one is never predicted either
        metric = getattr(optim, name)(average, zero_division=zero_division)
        labels = np.arange(classes) if average is None else None
        wanted = score(target, output.argmax(1), average=average, labels=labels, zero_division=zero_division)
        np.testing.assert_allclose(measured(metric, output, target), wanted, rtol=1e-12)


@pytest.mark.parametrize("name", ["Precision", "Recall", "F1Score"])
def test_of_two_classes_as_scikit_learn(sk, name):
    rng = np.random.default_rng(1)
    output, target = rng.standard_normal((40, 2)), rng.integers(0, 2, 40)
    score = getattr(sk, of_classes(name))
    assert measured(getattr(optim, name)(), output, target) == pytest.approx(score(target, output.argmax(1)), rel=1e-12)
    one = (output[:, 1] > 0.3).astype(int)
    found = measured(getattr(optim, name)(threshold=0.3), output[:, 1:], target.astype(np.float32))
    assert found == pytest.approx(score(target, one), rel=1e-12)


def test_accuracy_and_confusion_as_scikit_learn(sk):
    rng = np.random.default_rng(2)
    output, target = rng.standard_normal((50, 6)), rng.integers(0, 5, 50)  # class 5 is absent
    assert measured(optim.Accuracy(), output, target) == sk.accuracy_score(target, output.argmax(1))
    for k in (1, 2, 5):
        wanted = sk.top_k_accuracy_score(target, output, k=k, labels=range(6))
        assert measured(optim.TopKAccuracy(k), output, target) == pytest.approx(wanted, rel=1e-12)
    wanted = sk.confusion_matrix(target, output.argmax(1), labels=range(6))
    np.testing.assert_array_equal(measured(optim.ConfusionMatrix(), output, target), wanted)


@pytest.mark.parametrize("ties", [False, True])
def test_roc_as_scikit_learn(sk, ties):
    rng = np.random.default_rng(3)
    score, target = rng.standard_normal(60), rng.integers(0, 2, 60)
    score = np.round(score) if ties else score
    for drop in (True, False):
        found = measured(optim.ROCCurve(drop_collinear=drop), score, target)
        for ours, theirs in zip(found, sk.roc_curve(target, score, drop_intermediate=drop), strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-12, atol=1e-15)
    assert measured(optim.AUROC(), score, target) == pytest.approx(sk.roc_auc_score(target, score), rel=1e-12)
    logits = np.stack([np.zeros(60), score], 1)
    assert measured(optim.AUROC(), logits, target) == pytest.approx(sk.roc_auc_score(target, score), rel=1e-12)
    # the class 0 as the positive one
    ours = measured(optim.ROCCurve(positive=0), score, target)
    np.testing.assert_allclose(ours.tpr, sk.roc_curve(1 - target, -score)[1], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("average", ["macro", "weighted", None])
def test_areas_of_one_against_the_rest(sk, average):
    rng = np.random.default_rng(4)
    logits, target = 2 * rng.standard_normal((60, 4)), rng.integers(0, 4, 60)
    wanted = sk.roc_auc_score(target, softmax(logits), multi_class="ovr", average=average)
    np.testing.assert_allclose(measured(optim.AUROC(average), logits, target), wanted, rtol=1e-12)
    found = measured(optim.AUROC(average, logits=False), softmax(logits), target)
    np.testing.assert_allclose(found, wanted, rtol=1e-12)
    raw = [sk.roc_auc_score(target == c, logits[:, c]) for c in range(4)]
    np.testing.assert_allclose(measured(optim.AUROC(None, logits=False), logits, target), raw, rtol=1e-12)
    wanted = sk.roc_curve(target == 2, softmax(logits)[:, 2])
    found = measured(optim.ROCCurve(positive=2), logits, target)
    np.testing.assert_allclose(found.tpr, wanted[1], rtol=1e-12)


def test_errors_and_likelihood_as_scikit_learn(sk):
    rng = np.random.default_rng(5)
    y = rng.standard_normal((30, 3))
    z = y + 0.5 * rng.standard_normal((30, 3))
    assert measured(optim.MeanSquaredError(), z, y) == pytest.approx(sk.mean_squared_error(y, z), rel=1e-12)
    assert measured(optim.MeanAbsoluteError(), z, y) == pytest.approx(sk.mean_absolute_error(y, z), rel=1e-12)
    assert measured(optim.R2Score(), z, y) == pytest.approx(sk.r2_score(y, z), rel=1e-12)
    wanted = sk.root_mean_squared_error(y[:, 0], z[:, 0])
    assert measured(optim.RootMeanSquaredError(), z[:, 0], y[:, 0]) == pytest.approx(wanted, rel=1e-12)
    logits, target = 3 * rng.standard_normal((30, 4)), rng.integers(0, 4, 30)
    wanted = sk.log_loss(target, softmax(logits), labels=range(4))
    assert measured(optim.LogLoss(), logits, target) == pytest.approx(wanted, rel=1e-12)
    assert measured(optim.LogLoss(logits=False), softmax(logits), target) == pytest.approx(wanted, rel=1e-12)
    assert measured(optim.Perplexity(), logits, target) == pytest.approx(math.exp(wanted), rel=1e-12)


# ------------------------------------------------------------------------------------------------------------- the edges


def test_an_area_that_is_not_defined_is_nan():
    assert math.isnan(measured(optim.AUROC(), SCORE, np.ones(8, int)))
    assert math.isnan(measured(optim.AUROC(), SCORE, np.zeros(8, int)))
    areas = measured(optim.AUROC(None), SCORES, np.minimum(LABELS, 1))  # class 2 is absent
    assert np.isnan(areas).tolist() == [False, False, True]
    assert math.isnan(measured(optim.AUROC(), SCORES, np.minimum(LABELS, 1)))
    assert np.isnan(measured(optim.ROCCurve(), SCORE, np.ones(8, int)).fpr).all()


def test_a_constant_output_has_an_area_of_one_half_and_no_top_k():
    assert measured(optim.AUROC(), np.zeros(8), BINARY) == 0.5
    assert measured(optim.TopKAccuracy(2), np.zeros((6, 3)), np.array([0, 1, 2, 2, 2, 2])) == pytest.approx(2 / 6)
    rounded = np.round(np.random.default_rng(0).standard_normal((50, 4)))
    labels = np.arange(50) % 4
    assert measured(optim.TopKAccuracy(1), rounded, labels) == measured(optim.Accuracy(), rounded, labels)


def test_perplexity_of_sequences_without_padding():
    logits = np.random.default_rng(6).standard_normal((2, 5, 3))  # (N, V, T)
    target = np.array([[1, 4, -100], [0, -100, -100]])
    metric = optim.Perplexity()
    metric.update(logits, target)
    loss = F.cross_entropy(ag.tensor(logits), ag.tensor(target))
    assert metric.result() == pytest.approx(math.exp(float(loss)), rel=1e-6)
    metric.reset()
    metric.update(logits, np.full((2, 3), -100))
    with pytest.raises(ValueError, match="Perplexity: there is no result"):
        metric.result()
    assert measured(optim.LogLoss(logits=False), np.array([[0.0, 1.0]]), np.array([0]), ()) == math.inf
    assert measured(optim.Perplexity(), np.array([[0.0, 2000.0]]), np.array([0]), ()) == math.inf


def test_a_score_is_counted_once_in_images():
    output = np.random.default_rng(7).standard_normal((2, 3, 4, 5))
    target = np.random.default_rng(8).integers(0, 3, (2, 4, 5))
    flat = np.moveaxis(output, 1, -1).reshape(-1, 3)
    for metric in (optim.Accuracy(), optim.F1Score("macro"), optim.AUROC(), optim.ConfusionMatrix()):
        whole = measured(metric, output, target, (1,))
        np.testing.assert_allclose(whole, measured(metric, flat, target.reshape(-1)), rtol=1e-12)


@pytest.mark.parametrize(("metric", "output", "target", "message"), [
    (optim.TopKAccuracy(3), np.zeros((2, 3)), [0, 1], "k=3 of 3 classes counts every example as right; pass a k below 3"),
    (optim.F1Score(), np.zeros((2, 3)), [0, 1], r"average='binary' is of two classes, .* pass F1Score\(average='macro'\)"),
    (optim.F1Score("macro"), np.zeros((2, 1)), [0, 1], r"pass F1Score\(threshold=0\) for outputs of which binary_cross"),
    (optim.ConfusionMatrix(), np.zeros((2, 3)), [0, 3], "target 1 of the batch is class 3, and the output has 3 columns"),
    (optim.ConfusionMatrix(), np.zeros((2, 3)), [-1, 3], "target 0 of the batch is class -1"),
    (optim.TopKAccuracy(1), np.zeros((2, 3)), [0, 3], "target 1 of the batch is class 3"),
    (optim.Perplexity(), np.zeros((2, 3)), [0, 3], "target 1 of the batch is class 3"),
    (optim.AUROC(), np.zeros((2, 3)), [0, 3], "target 1 of the batch is class 3"),
    (optim.AUROC(), np.zeros(2), [0, 2], "needs targets of 0 and 1, got 2; give the model an output for each class"),
    (optim.Accuracy(threshold=0), np.zeros(3), [0, 1], r"one output for each target of 0 or 1, got shapes \(3,\) and \(2,\)"),
    (optim.Accuracy(threshold=0), np.zeros((1, 2)), [0, 1], r"got shapes \(1, 2\) and \(2,\)"),
    (optim.Accuracy(), np.array([[0, np.nan]]), [0], r"the output has NaN at \[0, 1\] \(shape \(1, 2\)\), which is no score"),
    (optim.AUROC(), np.array([0, np.nan]), [0, 1], r"the output has NaN at \[1\]"),
])  # fmt: skip
def test_refused(metric, output, target, message):
    with pytest.raises(FloatingPointError if "NaN" in message else ValueError, match=message):
        metric.update(output, np.array(target))


def test_options_that_cannot_be_meant():
    with pytest.raises(ValueError, match="average is 'binary', 'macro', 'micro', 'weighted' or None, got 'mean'"):
        optim.Recall("mean")
    with pytest.raises(ValueError, match="zero_division is 0.0, 1.0 or NaN, got 0.5"):
        optim.Precision(zero_division=0.5)
    with pytest.raises(ValueError, match="AUROC: average is 'macro', 'weighted' or None, got 'micro'"):
        optim.AUROC("micro")
    with pytest.raises(ValueError, match="TopKAccuracy: k is the number of classes that count, at least 1, got 0"):
        optim.TopKAccuracy(0)
    metric = optim.ROCCurve()
    metric.update(SCORES, LABELS)
    with pytest.raises(ValueError, match=r"a curve is of one against the rest; pass ROCCurve\(positive=0\)"):
        metric.result()
    metric = optim.ROCCurve(positive=2)
    metric.update(SCORE, BINARY)
    with pytest.raises(ValueError, match="positive=2 is none of the classes 0 … 1"):
        metric.result()
    metric = optim.ConfusionMatrix()
    metric.update(SCORES, LABELS)
    with pytest.raises(ValueError, match="this batch has outputs for 2 classes, the ones before for 3; call reset"):
        metric.update(np.zeros((2, 2)), np.array([0, 1]))


# --------------------------------------------------------------------------------------------------------- in a history


def test_one_number_a_class_in_a_history():
    model = nn.Linear(3, 3)
    x = np.eye(3, dtype=np.float32)[LABELS] + SCORES.astype(np.float32) / 9
    metrics = {"f1": optim.F1Score(None), "recall": optim.Recall("macro")}
    history = optim.fit(model, (x, LABELS), (x, LABELS), loss=F.cross_entropy, epochs=4, metrics=metrics, progress=False,
                        optimizer=optim.SGD(model.parameters(), lr=0.5),
                        callbacks=[optim.KeepBest("validation_f1_2")])  # fmt: skip
    assert history["validation_f1_2"][history.best_epoch - 1] == max(history["validation_f1_2"])  # higher is better
    found = optim.evaluate(model, (x, LABELS), F.cross_entropy, metrics=metrics)
    assert set(found) == {"loss", "f1_0", "f1_1", "f1_2", "recall"}
    metric = optim.F1Score(None)
    metric.update(model(ag.tensor(x)), LABELS)
    assert [found[f"f1_{i}"] for i in range(3)] == metric.result().tolist()


@pytest.mark.parametrize("metric", [optim.ConfusionMatrix(), optim.ROCCurve()])
def test_a_history_does_not_record_matrices_and_curves(metric):
    model = nn.Linear(3, 3)
    before = model.weight.array.copy()
    with pytest.raises(
        TypeError, match=r"the result of metrics\['m'\], a \w+, is more than the numbers that a history rec"
    ):
        optim.fit(model, (SCORES.astype(np.float32), LABELS), loss=F.cross_entropy, metrics={"m": metric},
                  optimizer=optim.SGD(model.parameters(), lr=0.5), progress=False)  # fmt: skip
    np.testing.assert_array_equal(model.weight.array, before)


def test_a_run_cut_within_an_epoch_goes_on_with_its_metrics(tmp_path):
    class Cut(optim.Callback):
        def on_batch_end(self, run):
            if (run.epoch, run.batch) == (2, 2) and not resumed:
                raise InterruptedError

    def trained(path, **options):
        ag.manual_seed(0)
        model = nn.Linear(3, 3)
        metrics = {
            "f1": optim.F1Score(None),
            "area": optim.AUROC(),
            "perplexity": optim.Perplexity(),
            "top": optim.TopKAccuracy(2),
        }
        return optim.fit(model, (SCORES.astype(np.float32), LABELS), loss=F.cross_entropy, epochs=3, batch_size=3,
                         optimizer=optim.SGD(model.parameters(), lr=0.3), metrics=metrics, progress=False, checkpoint=path,
                         every=1, callbacks=[Cut()], **options)  # fmt: skip

    resumed = True
    whole = trained(tmp_path / "whole.safetensors")
    resumed = False
    with pytest.raises(InterruptedError):
        trained(tmp_path / "cut.safetensors")
    resumed = True
    again = trained(tmp_path / "cut.safetensors", resume=True)
    for name in ("train_f1_0", "train_f1_2", "train_area", "train_perplexity", "train_loss"):
        assert again[name] == whole[name]
