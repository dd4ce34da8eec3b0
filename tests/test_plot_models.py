"""The figures of nn.plot that look into models: regions, lines, centres, surfaces, distributions, states."""

import numpy as np
import pytest
from matplotlib.colors import to_rgb

import autograd_core as ag
import nn
import nn.functional as F
import optim
from nn import plot

XOR = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.array([0, 1, 1, 0])
LIMITS = ((-2.0, 2.0), (-1.0, 1.0))


def on_mesh(function, resolution=40, limits=LIMITS):
    """What a function of (N, 2) gives at the points of the figure, (resolution, resolution)."""
    (x0, x1), (y0, y1) = limits
    points = np.stack(np.meshgrid(np.linspace(x0, x1, resolution), np.linspace(y0, y1, resolution)), -1)
    return function(points.reshape(-1, 2)).reshape(resolution, resolution)


def contours(ax):
    """[(vertices, colour)] of the lines that are drawn as contours."""
    sets = [c for c in ax.collections if type(c).__name__ == "QuadContourSet"]
    return [(np.concatenate([p.vertices for p in c.get_paths()]), tuple(c.get_edgecolor()[0][:3])) for c in sets]


def points_of(ax):
    """label → the positions of the scattered points."""
    return {c.get_label(): np.asarray(c.get_offsets()) for c in ax.collections if type(c).__name__ == "PathCollection"}


def legend_of(figure):
    return [text.get_text() for text in figure.legends[0].get_texts()]


def linear(w, b):
    """A module with one linear layer of these weights."""
    layer = nn.Linear(len(w[0]), len(w), dtype="float64")
    with ag.no_grad():
        layer.weight.copy_(ag.tensor(np.array(w)))
        layer.bias.copy_(ag.tensor(np.array(b)))
    return layer


# ------------------------------------------------------------------------------------------------------------- regions


def test_decision_boundary_of_a_line():
    model = linear([[1.0, 2.0]], [-0.5])
    x, y = np.array([[-1.5, 0.5], [1.0, 0.5], [0.5, -0.9]]), [0, 1, 0]
    figure = plot.decision_boundary(model, x, y, ["low", "high"], limits=LIMITS, resolution=40)
    ax = figure.axes[0]
    image = ax.images[0]
    np.testing.assert_array_equal(image.get_array(), on_mesh(lambda p: (p @ [1, 2] - 0.5 >= 0).astype(int)))
    assert image.get_clim() == (-0.5, 1.5) and image.origin == "lower"
    (line, colour), *others = contours(ax)
    np.testing.assert_allclose(line @ [1, 2], 0.5, atol=1e-12)
    assert not others and colour == to_rgb(plot.INK) and len(line) > 10
    drawn = points_of(ax)
    np.testing.assert_array_equal(drawn["low"], x[[0, 2]])
    np.testing.assert_array_equal(drawn["high"], x[[1]])
    assert legend_of(figure) == ["low", "high", "output = 0"]
    assert ax.get_xlim() == LIMITS[0] and ax.get_ylim() == LIMITS[1]
    half = 2 / 39  # the pixels' centres are the points
    np.testing.assert_allclose(image.get_extent(), [-2 - half, 2 + half, -1 - half / 2, 1 + half / 2])


@pytest.mark.parametrize(("threshold", "level"), [(None, 0.5), (0.25, 0.25)])
def test_outputs_that_are_probabilities_have_the_threshold_one_half(threshold, level):
    model = nn.Sequential(linear([[1.0, 0.0]], [0.0]), nn.Sigmoid())
    figure = plot.decision_boundary(model, *XOR, limits=LIMITS, resolution=40, threshold=threshold)
    ((line, _),) = contours(figure.axes[0])
    np.testing.assert_allclose(line[:, 0], np.log(level / (1 - level)), atol=0.02)
    assert legend_of(figure)[-1] == f"output = {level:g}"


def test_the_mode_random_state_and_buffers_of_the_model_are_left():
    ag.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    before = {name: value.copy() for name, value in model.state_dict().items()}
    first = plot.decision_boundary(model, *XOR, resolution=20).axes[0].images[0].get_array()
    second = plot.decision_boundary(model, *XOR, resolution=20).axes[0].images[0].get_array()
    np.testing.assert_array_equal(first, second)
    model.eval()
    expected = lambda p: (model(ag.tensor(p, dtype="float32")).detach().numpy() >= 0).astype(int)  # noqa: E731
    np.testing.assert_array_equal(first, on_mesh(expected, 20, ((-0.12, 1.12), (-0.12, 1.12))))  # in evaluation mode
    model.train()
    plot.decision_boundary(model, *XOR, resolution=20)
    assert model.training and model[2].training
    for name, value in model.state_dict().items():
        np.testing.assert_array_equal(value, before[name])


