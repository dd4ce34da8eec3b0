"""The figures of nn.plot: what is drawn, read from matplotlib's artists; their style and text; showing and saving."""

import base64
import itertools
import pickle
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import autograd_core as ag
import nn
from nn import plot
from optim import History

ROOT = Path(__file__).parent.parent


def history(losses, validation=None, best=None):
    h = History()
    h.epochs = [{"train_loss": loss} for loss in losses]
    for epoch, loss in zip(h.epochs, validation or [], strict=False):
        epoch["validation_loss"] = loss
    h.best_epoch = best
    return h


def luminance(colour):
    c = np.array(to_rgb(colour))
    return float(np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4) @ [0.2126, 0.7152, 0.0722])


def contrast(a, b):
    """As the web content accessibility guidelines define it, from 1 to 21."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def every_figure():
    """name → a small one of each function."""
    ag.manual_seed(0)
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(12, 2)), np.arange(12) % 2
    net = nn.MLP([2, 3, 1], activation="tanh")
    net(ag.tensor(x, dtype="float32")).sum().backward()
    conv = nn.Sequential(nn.Conv2d(1, 2, 3), nn.ReLU())
    images = rng.random((3, 6, 6))
    probabilities = np.array([[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])
    return {
        "attention": plot.attention(np.eye(3)),
        "confusion_matrix": plot.confusion_matrix([0, 1, 1], [0, 1, 0], ["a", "b"]),
        "curves": plot.curves({"a": [1.0, 2.0]}, "step", "loss"),
        "decision_boundary": plot.decision_boundary(net, x, y, resolution=20),
        "feature_maps": plot.feature_maps(conv, images[:1], 1),
        "filters": plot.filters(conv[0]),
        "gates": plot.gates(nn.LSTM(2, 3), x),
        "gradient_flow": plot.gradient_flow(net),
        "heat": plot.heat(np.eye(2), "key", "query"),
        "hidden_space": plot.hidden_space(net, x, y, 1),
        "hidden_states": plot.hidden_states(rng.normal(size=(4, 3))),
        "histograms": plot.histograms(net),
        "images": plot.images(images),
        "learning_curves": plot.learning_curves(history([1.0, 0.5])),
        "loss_surface": plot.loss_surface(lambda a, b: a * a + b * b, limits=((-1, 1), (-1, 1)), resolution=5),
        "lr_find": plot.lr_find([0.1, 1.0], [2.0, 1.0]),
        "mistakes": plot.mistakes(images, np.array([1, 1, 0]), probabilities, ["a", "b"]),
        "occlusion": plot.occlusion(images[0], np.eye(3)),
        "perceptron_path": plot.perceptron_path(nn.Perceptron(2).fit(x, y, epochs=2, history=True), x, y),
        "rbf_centers": plot.rbf_centers(nn.RBF(2, 3)),
        "reconstructions": plot.reconstructions(images, images),
        "roc": plot.roc([0, 1, 1], [0.1, 0.7, 0.4]),
    }


NOT_FIGURES = {"alt", "confusion_counts", "save", "show", "style"}
WITHOUT_AXES = {"feature_maps", "filters", "images", "mistakes", "reconstructions"}  # pictures, which have no scale


@pytest.fixture(scope="module")
def figures():
    return every_figure()


def test_each_function_is_drawn_here(figures):
    functions = {name for name in plot.__all__ if callable(getattr(plot, name))}
    assert functions - NOT_FIGURES == set(figures)


def test_each_figure_has_a_text_labels_and_a_background_of_its_own(figures):
    texts = {}
    for name, figure in figures.items():
        assert isinstance(figure, Figure), name
        texts[name] = plot.alt(figure)
        assert texts[name].endswith((".", "…")) and len(texts[name]) > 15, name
        assert to_rgb(figure.get_facecolor()) == (1, 1, 1) and figure.get_facecolor()[3] == 1, name
        if name not in WITHOUT_AXES:
            assert any(ax.get_xlabel() for ax in figure.axes) and any(ax.get_ylabel() for ax in figure.axes), name
    assert len(set(texts.values())) == len(texts)


def test_text_is_dark_and_large_enough_and_lies_inside(figures):
    for name, figure in figures.items():
        FigureCanvasAgg(figure).draw()
        width, height = figure.canvas.get_width_height()
        ticks = [t for ax in figure.axes for axis in (ax.xaxis, ax.yaxis) for t in (*axis.majorTicks, *axis.minorTicks)]
        at_ticks = {id(label) for tick in ticks for label in (tick.label1, tick.label2)}  # also some beyond the axes
        for text in figure.findobj(matplotlib.text.Text):
            if not text.get_text().strip() or not text.get_visible():
                continue
            on_picture = text.axes is not None and text in text.axes.texts  # numbers in the cells of a matrix
            assert on_picture or contrast(text.get_color(), "white") >= 4.5, (name, text)
            assert text.get_fontsize() >= 7, (name, text)
            box = text.get_window_extent()
            inside = box.x0 >= -1 and box.y0 >= -1 and box.x1 <= width + 1 and box.y1 <= height + 1
            assert inside or id(text) in at_ticks, (name, text, box)


# The cones' responses with each kind of colour-blindness (Machado, Oliveira & Fernandes 2009, table 1, severity 1).
BLINDNESS = {
    "none": np.eye(3),
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, blindness):
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    t = to_xyz @ np.clip(np.asarray(blindness) @ linear, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_of_classes_stay_apart(kind):
    for a, b in itertools.combinations(plot.PALETTE, 2):
        assert np.linalg.norm(lab(a, BLINDNESS[kind]) - lab(b, BLINDNESS[kind])) > 15, (a, b)


def test_colours_are_seen_on_white():
    assert all(contrast(colour, "white") >= 3 for colour in (*plot.PALETTE, plot.GREY))
    assert contrast(plot.INK, "white") >= 7


def test_the_style_is_in_force_only_inside():
    before = matplotlib.rcParams["axes.spines.top"], matplotlib.rcParams["font.size"]
    with plot.style():
        assert matplotlib.rcParams["axes.facecolor"] == "white"
        assert matplotlib.rcParams["axes.prop_cycle"].by_key()["color"] == list(plot.PALETTE)
    plot.curves({"a": [1.0]}, "x", "y")
    assert (matplotlib.rcParams["axes.spines.top"], matplotlib.rcParams["font.size"]) == before


def test_figures_do_not_depend_on_the_users_settings():
    with matplotlib.rc_context(
        {"figure.facecolor": (0, 0, 0, 0), "text.color": "white", "axes.labelcolor": "white", "xtick.labelsize": 3}
    ):
        figure = plot.curves({"a": [1.0, 2.0]}, "x", "y", "title")
        FigureCanvasAgg(figure).draw()
        ax = figure.axes[0]
        assert figure.get_facecolor() == (1, 1, 1, 1)
        assert ax.xaxis.label.get_color() == ax.title.get_color() == plot.INK
        assert {tick.get_fontsize() for tick in ax.get_xticklabels()} == {9}


# ------------------------------------------------------------------------------------------------- text, showing, saving


def test_a_text_of_ones_own():
    figure = plot.curves({"loss": [3.0, 2.0, 1.0]}, "step", "nats", "Training")
    assert plot.alt(figure) == "Training: Lines of nats over step: loss from 3 to 1."
    assert plot.alt(figure, "Something else.") == "Something else." == plot.alt(figure)
    with pytest.raises(ValueError, match="the text is empty"):
        plot.alt(figure, " ")
    with pytest.raises(ValueError, match="this figure has no text; set one by"):
        plot.alt(Figure())
    assert pickle.loads(pickle.dumps(figure)).alt == "Something else."


def test_axes_of_ones_own_collect_the_texts():
    figure = Figure()
    left, right = figure.subplots(1, 2)
    assert plot.curves({"a": [1.0, 2.0]}, "x", "y", ax=left) is figure
    assert plot.roc([0, 1], [0.0, 1.0], ax=right) is figure
    assert plot.alt(figure) == "Lines of y over x: a from 1 to 2. Receiver operating characteristic: area 1.000."
    assert left.get_legend() is not None and not figure.legends
    below = Figure().subfigures(1, 2)
    assert plot.images(np.zeros((2, 3, 3)), figure=below[1]) is below[1].figure
    assert not below[0].axes and len(below[1].axes) == 2
    with pytest.raises(TypeError, match="ax must be matplotlib's Axes, got ndarray; of a figure with several take one"):
        plot.curves({"a": [1.0]}, "x", "y", ax=np.array([left, right]))
    with pytest.raises(TypeError, match="figure must be matplotlib's Figure or SubFigure, got Axes"):
        plot.images(np.zeros((2, 3, 3)), figure=left)


def test_files_carry_the_text(tmp_path):
    figure = plot.curves({"loss": [3.0, 1.0]}, "step", "nats")
    text = plot.alt(figure)
    assert text.encode() in plot.save(figure, tmp_path / "new" / "a.png").read_bytes()
    assert f"<title>{text}</title>" in plot.save(figure, tmp_path / "a.svg").read_text()
    assert plot.save(figure, tmp_path / "a.pdf").read_bytes()[:4] == b"%PDF"
    with pytest.raises(ValueError, match="xyz"):
        plot.save(figure, tmp_path / "a.xyz")


def test_a_figure_with_a_symbol_in_its_text_is_saved_as_png(tmp_path):
    figure = plot.perceptron_path(
        nn.Perceptron(2).fit([[0.0, 1.0], [1.0, 0.0]], [0, 1], history=True), [[0.0, 1.0]], [0]
    )
    assert "₁" in plot.alt(figure)
    assert plot.save(figure, tmp_path / "a.png").stat().st_size > 1000


def test_a_notebook_gets_picture_and_text():
    figure = plot.curves({"loss": [3.0, 1.0]}, "step", "nats")
    data, metadata = figure._repr_mimebundle_()
    assert base64.b64decode(data["image/png"])[:8] == b"\x89PNG\r\n\x1a\n"
    assert metadata == {"image/png": {"alt": plot.alt(figure)}} and data["text/plain"] == plot.alt(figure)


def test_a_script_without_a_display_shows_a_figure_as_a_file(tmp_path):
    code = "import nn.plot; print(nn.plot.show(nn.plot.curves({'a': [1.0, 2.0]}, 'x', 'y')))"
    environment = {"MPLBACKEND": "agg", "TMPDIR": str(tmp_path), "PATH": "", "MPLCONFIGDIR": matplotlib.get_configdir()}
    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    first, path = run.stdout.splitlines()
    assert Path(path).parent == tmp_path and Path(path).read_bytes()[:4] == b"\x89PNG"
    assert first == f'figure saved to {path} (there is no display; nn.plot.show(figure, "name.png") chooses the file)'


def test_show_with_a_path(tmp_path, capsys):
    path = plot.show(plot.heat(np.eye(2), "x", "y"), tmp_path / "a.svg")
    assert path.read_text().startswith("<?xml") and capsys.readouterr().out == f"figure saved to {path}\n"
    with pytest.raises(TypeError, match="show: needs a figure, got list; pass what a function of nn.plot returned"):
        plot.show([1])


def test_show_opens_a_window_where_there_is_a_display(monkeypatch):
    from matplotlib import pyplot

    shown = []
    monkeypatch.setattr(matplotlib, "get_backend", lambda: "TkAgg")
    monkeypatch.setattr(pyplot, "figure", shown.append)
    monkeypatch.setattr(pyplot, "show", lambda: shown.append("shown"))
    figure = plot.heat(np.eye(2), "x", "y")
    assert plot.show(figure) is None and shown == [figure, "shown"]


# ------------------------------------------------------------------------------------------------------------- curves


def lines_of(ax):
    return {line.get_label(): line for line in ax.lines}


def test_learning_curves_of_one_run():
    figure = plot.learning_curves(history([1.0, 0.5, 0.25], [1.1, 0.6, 0.7], best=2))
    lines = lines_of(figure.axes[0])
    assert list(lines["validation"].get_ydata()) == [1.1, 0.6, 0.7] and list(lines["train"].get_xdata()) == [1, 2, 3]
    assert list(lines["best: 2"].get_xdata()) == [2, 2] and figure.axes[0].get_yscale() == "log"
    assert lines["train"].get_color() == plot.GREY and lines["validation"].get_color() == plot.BLUE


def test_learning_curves_of_several_runs_and_seeds():
    runs = {
        "SGD": [history([4.0, 2.0, 1.0]), history([2.0, 1.0]), history([3.0, 3.0, 3.0])],
        "Adam": history([1.0, 0.1]),
    }
    figure = plot.learning_curves(runs, "two")
    ax = figure.axes[0]
    lines = lines_of(ax)
    assert list(lines["SGD"].get_ydata()) == [3.0, 2.0]  # the mean over the epochs that all have
    assert list(lines["Adam"].get_ydata()) == [1.0, 0.1]
    assert [lines[name].get_color() for name in runs] == [plot.BLUE, plot.ORANGE]
    (band,) = ax.collections  # of the run with three seeds, from the least to the largest
    corners = {tuple(vertex) for vertex in band.get_paths()[0].vertices}
    assert corners == {(1, 2), (2, 1), (2, 3), (1, 4)}
    assert [t.get_text() for t in figure.legends[0].get_texts()] == ["SGD", "Adam"]


def test_learning_curves_tell_training_from_validation():
    figure = plot.learning_curves({"a": history([1.0, 0.5], [2.0, 1.0]), "b": history([1.0, 0.4], [2.0, 3.0])})
    lines = lines_of(figure.axes[0])
    assert lines["a train"].get_linestyle() == "--" and lines["a validation"].get_linestyle() == "-"
    assert list(lines["b validation"].get_ydata()) == [2.0, 3.0]


def test_learning_curves_of_everything_that_was_recorded():
    h = history([1.0, 0.5])
    for k, epoch in enumerate(h.epochs):
        epoch |= {"train_accuracy": 0.5 + k / 10, "validation_f1": 0.2 + k, "validation_r2": k - 1.0, "seconds": 9.0}
    axes = plot.learning_curves(h).axes
    assert [ax.get_ylabel() for ax in axes] == ["loss", "accuracy", "f1", "r2"]
    assert list(lines_of(axes[2])["validation"].get_ydata()) == [0.2, 1.2] and len(axes[2].lines) == 1
    assert list(lines_of(axes[1])["train"].get_ydata()) == [0.5, 0.6]


def test_learning_curves_of_losses_that_are_not_positive_are_linear():
    assert plot.learning_curves(history([1.0, -0.5])).axes[0].get_yscale() == "linear"


def test_learning_curves_refuse_what_is_no_history():
    for nothing in ({}, [], {"a": []}):
        with pytest.raises(ValueError, match="there is no history to draw"):
            plot.learning_curves(nothing)
    with pytest.raises(ValueError, match="the history of 'b' has no finished epoch"):
        plot.learning_curves({"a": history([1.0]), "b": History()})
    with pytest.raises(TypeError, match="the history is a float; pass what optim.fit returned"):
        plot.learning_curves([1.0, 2.0])


def test_curves():
    ax = plot.curves({"a": ag.tensor([3.0, 1.0]), "b": [2, 5]}, "step", "loss", log=True).axes[0]
    assert list(lines_of(ax)["a"].get_xdata()) == [1, 2] and list(lines_of(ax)["b"].get_ydata()) == [2, 5]
    assert ax.get_yscale() == "log"
    with pytest.raises(ValueError, match="there is no line to draw"):
        plot.curves({}, "x", "y")
    with pytest.raises(ValueError, match=r"line 'a' of shape \(0,\) has nothing to draw"):
        plot.curves({"a": []}, "x", "y")
    with pytest.raises(TypeError, match="line 'a' must be real numbers"):
        plot.curves({"a": ["x"]}, "x", "y")


def test_lr_find():
    lrs, losses = [1e-3, 1e-2, 1e-1, 1.0], [2.0, 1.0, 50.0, np.nan]
    figure = plot.lr_find(lrs, losses, suggestion=1e-2)
    ax = figure.axes[0]
    lines = lines_of(ax)
    np.testing.assert_array_equal(lines["loss"].get_ydata(), losses)
    assert list(lines["suggestion: 0.01"].get_xdata()) == [1e-2] * 2 and ax.get_xscale() == "log"
    assert 3.9 < ax.get_ylim()[1] < 4.5  # what diverged is cut off at twice the first loss
    assert "least at 0.01, suggestion 0.01" in plot.alt(figure)
    with pytest.raises(ValueError, match="4 rates but 3 losses"):
        plot.lr_find(lrs, losses[:3])
    with pytest.raises(ValueError, match="lrs must be positive on a logarithmic scale, got 0"):
        plot.lr_find([0.0, 1.0], [1.0, 1.0])
    with pytest.raises(ValueError, match="suggestion must be positive on a logarithmic scale, got -1"):
        plot.lr_find([0.1, 1.0], [1.0, 1.0], -1.0)
    with pytest.raises(ValueError, match="no loss is finite; begin with a smaller learning rate"):
        plot.lr_find([1.0], [np.nan])


# ------------------------------------------------------------------------------------------------------ classification


def test_confusion_matrix_has_a_legend_of_its_colours():
    figure = plot.confusion_matrix([0, 0, 0, 0, 1], [0, 0, 0, 1, 1], ["cat", "dog"])
    ax, bar = figure.axes
    np.testing.assert_array_equal(ax.images[0].get_array(), [[0, 0.25], [0, 0]])  # shares of mistakes
    assert ax.images[0].get_clim() == (0, 0.25) == bar.get_ylim() and bar.get_ylabel() == "share of the true class"
    cells = {tuple(t.get_position()): (t.get_text(), t.get_color()) for t in ax.texts}
    assert cells == {(0, 0): ("3", plot.BLUE), (1, 0): ("1", "white"), (1, 1): ("1", plot.BLUE)}
    assert plot.alt(figure) == "80.00% of 5 right: Confusion matrix of 2 classes: cat is taken for dog most often (1)."
    with pytest.raises(ValueError, match="there are no classes"):
        plot.confusion_matrix([], [], [])


def roc_by_definition(t, s):
    """The probability that a positive has a higher score than a negative, half where equal."""
    a, b = s[t == 1][:, None], s[t == 0]
    return ((a > b) + 0.5 * (a == b)).mean()


def test_roc_against_its_definition():
    rng = np.random.default_rng(0)
    t, s = rng.integers(0, 2, 60), rng.integers(0, 12, 60) / 4  # with many equal scores
    ax = plot.roc(t, s).axes[0]
    line = ax.lines[0]
    area = roc_by_definition(t, s)
    assert line.get_label() == f"area {area:.3f}"
    thresholds = np.unique(s)[::-1]
    np.testing.assert_allclose(line.get_xdata(), [0, *((s[t == 0] >= c).mean() for c in thresholds)])
    np.testing.assert_allclose(line.get_ydata(), [0, *((s[t == 1] >= c).mean() for c in thresholds)])
    assert ax.lines[1].get_label() == "chance, area 0.500"


def test_roc_of_models_and_of_classes():
    t = np.array([0, 1, 2, 1])
    p = np.array([[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.2, 0.1, 0.7], [0.5, 0.3, 0.2]])
    labels = [line.get_label() for line in plot.roc(t, p, ["a", "b", "c"]).axes[0].lines]
    assert labels == ["a, area 1.000", "b, area 1.000", "c, area 1.000", "chance, area 0.500"]
    lines = plot.roc(t == 1, {"first": p[:, 1], "second": ag.tensor(-p[:, 1:2])}).axes[0].lines
    assert [line.get_label() for line in lines[:2]] == ["first, area 1.000", "second, area 0.000"]
    assert [line.get_color() for line in lines[:2]] == [plot.BLUE, plot.ORANGE]


@pytest.mark.parametrize(
    ("targets", "scores", "error", "message"),
    [
        ([0, 1], [0.5], ValueError, r"2 targets but scores of shape \(1,\)"),
        ([1, 1], [0.5, 0.6], ValueError, "needs examples of both sides, got 2 positive among 2"),
        ([0, 2], [0.5, 0.6], ValueError, "tells classes 0 and 1 apart, got target 2"),
        ([0, 1], [0.5, np.nan], ValueError, r"scores has nan at \(1,\)"),
        ([0.5, 1.0], [0.5, 0.6], TypeError, "targets must be class indices, whole numbers, got float64"),
        ([0, 3], [[0.5, 0.5], [0.5, 0.5]], ValueError, "targets go from 0 to 3, but scores have 2 classes"),
        ([0, 1], {}, ValueError, "there are no scores to draw"),
    ],
)
def test_roc_refuses(targets, scores, error, message):
    with pytest.raises(error, match=message):
        plot.roc(targets, scores)


# ------------------------------------------------------------------------------------------------------------ pictures


def test_filters_of_layers():
    conv = nn.Conv2d(2, 3, 3)
    figure = plot.filters(conv)
    shown = [ax.images[0] for ax in figure.axes if ax.images]
    w = conv.weight.detach().numpy()
    for image, picture in zip(shown, w.reshape(-1, 3, 3), strict=False):
        np.testing.assert_array_equal(image.get_array(), picture)
    assert {image.get_clim() for image in shown[:6]} == {(-np.abs(w).max(), np.abs(w).max())}
    assert [ax.get_title() for ax in figure.axes[:2]] == ["channel 0", "channel 1"]
    assert [ax.get_ylabel() for ax in figure.axes[:6:2]] == ["filter 0", "filter 1", "filter 2"]
    assert figure.axes[-1].get_ylabel() == "weight"
    rows = plot.filters(nn.Linear(6, 4), (2, 3), columns=2, count=3)
    assert sum(bool(ax.images) for ax in rows.axes[:4]) == 3 and plot.alt(rows).startswith("3 of 4 filters, 2 × 3")
    with pytest.raises(ValueError, match=r"pass shape=\(H, W\) with H · W = 6, got \(2, 2\)"):
        plot.filters(nn.Linear(6, 4), (2, 2))
    with pytest.raises(TypeError, match="ReLU has no weight; pass one of its layers"):
        plot.filters(nn.ReLU())
    with pytest.raises(ValueError, match=r"got shape \(2, 1, 3\)|must be"):
        plot.filters(nn.Conv1d(1, 2, 3).weight[None, None])


def test_feature_maps_are_what_the_layer_makes():
    ag.manual_seed(0)
    model = nn.Sequential(nn.Conv2d(1, 3, 3), nn.BatchNorm2d(3), nn.ReLU())
    x = np.random.default_rng(0).normal(size=(1, 6, 6)).astype(np.float32)
    before = {name: value.copy() for name, value in model.state_dict().items()}
    figure = plot.feature_maps(model, x, layer=0)
    expected = model[0](ag.tensor(x[None])).detach().numpy()[0]
    for ax, picture in zip(figure.axes, expected, strict=False):
        np.testing.assert_allclose(ax.images[0].get_array(), picture, rtol=1e-5)
    assert figure.get_suptitle() == "Conv2d 0" and model.training
    for name, value in model.state_dict().items():  # batch norm's statistics as they were
        np.testing.assert_array_equal(value, before[name])
    lows, highs = zip(*(ax.images[0].get_clim() for ax in plot.feature_maps(model, x, model[2]).axes[:3]), strict=True)
    assert len(set(lows)) == len(set(highs)) == 1 and lows[0] >= 0  # one scale
    with pytest.raises(ValueError, match="the model has no layer 'conv'; its layers are 0, 1, 2"):
        plot.feature_maps(model, x, "conv")
    with pytest.raises(ValueError, match=r"draws one example, got x of shape \(2, 1, 6, 6\)"):
        plot.feature_maps(model, np.zeros((2, 1, 6, 6)), 0)
    with pytest.raises(ValueError, match="this ReLU is no part of the model"):
        plot.feature_maps(model, x, nn.ReLU())
    with pytest.raises(TypeError, match="layers are those of an nn.Module, got function"):
        plot.feature_maps(lambda x: x, x, 0)


def test_occlusion_lies_over_the_image():
    heat = np.array([[0.0, 2.0], [-1.0, 0.0]])
    figure = plot.occlusion(np.ones((1, 8, 8)), heat, label="drop")
    image, over = figure.axes[0].images
    assert image.get_extent() == over.get_extent() == [-0.5, 7.5, 7.5, -0.5]
    np.testing.assert_array_equal(over.get_array(), heat)
    assert over.get_clim() == (-2, 2) and figure.axes[1].get_ylabel() == "drop"
    assert "largest, 2, around row 2, column 6" in plot.alt(figure)
    with pytest.raises(ValueError, match=r"a map \(h, w\), got \(8, 8\) and \(2,\)"):
        plot.occlusion(np.ones((8, 8)), [1.0, 2.0])


def test_reconstructions():
    x = np.arange(12.0).reshape(3, 4)
    figure = plot.reconstructions(x, x + 2, (2, 2), inputs=x * 0, count=2)
    assert [ax.get_ylabel() for ax in figure.axes] == ["original", "", "input", "", "output", ""]
    np.testing.assert_array_equal(figure.axes[5].images[0].get_array(), [[6, 7], [8, 9]])
    assert {ax.images[0].get_clim() for ax in figure.axes} == {
        (0, 11)
    } and figure.get_suptitle() == "mean squared error 4"
    with pytest.raises(ValueError, match=r"the shapes differ: originals \(3, 2, 2\), outputs \(2, 2, 2\)"):
        plot.reconstructions(x, x[:2], (2, 2))
    with pytest.raises(ValueError, match=r"with shape=\(H, W\), got \(3, 4\)"):
        plot.reconstructions(x, x)


def test_pictures_refuse():
    with pytest.raises(ValueError, match="500 pictures are more than a page holds, 400"):
        plot.images(np.zeros((500, 2, 2)))
    with pytest.raises(ValueError, match=r"has nothing to draw"):
        plot.images(np.zeros((0, 2, 2)))
    with pytest.raises(ValueError, match="columns must be at least 1, got 0"):
        plot.images(np.zeros((2, 2, 2)), columns=0)
    with pytest.raises(TypeError, match="must be real numbers, got complex128"):
        plot.heat(np.zeros((2, 2), complex), "x", "y")


def test_matplotlib_draws_tensors_of_two_dimensions():
    """A curve for each column; the rows, which are no numbers, say so with an error that matplotlib knows."""
    x, y = ag.linspace(0, 1, 5), ag.arange(10.0).reshape(5, 2)
    axes = Figure().subplots()
    drawn = axes.plot(x, y)
    assert [line.get_ydata().tolist() for line in drawn] == y.T.tolist()
    axes.plot(x[:, None], y)
    axes.fill_between(x, y[:, 0], y[:, 1])
