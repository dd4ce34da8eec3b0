"""What notebooks show of tensors, modules, histories and datasets: HTML that is whole, escaped, cheap, and changes nothing."""

import base64
import io
import math
import random
import re
import tracemalloc
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

import autograd_core as ag
import nn
import optim
from autograd_core.inspection.markup import flag, number, page, table
from nn.data import ConcatDataset, DataLoader, Dataset, IterableDataset, Subset, TensorDataset
from nn.data.dataset_view import png
from nn.data.datasets import mnist_sample

VOID = {"img", "line", "polyline", "circle", "rect"}


class Page(HTMLParser):
    """The elements of a page, its text without the style, and a check that every element is closed in order."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.open, self.tags, self.attributes, self.words, self.cells = [], [], [], [], []
        self.feed(source)
        self.close()
        assert not self.open, self.open
        self.text = "".join(self.words)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.words.append(data)
        if {"td", "th"} & set(self.open):
            self.cells[-1] += data


def shown(x):
    source = x._repr_html_()
    found = Page(source)
    assert not set(found.tags) & {"script", "link", "iframe"}
    assert not re.search(r"(src|href)=\"(?!data:)", source) and "url(" not in source  # nothing is loaded
    return found


# ------------------------------------------------------------------------------------------------------------- tensors


def test_a_tensor():
    found = shown(ag.tensor([[1.0, -2.5], [3.0, 4.0]]))
    assert found.text.startswith("Tensor · (2, 2) · float32 · 4 elements, 16 Bfrom -2.5 to 4")
    assert found.cells == ["", "0", "1", "0", "1", "-2.5", "1", "3", "4"]
    assert "grad" not in found.text and "ag-flag" not in page(found.text).partition("</style>")[2]


def test_where_a_gradient_comes_from():
    x = ag.ones(2, requires_grad=True)
    assert "requires_grad=True" in shown(x).text
    assert "grad_fn=<mul>" in shown(x * 2).text and "<mul>" not in (x * 2)._repr_html_()
    assert shown(nn.Parameter(ag.ones(1))).text.startswith("Parameter · (1,)")


def test_what_is_not_finite_is_counted_and_marked():
    x = np.ones((300, 300), np.float32)
    x[0, 1], x[7, ::2], x[299, 299] = np.inf, np.nan, -np.inf
    x[5, 5], x[6, 6] = -3, 8
    for array in (x, x.T, x[::-1], np.asfortranarray(x)):
        found = ag.from_numpy(array)._repr_html_()
        assert '<span class="ag-flag">150 NaN</span>' in found and '<span class="ag-flag">2 infinite</span>' in found
        assert "from -3 to 8" in Page(found).text
    assert '<span class="ag-flag">inf</span>' in ag.from_numpy(x)._repr_html_()
    only = shown(ag.tensor([math.nan, math.nan])).text
    assert "2 NaN" in only and "from" not in only
    assert "1 NaN, 1 infinite" in shown(ag.tensor([complex(math.nan, 1), complex(1, math.inf), 1j])).text


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (lambda: ag.tensor([True, False, True]), "2 True, 1 False"),
        (lambda: ag.tensor([3, -4]), "from -4 to 3"),
        (lambda: ag.zeros(0, 3), "no elements"),
        (lambda: ag.tensor(2.5), "1 element, 4 B2.5"),
        (lambda: ag.zeros(2, 3, 4, 5), "[0, 0, :, :]"),
        (lambda: ag.tensor([1e-10, 12345678.0]), "from 1e-10 to 1.235e+07"),
        (lambda: ag.from_numpy(np.arange(6.0)[::-2]), "from 1 to 5"),
    ],
)
def test_tensors_of_many_kinds(x, text):
    assert text in shown(x()).text


def test_a_large_table_has_its_edges():
    x = ag.from_numpy(np.arange(10_000).reshape(100, 100))
    found = shown(x)
    assert len(found.cells) == 11 * 11
    assert found.cells[:11] == ["", "0", "1", "2", "3", "4", "5", "…", "97", "98", "99"]
    assert found.cells[-1] == "9999" and found.cells[12] == "0" and found.cells.count("…") == 21
    whole = shown(ag.from_numpy(np.arange(100).reshape(10, 10)))  # one left out would take as much room as is saved
    assert "…" not in whole.cells and len(whole.cells) == 121


@pytest.mark.parametrize("last", [1.0, math.nan])
def test_a_huge_tensor_is_not_copied(last):
    x = np.zeros(10**7, np.float32)
    x[-1] = last
    t = ag.from_numpy(x.reshape(10, 1000, 1000))
    t._repr_html_()  # imports
    tracemalloc.start()
    try:
        source = t._repr_html_()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 2e6 and len(source) < 20_000  # the tensor has 40 MB, a mask of it 10


def test_few_elements_are_looked_at(monkeypatch):
    """Beyond the range: only those that stand in the table become text."""
    from autograd_core.inspection import tensor_view

    seen = []
    monkeypatch.setattr(tensor_view, "number", lambda value: seen.append(value) or number(value))
    ag.from_numpy(np.zeros((1000, 10_000), np.int8))._repr_html_()
    assert len(seen) == 2 + 81


def test_a_tensor_beyond_the_limit_is_not_read():
    endless = ag.from_numpy(np.broadcast_to(np.float32(1), (10**7, 10**7)))  # no memory, and hours to read
    assert "range not computed: more than 100,000,000 elements" in shown(endless).text


def test_the_graph_is_left_alone():
    x = ag.tensor([1.0, 2.0], requires_grad=True)
    y = (x * x).sum()
    y._repr_html_(), x._repr_html_()
    y.backward()
    assert x.grad.tolist() == [2.0, 4.0]


def test_ipython_takes_the_html_and_the_text():
    formatters = pytest.importorskip("IPython.core.formatters")
    data, _ = formatters.DisplayFormatter().format(ag.ones(2))
    assert set(data) == {"text/html", "text/plain"} and data["text/plain"].startswith("tensor(")


# ------------------------------------------------------------------------------------------------------------- modules


class Named(nn.Module):
    def __init__(self):
        super().__init__()
        self.add_module("<b>x", nn.Linear(3, 2))
        self.register_parameter("a&b", nn.Parameter(ag.zeros(4), requires_grad=False))
        self.register_buffer("mean", ag.zeros(5))

    def extra_repr(self):
        return "<script>alert(1)</script>"


def test_a_module():
    found = shown(nn.Sequential(nn.Linear(3, 2), nn.ReLU()).eval())
    assert found.text.startswith("Sequential · 8 parameters · eval0: Linear (in_features=3, out_features=2")
    assert "weight (2, 3) float32, 6" in found.text and "1: ReLU" in found.text
    assert found.tags.count("details") == 2 and found.tags.count("summary") == 2
    assert "open" in found.attributes[found.tags.index("details")][1]


def test_names_of_modules_are_escaped():
    module = Named()
    found = shown(module)
    assert "<b>x: Linear" in found.text and "a&b (4,)" in found.text and "<script>alert(1)</script>" in found.text
    assert (
        "12 parameters (4 frozen)" in found.text
        and "frozen" in found.text
        and "mean (5,) float32, 5 · buffer" in found.text
    )


def test_shared_lazy_and_many_modules():
    one = nn.Linear(2, 2)
    shared = shown(nn.Sequential(one, one, nn.LazyLinear(3)))
    assert "1: Linear the same as 0" in shared.text and "6 parameters · 2 without a shape yet" in shared.text
    tied = nn.Sequential(nn.Linear(2, 2), nn.Linear(2, 2))
    tied[1].weight = tied[0].weight
    assert "the same as 0.weight" in shown(tied).text
    many = nn.Sequential(*(nn.ReLU() for _ in range(1000)))
    assert "… and 601 more" not in shown(many).text and "… and 601 modules more" in shown(many).text
    assert nn.LazyLinear(3).weight._repr_html_ is None  # no values: a notebook takes the text


# ------------------------------------------------------------------------------------------------------------- history


def history(n, **more):
    h = optim.History()
    for e in range(n):
        h.epochs.append({"train_loss": 2.0 / (e + 1), "validation_loss": 2.5 / (e + 1), "train_accuracy": 0.5} | more)
    return h


def polylines(found):
    return [attributes["points"].split() for tag, attributes in found.attributes if tag == "polyline"]


def test_a_history():
    h = history(5, seconds=1.5)
    h.best_epoch, h.stopped, h.interrupted = 3, "no <better> loss", True
    found = shown(h)
    assert found.text.startswith("History · 5 epochs · best epoch 3 · interrupted · stopped: no <better> loss")
    assert found.tags.count("svg") == 2 and [len(line) for line in polylines(found)] == [5, 5, 5]
    assert found.cells[:6] == ["epoch", "train_loss", "validation_loss", "train_accuracy", "seconds", "1"]
    assert "3 best" in found.cells and found.tags.count("tr") == 6


def test_the_curve_goes_where_the_numbers_are():
    h = optim.History()
    h.epochs += [{"train_loss": v} for v in (4.0, 2.0, 3.0)]
    (line,) = polylines(shown(h))
    xs, ys = zip(*(map(float, point.split(",")) for point in line), strict=True)
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)
    assert ys[0] < ys[2] < ys[1]  # SVG counts from the top
    assert (ys[1] - ys[2]) == pytest.approx((ys[1] - ys[0]) / 2, abs=0.2)


def test_what_is_not_finite_interrupts_the_curve():
    h = history(6)
    h.epochs[3] = {"train_loss": math.nan, "validation_loss": math.inf}
    found = shown(h)
    assert [len(line) for line in polylines(found)] == [3, 2, 3, 2, 3, 2]
    assert "nan" in found.cells and "inf" in found.cells
    h = optim.History()
    h.epochs.append({"train_loss": math.nan})
    assert "no finite value" in shown(h).text and "svg" not in shown(h).tags


def test_short_long_and_steep_histories():
    assert shown(optim.History()).text == "History · 0 epochs"
    assert shown(history(1)).tags.count("circle") == 3
    long = history(5000)
    long.epochs[1234]["train_loss"] = 50.0  # an extreme is not thinned away
    long.best_epoch = 2000
    found = shown(long)
    first = polylines(found)[0]
    assert len(first) <= 302 and found.tags.count("tr") == 1 + 3 + 1 + 1 + 1 + 7
    assert min(float(point.split(",")[1]) for point in first) == 26.0
    assert "logarithmic axis" in found.text and "2000 best" in found.cells
    flat = optim.History()
    flat.epochs += [{"train_loss": 0.0}, {"train_loss": 0.0}]
    assert len(polylines(shown(flat))) == 1


def test_names_of_metrics_are_escaped():
    h = optim.History()
    h.epochs.append({"train_<i>f1</i>": 1.0})
    found = shown(h)
    assert "i" not in found.tags and "train_<i>f1</i>" in found.cells


# ------------------------------------------------------------------------------------------------------------ datasets


class Squares(Dataset):
    def __getitem__(self, index):
        random.random(), np.random.rand(), ag.rand(1)
        return {"n<": index, "square": index**2, "text": "<b>"}

    def __len__(self):
        return 10


def test_a_dataset_of_tensors():
    data = TensorDataset(np.arange(40.0, dtype=np.float32).reshape(20, 2), np.arange(20))
    found = shown(data)
    assert found.text.startswith("TensorDataset · 20 samplesa sample: x (2,) float32, y () int64")
    assert found.cells[:6] == ["", "x", "y", "0", "0, 1", "0"] and found.cells[-3:] == ["…", "…", "…"]
    assert "TensorDataset · 20 samples" in shown(DataLoader(data, batch_size=8, shuffle=True)).text
    assert shown(DataLoader(data, batch_size=8)).text.startswith(
        "DataLoader · 3 batches · batch_size=8 · SequentialSampler"
    )
    assert shown(Subset(data, [7, 3])).cells[3:6] == ["0", "14, 15", "7"]
    assert shown(ConcatDataset([data, data])).text.startswith("ConcatDataset · 40 samples")


def test_the_transform_of_tensors_is_not_run():
    def transform(x):
        raise AssertionError

    data = TensorDataset(np.ones((3, 2)), transform=transform)
    for d in (data, Subset(data, [0, 1])):
        assert "1, 1" in shown(d).cells
    assert "shown without its transform" in shown(data).text


def test_samples_that_are_computed():
    before = random.getstate(), np.random.get_state()[2], ag.get_rng_state()
    found = shown(Squares())
    assert (random.getstate(), np.random.get_state()[2], ag.get_rng_state()) == before
    assert found.cells[:4] == ["", "n<", "square", "text"] and found.cells[-8:-4] == ["4", "4", "16", "'<b>'"]

    class Broken(Squares):
        def __getitem__(self, index):
            raise OSError("no disk")

    assert "the first sample raises OSError" in shown(Broken()).text
    assert shown(TensorDataset(np.zeros((0, 2)))).text == "TensorDataset · 0 samples"


def test_a_stream_is_not_started():
    class Stream(IterableDataset):
        def __iter__(self):
            raise AssertionError

    assert shown(Stream()).text == "Stream · no length"
    assert shown(DataLoader(Stream(), 4)).text == "DataLoader · batch_size=4Stream · no length"


def pixels_of(data):
    """The bytes of a PNG without filters, by its own description."""
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    chunks, at = {}, 8
    while at < len(data):
        size = int.from_bytes(data[at : at + 4], "big")
        kind, content = data[at + 4 : at + 8], data[at + 8 : at + 8 + size]
        assert zlib.crc32(kind + content) == int.from_bytes(data[at + 8 + size : at + 12 + size], "big")
        chunks[kind], at = content, at + 12 + size
    width, height = (int.from_bytes(chunks[b"IHDR"][i : i + 4], "big") for i in (0, 4))
    rows = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8).reshape(height, -1)
    assert not rows[:, 0].any()
    return rows[:, 1:].reshape(height, width, *([3] if chunks[b"IHDR"][9] == 2 else []))


def pictures(found):
    sources = [attributes["src"] for tag, attributes in found.attributes if tag == "img"]
    return [base64.b64decode(source.removeprefix("data:image/png;base64,")) for source in sources]


def test_images_are_pictures():
    test = mnist_sample(train=False)
    found = shown(test)
    assert len(pictures(found)) == 12 and found.tags.count("figcaption") == 12 and "10 classes" in found.text
    for data, (image, _) in zip(pictures(found), test, strict=False):
        np.testing.assert_array_equal(pixels_of(data), np.round(image.numpy()[0] * 255))
    colours = (np.random.default_rng(0).random((4, 3, 9, 12)) * 255).astype(np.uint8)
    (first, *_) = pictures(shown(TensorDataset(colours, np.arange(4))))
    np.testing.assert_array_equal(pixels_of(first), np.moveaxis(colours[0], 0, -1))


def test_large_and_odd_images():
    large = TensorDataset(np.zeros((2, 1, 1000, 500), np.float32))
    assert pixels_of(pictures(shown(large))[0]).shape == (63, 32)
    odd = np.linspace(-2, 3, 100, dtype=np.float32).reshape(1, 1, 10, 10)
    odd[0, 0, 0, 0] = np.nan
    (data,) = pictures(shown(TensorDataset(odd)))
    assert pixels_of(data).min() == 0 and pixels_of(data)[-1, -1] == 255
    assert not pictures(shown(TensorDataset(np.zeros((2, 1, 3, 3)))))  # too small to be images


def test_png_is_read_by_others():
    image = pytest.importorskip("PIL.Image")
    pixels = np.arange(60, dtype=np.uint8).reshape(4, 5, 3)
    np.testing.assert_array_equal(np.asarray(image.open(io.BytesIO(png(pixels)))), pixels)


# -------------------------------------------------------------------------------------------------------------- pieces


def test_numbers_and_tables():
    assert [number(v) for v in (1, True, 0.123456, 1 + 2j)] == ["1", "True", "0.1235", "1+2j"]
    assert number(math.inf) == '<span class="ag-flag">inf</span>'
    assert Page(flag("<i>")).text == "<i>"
    found = Page(table(["a", "b"], [["1", "2"]]))
    assert found.tags == ["table", "thead", "tr", "th", "th", "tbody", "tr", "th", "td"]