def test_three_classes_have_three_boundaries_where_two_outputs_are_equal():
    angles = np.array([0.5, 2.6, 4.7])
    model = linear(np.stack([np.cos(angles), np.sin(angles)], 1), [0.0, 0.0, 0.0])
    x = np.stack([np.cos(angles), np.sin(angles)], 1)
    figure = plot.decision_boundary(model, x, np.array([0, 1, 2]), limits=((-1, 1), (-1, 1)), resolution=61)
    ax = figure.axes[0]
    scores = lambda p: p @ x.T  # noqa: E731
    expected = on_mesh(lambda p: scores(p).argmax(1), 61, ((-1, 1), (-1, 1)))
    np.testing.assert_array_equal(ax.images[0].get_array(), expected)
    assert len(contours(ax)) == 3
    for line, _ in contours(ax):
        top = np.sort(scores(line), 1)
        np.testing.assert_allclose(top[:, 2], top[:, 1], atol=0.03)  # straight pieces between the points of the mesh


@pytest.mark.parametrize("kind", ["logits", "probabilities"])
def test_probability_of_two_classes(kind):
    p1 = lambda p: 1 / (1 + np.exp(-3 * p[:, 0]))  # noqa: E731
    model = nn.Sequential(linear([[3.0, 0.0]], [0.0]), *([nn.Sigmoid()] if kind == "probabilities" else []))
    figure = plot.decision_boundary(model, *XOR, probability=True, limits=LIMITS, resolution=40)
    ax, bar = figure.axes
    image = ax.images[0]
    np.testing.assert_allclose(image.get_array(), on_mesh(p1), rtol=1e-6)
    assert image.get_clim() == (0, 1) and bar.get_ylabel() == "probability of 1"
    for end, colour in ((0.0, plot.BLUE), (1.0, plot.ORANGE)):
        np.testing.assert_allclose(image.cmap(end)[:3], to_rgb(colour), atol=0.01)
    two = nn.Sequential(linear([[0.0, 0.0], [3.0, 0.0]], [0.0, 0.0]))  # logits of both: the same by softmax
    other = plot.decision_boundary(two, *XOR, probability=True, limits=LIMITS, resolution=40).axes[0].images[0]
    np.testing.assert_allclose(other.get_array(), image.get_array(), rtol=1e-6)


def test_probability_of_three_classes_is_the_strength_of_the_colour():
    def model(x):
        return ag.stack([x[:, 0] * 0, x[:, 0] * 4, x[:, 0] * 0 - 50], 1)

    figure = plot.decision_boundary(model, XOR[0], [0, 1, 2, 0], probability=True, limits=LIMITS, resolution=41)
    picture = np.asarray(figure.axes[0].images[0].get_array())
    far, middle = picture[0, 40], picture[0, 20]  # class 1 is sure there; classes 0 and 1 are equal here
    np.testing.assert_allclose(far, 1 - 0.65 * (1 - np.array(to_rgb(plot.ORANGE))), atol=0.01)
    np.testing.assert_allclose(
        middle, 1 - 0.65 * 0.25 * (1 - np.array(to_rgb(plot.BLUE))), atol=0.01
    )  # (1/2 − 1/3) / (2/3)


def test_lines_of_hidden_units():
    hidden = linear([[1.0, 0.0], [0.0, 2.0]], [-0.5, 0.4])
    model = nn.Sequential(hidden, nn.ReLU(), linear([[1.0, -1.0]], [0.0]))
    for layer in (True, "0", 0, hidden):
        figure = plot.decision_boundary(model, *XOR, hidden=layer, limits=LIMITS, resolution=40)
        grey = [line for line, colour in contours(figure.axes[0]) if colour == to_rgb(plot.GREY)]
        assert len(grey) == 2
        np.testing.assert_allclose(grey[0][:, 0], 0.5)
        np.testing.assert_allclose(grey[1][:, 1], -0.2)
        assert legend_of(figure)[-1] == "a unit of layer '0' is 0"


def test_models_with_predict_decide_by_it():
    x, y = XOR[0], np.array([0, 0, 0, 1])
    unit = nn.Perceptron(2)
    unit.fit(x, y)
    image = plot.decision_boundary(unit, x, y, limits=LIMITS, resolution=40).axes[0].images[0].get_array()
    np.testing.assert_array_equal(image, on_mesh(lambda p: unit.predict(p).numpy()))

    class Named:
        """As scikit-learn's estimators: NumPy in, labels out."""

        def predict(self, x):
            assert isinstance(x, np.ndarray)
            return np.where(x[:, 0] > 0.3, "right", "left")

    figure = plot.decision_boundary(
        Named(), x, np.array(["left", "left", "right", "right"]), limits=LIMITS, resolution=40
    )
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), on_mesh(lambda p: p[:, 0] > 0.3))
    assert legend_of(figure) == ["left", "right", "decision boundary"]


def test_outputs_smooth_the_boundary_of_a_model_with_predict():
    ag.manual_seed(0)
    x, y = nn.data.datasets.moons(60)[:]
    model = nn.RBFNetwork(2, 12, 2)
    model.fit(x, y)
    ((line, _),) = contours(plot.decision_boundary(model, x, y, resolution=60).axes[0])
    out = model(ag.tensor(line.astype(np.float32))).detach().numpy()
    assert np.abs(out[:, 1] - out[:, 0]).max() < 0.1  # not the steps of the pixels


def test_scikit_learn_estimators():
    linear_model = pytest.importorskip("sklearn.linear_model", reason="scikit-learn is not installed")
    x = np.array([[-1.0, 0.0], [-0.5, 1.0], [1.0, 0.5], [2.0, -1.0]])
    y = np.array(["no", "no", "yes", "yes"])
    estimator = linear_model.LogisticRegression().fit(x, y)
    figure = plot.decision_boundary(estimator, x, y, probability=True, limits=LIMITS, resolution=30)
    expected = on_mesh(lambda p: estimator.predict_proba(p)[:, 1], 30)
    np.testing.assert_allclose(figure.axes[0].images[0].get_array(), expected)
    assert figure.axes[1].get_ylabel() == "probability of yes"
    ((line, _),) = contours(plot.decision_boundary(estimator, x, y, limits=LIMITS, resolution=30).axes[0])
    np.testing.assert_allclose(estimator.decision_function(line), 0, atol=1e-9)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"x": np.zeros((4, 3))}, ValueError, r"models on two inputs; x must have shape \(N, 2\), got \(4, 3\)"),
        ({"x": np.zeros((0, 2)), "y": []}, ValueError, r"x of shape \(0, 2\) has nothing to draw"),
        ({"x": np.full((4, 2), np.nan)}, ValueError, r"x has nan at \(0, 0\)"),
        ({"y": [0, 1]}, ValueError, r"4 examples need as many classes, y of shape \(4,\), got \(2,\)"),
        ({"y": [0.5, 1, 0, 1]}, ValueError, r"y must be classes, got 0.5"),
        ({"y": [0, 1, 2, 0]}, ValueError, "one output tells two classes apart, y has 3: 0, 1, 2"),
        ({"model": 3}, TypeError, "needs a model that can be called or has predict, got int"),
        ({"model": lambda x: x.sum()}, ValueError, r"outputs of shape \(1,\) of 40000 points|outputs of shape"),
        ({"model": lambda x: x[:, 0] * np.nan}, ValueError, "outputs are not all finite; its weights may be NaN"),
        ({"limits": ((1, 0), (0, 1))}, ValueError, r"limits are \(\(x0, x1\), \(y0, y1\)\) with x0 < x1"),
        ({"resolution": 1}, ValueError, "resolution must be from 2 to 2000, got 1"),
        ({"classes": ["a"]}, ValueError, "2 classes, 0, 1, but 1 names"),
        ({"model": lambda x: 4 * x[:, 0], "threshold": 0.5, "probability": True}, ValueError, "are neither probabilities"),
        ({"model": lambda x: x[:, 0], "hidden": True}, TypeError, "hidden units are those of an nn.Module, got function"),
        ({"model": nn.ReLU(), "hidden": True}, ValueError, "no linear layer; name the layer"),
        ({"hidden": "7"}, ValueError, "the model has no layer '7'"),
        ({"model": nn.Linear(2, 2), "y": [0, 1, 2, 3]}, ValueError, "the model has 2 outputs, but y the classes 0, 1, 2, 3"),
    ],
)  # fmt: skip
def test_decision_boundary_refuses(change, error, message):
    arguments = {"model": nn.Sequential(nn.Linear(2, 1)), "x": XOR[0], "y": XOR[1]} | change
    with pytest.raises(error, match=message):
        plot.decision_boundary(**arguments)


def test_hidden_space_of_two_units_has_the_regions_of_the_rest():
    hidden = linear([[1.0, 1.0], [1.0, 1.0]], [-0.5, -1.5])
    model = nn.Sequential(hidden, nn.Step(), linear([[1.0, -2.0]], [-0.5]))
    figure = plot.hidden_space(model, *XOR, layer=1)
    drawn = points_of(figure.axes[0])
    np.testing.assert_array_equal(drawn["0"], [[0, 0], [1, 1]])
    np.testing.assert_array_equal(drawn["1"], [[1, 0], [1, 0]])
    ((line, _),) = contours(figure.axes[0])
    np.testing.assert_allclose(line @ [1, -2], 0.5, atol=1e-9)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("unit 0", "unit 1")
    assert legend_of(figure) == ["0", "1", "output = 0"] and figure.axes[0].get_title() == "Step 1"


def test_hidden_space_of_more_units_is_that_of_principal_components():
    rng = np.random.default_rng(0)
    basis = np.linalg.qr(rng.normal(size=(5, 5)))[0]
    x = rng.normal(size=(80, 5)) * [5, 2, 0.1, 0.1, 0.1] @ basis
    figure = plot.hidden_space(nn.Sequential(nn.Identity(), nn.Linear(5, 1)), x, np.arange(80) % 2, 0)
    ax = figure.axes[0]
    values, vectors = np.linalg.eigh(np.cov(x.T))
    shares = values[::-1] / values.sum()
    assert ax.get_xlabel() == f"component 1, {shares[0]:.0%} of the variance"
    drawn = np.concatenate([points_of(ax)["0"], points_of(ax)["1"]])
    centred = (x - x.mean(0)) @ vectors[:, ::-1][:, :2]
    expected = np.concatenate([centred[::2], centred[1::2]])
    np.testing.assert_allclose(np.abs(drawn), np.abs(expected), atol=1e-5)
    with pytest.raises(ValueError, match=r"needs two units and two examples, layer '1' has 1 for 80 examples"):
        plot.hidden_space(nn.Sequential(nn.Identity(), nn.Linear(5, 1)), x, np.arange(80) % 2, 1)


# --------------------------------------------------------------------------------------------------- perceptron, RBF


def test_perceptron_path_draws_the_line_of_each_update():
    x, y = XOR[0], np.array([0, 0, 0, 1])
    fitted = nn.Perceptron(2).fit(x, y, history=True)
    ax, bar = plot.perceptron_path(fitted, x, y).axes
    updates = [u for u in fitted.history if np.abs(u.weight).any()]
    assert len(ax.lines) == len(updates) and bar.get_ylabel() == "update"
    for line, update in zip(ax.lines, updates, strict=True):
        ends = np.stack([line.get_xdata(), line.get_ydata()], 1)
        np.testing.assert_allclose(ends @ update.weight[0] + update.bias[0], 0, atol=1e-5)
        assert np.ptp(ends, 0).max() > 2  # across the figure
    assert ax.lines[-1].get_color() == plot.INK and ax.lines[-1].get_linewidth() > ax.lines[0].get_linewidth()
    arrow = ax.texts[0]  # from the last line to the side of class 1
    assert (np.array(arrow.xy) - arrow.xyann) @ updates[-1].weight[0] > 0
    np.testing.assert_allclose(np.array(arrow.xyann) @ updates[-1].weight[0] + updates[-1].bias[0], 0, atol=1e-5)
    few = plot.perceptron_path(fitted.history, x, y, most=3).axes[0]
    assert len(few.lines) == 3  # the first and the last of those that are lines among them
    np.testing.assert_allclose(few.lines[0].get_xdata(), ax.lines[0].get_xdata())
    np.testing.assert_allclose(few.lines[-1].get_xdata(), ax.lines[-1].get_xdata())


def test_perceptron_path_of_one_of_several_units():
    x, y = np.array([[0.0, 1.0], [1.0, 0.0], [-1.0, -1.0]]), np.array([0, 1, 2])
    fitted = nn.Perceptron(2, 3).fit(x, y, history=True)
    own = [u for u in fitted.history if u.error[2]]
    figure = plot.perceptron_path(fitted, x, y, unit=2)
    assert figure.axes[0].get_title().startswith(f"{len(own)} update")
    line = figure.axes[0].lines[-1]
    ends = np.stack([line.get_xdata(), line.get_ydata()], 1)
    np.testing.assert_allclose(ends @ own[-1].weight[2] + own[-1].bias[2], 0, atol=1e-5)


def test_perceptron_path_refuses():
    x, y = XOR[0], [0, 0, 0, 1]
    with pytest.raises(ValueError, match=r"no updates were recorded; use fit\(x, y, history=True\)"):
        plot.perceptron_path(nn.Perceptron(2).fit(x, y), x, y)
    with pytest.raises(ValueError, match="perceptrons of two inputs, these have 3"):
        plot.perceptron_path(nn.Perceptron(3).fit(np.eye(3), [0, 1, 1], history=True), x, y)
    with pytest.raises(ValueError, match="unit 1 is out of range, there are 1"):
        plot.perceptron_path(nn.Perceptron(2).fit(x, y, history=True), x, y, unit=1)
    with pytest.raises(TypeError, match="needs what Perceptron.fit"):
        plot.perceptron_path([1, 2], x, y)


def test_rbf_centres_have_circles_of_their_widths():
    layer = nn.RBF(2, 3, dtype="float64")
    with ag.no_grad():
        layer.centers.copy_(ag.tensor([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0]], dtype="float64"))
        layer.log_widths.copy_(ag.tensor(np.log([0.5, 1.0, 2.0])))
    figure = plot.rbf_centers(nn.Sequential(layer, nn.Linear(3, 1)), *XOR)
    ax = figure.axes[0]
    (circles,) = [c for c in ax.collections if type(c).__name__ == "EllipseCollection"]
    np.testing.assert_allclose(circles.get_widths(), [1.0, 2.0, 4.0])
    np.testing.assert_allclose(circles.get_heights(), [1.0, 2.0, 4.0])
    np.testing.assert_array_equal(circles.get_offsets(), layer.centers.detach().numpy())
    np.testing.assert_array_equal(points_of(ax)["centre"], layer.centers.detach().numpy())
    assert ax.get_aspect() == 1 and legend_of(figure) == ["0", "1", "centre", "width"]


def test_rbf_units_on_one_input_are_curves():
    layer = nn.RBF(1, 2)
    ax = plot.rbf_centers(layer, np.linspace(-3, 3, 7)[:, None]).axes[0]
    c, s = layer.centers.detach().numpy()[:, 0], layer.widths.detach().numpy()
    for k in range(2):
        x = ax.lines[k].get_xdata()
        np.testing.assert_allclose(ax.lines[k].get_ydata(), np.exp(-(((x - c[k]) / s[k]) ** 2) / 2), atol=1e-5)
    np.testing.assert_allclose({line.get_label(): line for line in ax.lines}["centre"].get_xdata(), c)


def test_rbf_centres_refuse():
    with pytest.raises(TypeError, match="needs an nn.RBF or a network that has one, got Linear"):
        plot.rbf_centers(nn.Linear(2, 2))
    with pytest.raises(ValueError, match="units on one or two inputs, these have 3"):
        plot.rbf_centers(nn.RBF(3, 2))
    with pytest.raises(ValueError, match="y are the classes of x; pass x too"):
        plot.rbf_centers(nn.RBF(2, 2), y=[0, 1])
    with pytest.raises(ValueError, match=r"x must have shape \(N, 2\), got \(3, 1\)"):
        plot.rbf_centers(nn.RBF(2, 2), np.zeros((3, 1)))


# ------------------------------------------------------------------------------------------------------------ surfaces


def filled(ax):
    """The contour set of the surface."""
    return next(c for c in ax.collections if type(c).__name__ == "QuadContourSet" and c.filled)


def test_loss_surface_over_two_weights():
    figure = plot.loss_surface(
        lambda a, b: (a - 1) ** 2 + 2 * b**2 + 1, limits=((-1, 3), (-1, 1)), resolution=21, levels=4, log=False,
        paths={"SGD": [[3.0, 1.0], [2.0, 0.5], [1.0, 0.0]], "Adam": ag.tensor([[-1.0, 1.0], [1.0, 0.0]])},
    )  # fmt: skip
    ax, bar = figure.axes
    np.testing.assert_allclose(filled(ax).levels, np.linspace(1, 7, 5))
    paths = {line.get_label(): line for line in ax.lines if line.get_label()[0] != "_"}
    assert list(paths) == ["SGD", "Adam"] == legend_of(figure)
    np.testing.assert_array_equal(paths["SGD"].get_xydata(), [[3, 1], [2, 0.5], [1, 0]])
    ends = [tuple(line.get_xydata()[0]) for line in ax.lines if len(line.get_xydata()) == 1]
    assert ends == [(3, 1), (1, 0), (-1, 1), (1, 0)]
    assert ax.get_xlim() == (-1, 3) and bar.get_ylabel() == "loss"
    # the values themselves: each line of a level lies where the loss has it
    lines = next(c for c in ax.collections if type(c).__name__ == "QuadContourSet" and not c.filled)
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        a, b = path.vertices.T
        np.testing.assert_allclose((a - 1) ** 2 + 2 * b**2 + 1, level, atol=0.04)


def test_loss_surface_of_a_model_with_two_weights_names_them():
    model = linear([[2.0]], [1.0])
    x = ag.tensor(np.array([[-1.0], [1.0]]))
    figure = plot.loss_surface(lambda: F.mse_loss(model(x), 2 * x + 1), model, limits=((0, 4), (-1, 3)), resolution=9)
    assert (figure.axes[0].get_xlabel(), figure.axes[0].get_ylabel()) == ("weight", "bias")
    assert "from 0 to 8" in plot.alt(figure)  # the mean of (w − 2)² x² + (b − 1)², at most 4 + 4
    assert model.weight.item() == 2 and model.bias.item() == 1


def network():
    ag.manual_seed(0)
    model = nn.MLP([2, 3, 1], activation="tanh", dtype="float64")
    x, y = ag.tensor(XOR[0]), ag.tensor(XOR[1][:, None].astype(float))
    return model, lambda: F.mse_loss(model(x), y)


def flat(model):
    return nn.utils.parameters_to_vector(model.parameters()).detach().numpy().copy()


def test_loss_surface_along_the_principal_components_of_a_path():
    model, loss = network()
    optimizer = optim.SGD(model.parameters(), lr=0.5)
    path = [flat(model)]
    for _ in range(30):
        optimizer.zero_grad()
        loss().backward()
        optimizer.step()
        path.append(flat(model))
    path = np.array(path)
    before = flat(model)
    figure = plot.loss_surface(loss, model, paths=path, resolution=7)
    np.testing.assert_array_equal(flat(model), before)
    differences = path - path[-1]
    values, vectors = np.linalg.eigh(differences.T @ differences)
    drawn = figure.axes[0].lines[0].get_xydata()
    np.testing.assert_allclose(np.abs(drawn), np.abs(differences @ vectors[:, ::-1][:, :2]), atol=1e-8)
    assert figure.axes[0].get_xlabel() == f"first component, {values[-1] / values.sum():.0%} of the path"
    np.testing.assert_allclose(drawn[-1], 0, atol=1e-12)


def test_random_directions_have_filters_as_long_as_the_networks():
    model, loss = network()
    from nn.plot.surface import random_direction

    ag.manual_seed(3)
    direction = random_direction(model, None)
    start = 0
    for p in model.parameters():
        part = direction[start : start + p.numel()].reshape(p.shape)
        start += p.numel()
        if p.ndim == 1:
            assert not part.any()
        else:
            np.testing.assert_allclose(np.linalg.norm(part, axis=1), np.linalg.norm(p.detach().numpy(), axis=1))
    texts = []
    for _ in range(2):
        ag.manual_seed(5)
        texts.append(plot.alt(plot.loss_surface(loss, model, resolution=5)))
    ag.manual_seed(6)
    assert texts[0] == texts[1] != plot.alt(plot.loss_surface(loss, model, resolution=5))


def test_two_directions_of_ones_own():
    model, loss = network()
    theta = flat(model)
    first, second = np.eye(len(theta))[:2] * [[1.0], [2.0]]
    path = theta + np.array([[0.0, 0.0], [0.5, -0.25]]) @ np.stack([first, second])
    figure = plot.loss_surface(loss, model, directions=(first, second), paths=path, resolution=3, limits=LIMITS)
    np.testing.assert_allclose(figure.axes[0].lines[0].get_xydata(), [[0, 0], [0.5, -0.25]], atol=1e-12)


def test_losses_that_are_not_finite_are_gaps():
    figure = plot.loss_surface(lambda a, b: np.inf if a < 0 else a + 1, limits=((-1, 1), (0, 1)), resolution=5)
    assert "from 1 to 2" in plot.alt(figure)
    assert min(path.vertices[:, 0].min() for path in filled(figure.axes[0]).get_paths() if len(path.vertices)) >= 0


def test_weights_are_put_back_when_the_loss_fails():
    model, _ = network()
    before = flat(model)

    def loss():
        raise RuntimeError("no data")

    with pytest.raises(RuntimeError, match="no data"):
        plot.loss_surface(loss, model)
    np.testing.assert_array_equal(flat(model), before)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, r"pass limits=\(\(a0, a1\), \(b0, b1\)\) of the two weights, or paths"),
        ({"loss": 3.0}, TypeError, r"loss must be a function, got float; pass lambda: F.mse_loss\(model\(x\), y\)"),
        ({"paths": {"a": [[1.0, 2.0, 3.0]]}}, ValueError, "path 'a' has 3 weights at each step, the loss 2"),
        ({"paths": [1.0, 2.0]}, ValueError, r"the path must have shape \(steps, weights\), got \(2,\)"),
        ({"limits": ((0, 0), (0, 1))}, ValueError, "with a0 < a1 and b0 < b1"),
        ({"limits": LIMITS, "directions": "pca"}, ValueError, "directions are those of a model's weights"),
        ({"limits": LIMITS, "loss": lambda a, b: np.nan}, ValueError, "no loss there is finite; pass smaller limits"),
        ({"limits": LIMITS, "loss": lambda a, b: a, "log": True}, ValueError, "the least loss is -2, not positive"),
        ({"model": nn.MLP([2, 2, 1]), "directions": "pca"}, ValueError, "'pca' are those of paths; pass paths="),
        ({"model": nn.MLP([2, 2, 1]), "directions": "up"}, ValueError, "'random', 'pca' or two vectors, got 'up'"),
        ({"model": nn.MLP([2, 2, 1]), "directions": (np.ones(9), np.ones(9))}, ValueError, "span no plane"),
        ({"model": nn.MLP([2, 2, 1]), "directions": (np.ones(3), np.ones(3))}, ValueError, "two vectors of 9 weights"),
        ({"model": nn.MLP([2, 2, 1]), "paths": np.zeros((3, 4))}, ValueError, "has 4 weights at each step, the loss 9"),
        ({"model": nn.ReLU()}, ValueError, "at least two weights, this one has 0"),
        ({"limits": LIMITS, "resolution": 1}, ValueError, "resolution must be from 2 to 500, got 1"),
    ],
)  # fmt: skip
def test_loss_surface_refuses(arguments, error, message):
    loss = (lambda: 1.0) if "model" in arguments else (lambda a, b: a * a + b * b)
    with pytest.raises(error, match=message):
        plot.loss_surface(**({"loss": loss} | arguments))


# ---------------------------------------------------------------------------------------------------------- statistics


def test_histograms_of_weights():
    model = nn.Sequential(nn.Linear(30, 20), nn.ReLU(), nn.Linear(20, 2))
    figure = plot.histograms(model, bins=5)
    for ax, layer, path in zip(figure.axes, (model[0], model[2]), ("0.weight", "2.weight"), strict=True):
        w = layer.weight.detach().numpy().astype(np.float64)
        heights, edges = np.histogram(w, 5, density=True)
        data = ax.patches[0].get_data()
        np.testing.assert_allclose(data.values, heights)
        np.testing.assert_allclose(data.edges, edges)
        assert ax.get_title() == f"{path}\nmean {w.mean():.2g}, σ {w.std():.2g}"
    assert len(plot.histograms(model, biases=True).axes) == 4
    assert figure.axes[0].get_xlabel() == "weight" and figure.get_suptitle() == "weights"


def test_histograms_of_activations_and_gradients():
    model = nn.Sequential(linear([[1.0], [-1.0]], [0.0, 0.0]), nn.ReLU(), linear([[1.0, 1.0]], [0.0]))
    x = ag.tensor(np.array([[1.0], [2.0], [-3.0]]))
    figure = plot.histograms(model, "activations", x)
    assert [ax.get_title().split("\n")[0] for ax in figure.axes] == ["0", "1", "2"]
    assert figure.axes[1].get_title() == "1\nmean 1, σ 1.2, 50% zero" and "zero" not in figure.axes[0].get_title()
    with pytest.raises(ValueError, match=r"no parameter has a gradient; call loss.backward\(\) first"):
        plot.histograms(model, "gradients")
    model(x).sum().backward()
    gradients = plot.histograms(model, "gradients")
    assert gradients.axes[0].get_title() == "0.weight\nmean 0, σ 3"  # 3 and −3
    recorded = plot.histograms({"epoch 1": [1.0, np.nan, 2.0], "epoch 2": [np.inf]})
    assert recorded.axes[0].get_title() == "epoch 1\nmean 1.5, σ 0.5\n1 not finite"
    assert recorded.axes[1].get_title() == "epoch 2\n1 not finite"


def test_histograms_refuse():
    with pytest.raises(ValueError, match="kind is one of weights, activations, gradients, got 'bias'"):
        plot.histograms(nn.Linear(1, 1), "bias")
    with pytest.raises(ValueError, match="activations are those of examples; pass x"):
        plot.histograms(nn.Linear(1, 1), "activations")
    with pytest.raises(TypeError, match="needs an nn.Module or name → numbers, got int"):
        plot.histograms(3)
    with pytest.raises(ValueError, match="nothing to draw; the model has no such layers"):
        plot.histograms(nn.ReLU())
    with pytest.raises(ValueError, match="33 layers are more than a figure holds, 32; pass a part of the model"):
        plot.histograms({str(i): [1.0] for i in range(33)})


def test_gradient_flow():
    models = {"a": nn.MLP([2, 4, 1], activation="tanh"), "b": nn.MLP([2, 4, 1], activation="sigmoid")}
    for model in models.values():
        model(ag.ones(3, 2)).sum().backward()
    ax = plot.gradient_flow(models).axes[0]
    for line, (name, model) in zip(ax.lines, models.items(), strict=True):
        means = [np.abs(p.grad.numpy()).mean() for p in model.parameters() if p.ndim > 1]
        np.testing.assert_allclose(line.get_ydata(), means, rtol=1e-6)
        assert line.get_label() == name
    assert ax.get_yscale() == "log" and [t.get_text() for t in ax.get_xticklabels()] == ["0.weight", "2.weight"]


def test_gradient_flow_names_layers_without_gradient():
    model = nn.MLP([2, 4, 4, 1], activation="tanh")
    model(ag.ones(3, 2)).sum().backward()
    model[0].weight.grad = None
    model[2].weight.grad.zero_()
    ax = plot.gradient_flow(model).axes[0]
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0.weight (none)", "2.weight (0)", "4.weight"]
    assert np.isnan(ax.lines[0].get_ydata()).tolist() == [True, True, False]
    model[4].weight.grad.zero_()
    with pytest.raises(ValueError, match="every gradient is 0 or not finite"):
        plot.gradient_flow(model)
    with pytest.raises(ValueError, match=r"no parameter of 'x' has a gradient; call loss.backward\(\) first"):
        plot.gradient_flow({"x": nn.Linear(2, 2)})
    with pytest.raises(TypeError, match="needs an nn.Module, got int"):
        plot.gradient_flow(3)


# ----------------------------------------------------------------------------------------------------------- sequences


def test_hidden_states():
    h = np.random.default_rng(0).normal(size=(5, 1, 3))
    ax, bar = plot.hidden_states(ag.tensor(h), list("he lo")).axes
    np.testing.assert_allclose(ax.images[0].get_array(), h[:, 0].T)
    largest = np.abs(h).max()
    assert ax.images[0].get_clim() == (-largest, largest) and bar.get_ylabel() == "hidden state"
    assert [t.get_text() for t in ax.get_xticklabels()] == ["h", "e", "␣", "l", "o"]
    with pytest.raises(ValueError, match="5 steps but 3 names; give one for each"):
        plot.hidden_states(h, list("abc"))
    with pytest.raises(ValueError, match=r"must be of one sequence, .* got shape \(5, 2, 3\); take states\[:, 0\]"):
        plot.hidden_states(np.zeros((5, 2, 3)))


@pytest.mark.parametrize("kind", ["LSTM", "peepholes", "projection", "GRU", "second layer"])
def test_gates_lead_to_the_layers_own_states(kind):
    ag.manual_seed(1)
    layer = {
        "LSTM": lambda: nn.LSTM(3, 4),
        "peepholes": lambda: nn.LSTM(3, 4, peepholes=True),
        "projection": lambda: nn.LSTM(3, 4, proj_size=2),
        "GRU": lambda: nn.GRU(3, 4),
        "second layer": lambda: nn.LSTM(3, 4, num_layers=2),
    }[kind]()
    x = ag.randn(6, 3)
    figure = plot.gates(layer, x, index=int(kind == "second layer"))
    shown = {ax.get_title(): np.asarray(ax.images[0].get_array()).T for ax in figure.axes if ax.get_title()}
    output, last = layer(x)
    np.testing.assert_allclose(shown["hidden state"], output.detach().numpy(), atol=1e-6)
    if kind != "GRU":
        np.testing.assert_allclose(shown["cell state"][-1], last[1].detach().numpy()[-1], atol=1e-6)
        i, f, g, c = (shown[name] for name in ("input gate", "forget gate", "candidate", "cell state"))
        np.testing.assert_allclose(c[1:], f[1:] * c[:-1] + i[1:] * g[1:], atol=1e-6)
    else:
        z, n, h = (shown[name] for name in ("update gate", "candidate", "hidden state"))
        np.testing.assert_allclose(h[1:], (1 - z[1:]) * n[1:] + z[1:] * h[:-1], atol=1e-6)
    limits = {ax.get_title(): ax.images[0].get_clim() for ax in figure.axes if ax.get_title()}
    assert all(limits[name] == (0, 1) for name in limits if "gate" in name)


def test_gates_refuse():
    with pytest.raises(TypeError, match="needs an nn.LSTM, an nn.GRU or name → values, got RNN_TANH"):
        plot.gates(nn.RNN(2, 2), np.zeros((3, 2)))
    with pytest.raises(ValueError, match="they are those of a sequence; pass x"):
        plot.gates(nn.LSTM(2, 2))
    with pytest.raises(ValueError, match=r"x must be one sequence \(T, 2\), got shape \(3, 4, 2\)"):
        plot.gates(nn.LSTM(2, 2), np.zeros((3, 4, 2)))
    with pytest.raises(ValueError, match="layer 1 is out of range, there are 1"):
        plot.gates(nn.LSTM(2, 2), np.zeros((3, 2)), index=1)
    with pytest.raises(ValueError, match="the numbers of steps differ: a 2, b 3"):
        plot.gates({"a": np.zeros((2, 1)), "b": np.zeros((3, 1))})


def test_attention():
    w = np.random.default_rng(0).dirichlet(np.ones(3), (2, 4))
    figure = plot.attention(w, list("abcd"), ["x", "yes", "z"])
    first, second, bar = figure.axes
    np.testing.assert_array_equal(second.images[0].get_array(), w[1])
    assert first.images[0].get_clim() == second.images[0].get_clim() == (0, w.max()) and bar.get_ylabel() == "weight"
    assert [t.get_text() for t in first.get_yticklabels()] == list("abcd")
    assert [t.get_text() for t in first.get_xticklabels()] == ["x", "yes", "z"] and second.get_title() == "head 1"
    assert len(plot.attention(w[:1][None]).axes) == 2
    with pytest.raises(ValueError, match=r"weights must be \(L, S\) or \(heads, L, S\), got shape \(3,\)"):
        plot.attention(w[0, 0])
    with pytest.raises(ValueError, match="weights are not negative, got -1; take the softmax of scores"):
        plot.attention([[1.0, -1.0]])
    with pytest.raises(ValueError, match="4 queries but 2 names"):
        plot.attention(w, ["a", "b"])


def test_lines_and_circles_are_drawn_to_scale(caplog):
    x, y = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 1.0]]), [0, 0, 1]
    path = plot.perceptron_path(nn.Perceptron(2).fit(x, y, history=True), x, y)
    circles = plot.rbf_centers(nn.RBF(2, 3), x, y)
    for figure in (path, circles):
        figure._repr_png_()
        assert figure.axes[0].get_aspect() == 1
        (x0, x1), (y0, y1) = figure.axes[0].get_xlim(), figure.axes[0].get_ylim()
        assert x0 < 0 and x1 > 4 and y0 < 0 and y1 > 1
    assert not caplog.records  # matplotlib logs what it does to limits that it cannot keep
