"""The site of the course: the network of the play page against the library, and that nothing is left out of its pages."""

import json
import re
import runpy
import shutil
import subprocess
import sys
from html import escape
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import numpy as np
import pytest

import autograd_core as ag
import nn
import nn.functional as F
import optim
from notebooks.site.assemble import Lesson, assemble, course, lesson, links, page_data
from notebooks.site.reference import body, methods, page
from notebooks.source import lessons
from tests.public import MODULES, public

SITE = Path(__file__).parent.parent / "notebooks" / "site"
ACTIVATIONS = ("tanh", "relu", "sigmoid", "leaky_relu", "elu", "softplus", "silu", "identity")
PENALTIES = ("none", "l1", "l2")
STEPS, BATCH, RATE, STRENGTH = 20, 7, 0.05, 0.01

# Reads cases from its input and writes, for each, the gradients of the first batch, the losses and the last network.
PROGRAM = """
const Play = require(process.argv[1]);
const answers = JSON.parse(require("fs").readFileSync(0, "utf8")).map(({ network, batches, settings }) => {
  const [inputs, targets] = batches[0];
  const gradients = Play.backward(network, Play.forward(network, inputs, settings.activation), targets, settings);
  const losses = [];
  for (const [x, t] of batches) {
    const next = Play.step(network, x, t, settings);
    network = next.network;
    losses.push(next.loss);
  }
  return { gradients, losses, network };
});
console.log(JSON.stringify({ answers, names: [Object.keys(Play.ACTIVATIONS), Object.keys(Play.PENALTIES)] }));
"""


def node(program, data=None, *arguments):
    """What a program writes under node, as JSON."""
    executable = shutil.which("node")
    if executable is None:
        pytest.skip("node is not installed: the play page's numbers are compared where it is")
    result = subprocess.run(
        [executable, "-e", program, *map(str, arguments)],
        input=json.dumps(data),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def loss_of(layers, x, t, activation, penalty):
    """The page's loss in the library's operations."""
    for layer in layers[:-1]:
        x = layer(x) if activation == "identity" else getattr(F, activation)(layer(x))
    loss = F.binary_cross_entropy_with_logits(layers[-1](x)[:, 0], t)
    weights = [layer.weight for layer in layers]
    if penalty == "l1":
        loss = loss + STRENGTH * sum(w.abs().sum() for w in weights)
    if penalty == "l2":
        loss = loss + STRENGTH * sum((w * w).sum() for w in weights) / 2
    return loss


def arrays(layers, part="data"):
    def of(parameter):
        return (parameter.grad if part == "grad" else parameter).detach().numpy().tolist()

    return [{"weight": of(layer.weight), "bias": of(layer.bias)} for layer in layers]


def largest_difference(network, other):
    return max(
        np.abs(np.array(a[k]) - np.array(b[k])).max()
        for a, b in zip(network, other, strict=True)
        for k in ("weight", "bias")
    )


def test_play_page_has_the_library_s_numbers():
    rng = np.random.default_rng(0)
    cases, expected = [], []
    for activation in ACTIVATIONS:
        for penalty in PENALTIES:
            layers = [nn.Linear(m, n, dtype=ag.float64) for m, n in ((3, 5), (5, 4), (4, 1))]
            for layer in layers:  # large enough that the sums reach both ends of each activation
                for parameter in (layer.weight, layer.bias):
                    parameter.data[...] = rng.normal(size=parameter.shape) * 2
            batches = [(rng.normal(size=(BATCH, 3)), rng.integers(0, 2, BATCH).astype(float)) for _ in range(STEPS)]
            settings = {"activation": activation, "penalty": penalty, "strength": STRENGTH, "rate": RATE}
            cases.append(
                {
                    "network": arrays(layers),
                    "batches": [[x.tolist(), t.tolist()] for x, t in batches],
                    "settings": settings,
                }
            )
            sgd = optim.SGD([p for layer in layers for p in layer.parameters()], lr=RATE)
            losses, gradients = [], None
            for x, t in batches:
                sgd.zero_grad()
                loss = loss_of(layers, ag.tensor(x), ag.tensor(t), activation, penalty)
                loss.backward()
                gradients = gradients or arrays(layers, "grad")
                sgd.step()
                losses.append(loss.item())
            expected.append((gradients, losses, arrays(layers)))
    output = node(PROGRAM, cases, SITE / "play.js")
    assert [tuple(names) for names in output["names"]] == [
        ACTIVATIONS,
        PENALTIES,
    ]  # every choice of the page is compared
    for case, answer, (gradients, losses, network) in zip(cases, output["answers"], expected, strict=True):
        assert largest_difference(answer["gradients"], gradients) < 1e-10, case["settings"]
        assert np.abs(np.array(answer["losses"]) - losses).max() < 1e-10, case["settings"]
        assert largest_difference(answer["network"], network) < 1e-10, case["settings"]


def test_play_data_are_seeded_and_of_both_classes():
    program = """
    const Play = require(process.argv[1]);
    const sets = Object.keys(Play.DATA).map((name) => [name, Play.dataset(name, 300, 0, 1), Play.dataset(name, 300, 0, 1)]);
    console.log(JSON.stringify(sets));
    """
    sets = node(program, None, SITE / "play.js")
    assert {name for name, *_ in sets} == {"moons", "circles", "xor", "spirals", "blobs"}
    for name, one, again in sets:
        assert one == again, name
        assert 100 < sum(one["targets"]) < 200, name
        assert np.abs(one["points"]).max() < 1.2, name  # what the page shows


def test_play_page_needs_no_network():
    for file in SITE.glob("play*.*"):
        assert "http" not in file.read_text(encoding="utf-8").lower(), file.name


def test_settings_of_sphinx_are_read():
    settings = runpy.run_path(str(SITE / "conf.py"))
    assert settings["nb_execution_mode"] == "off"
    assert settings["extensions"][0] == "myst_nb"


def test_every_lesson_and_guide_is_listed():
    read = [Lesson(path.stem, path.stem, "", "", []) for path in lessons()]
    page = course(read)
    for path in lessons():
        assert f"\nlessons/{path.stem}\n" in page
    listed = toctree((SITE / "howto" / "index.md").read_text(encoding="utf-8"))
    assert listed == {path.stem for path in (SITE / "howto").glob("*.md")} - {"index"}
    assert {"course", "howto/index", "playground", "gallery", "api/index"} == toctree(
        (SITE / "index.md").read_text(encoding="utf-8")
    )


def toctree(text):
    return {
        line
        for block in re.findall(r"```\{toctree\}\n(.*?)```", text, re.S)
        for line in block.split()
        if ":" not in line
    }


@pytest.mark.parametrize("path", sorted((SITE / "howto").glob("*.md")), ids=lambda path: path.stem)
def test_programs_of_the_guides_run(path):
    names = {"__name__": path.stem}
    for program in re.findall(r"^```python\n(.*?)^```", path.read_text(encoding="utf-8"), re.M | re.S):
        exec(compile(program, path.name, "exec"), names)


def test_pictures_keep_their_texts(tmp_path):
    (tmp_path / "lessons").mkdir()
    (tmp_path / "_static" / "lessons").mkdir(parents=True)
    path = lessons()[0].with_suffix(".ipynb")
    read = lesson(path, tmp_path)
    assert read.title.startswith("0. ")
    assert read.aim
    assert read.minutes
    assert read.pictures
    written = json.loads((tmp_path / "lessons" / path.name).read_text(encoding="utf-8"))
    html = "".join(
        str(o.get("data", {}).get("text/html", "")) for cell in written["cells"] for o in cell.get("outputs", [])
    )
    for picture in read.pictures:
        assert picture.alt
        assert f'alt="{escape(picture.alt)}"' in html
        assert (tmp_path / picture.address).read_bytes().startswith(b"\x89PNG")


def test_what_moves_is_preferred_to_its_picture(tmp_path):
    moving = {"text/html": "<div>moving</div>"}
    assert page_data({"data": {**moving, "image/svg+xml": "<svg/>", "text/plain": ""}}, "01", tmp_path, []) == moving
    assert page_data({"data": {"image/svg+xml": "<svg/>"}}, "01", tmp_path, [])["text/html"].endswith("<svg/></div>")


def test_links_of_a_lesson():
    assert (
        links("see [two](02-two.ipynb) and [it](./10a-three.py)") == "see [two](02-two.ipynb) and [it](10a-three.ipynb)"
    )
    assert links("[play](site/play.html#data=xor)") == '<a href="../play.html#data=xor">play</a>'
    assert links("[rules](../autograd_core/engine/walk.py)") == "rules (`../autograd_core/engine/walk.py`)"


def test_docstrings_become_pages():
    text = body(
        "Compute a_b * c of `x`.\n\nFormula: y = x\n    z = y\nShapes: (*)\n    and more\nRaises: nothing.\n\n>>> 1\n1",
        "",
    )
    assert text.startswith("Compute a\\_b \\* c of")
    assert "**Formula**:\n\n.. code-block:: text\n\n   y = x\n   z = y\n" in text
    assert "**Shapes**: (\\*) and more\n" in text
    assert "**Raises**: nothing.\n" in text
    assert ".. code-block:: pycon\n\n   >>> 1\n   1\n" in text


def test_reference_has_every_public_name():
    text = "".join([page(name) for name in MODULES] + [methods()])
    assert sorted(re.findall(r"^\.\. py:\w+:: ([\w.]+)", text, re.M)) == sorted(public())


@pytest.mark.slow
def test_site_builds_without_a_warning_and_its_links_lead_somewhere(tmp_path):
    for package in ("sphinx", "myst_nb", "pydata_sphinx_theme", "latex2mathml"):
        pytest.importorskip(package, reason=f"{package} is not installed; make site installs it")
    assemble(tmp_path / "source")
    subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "-q", str(tmp_path / "source"), str(tmp_path / "site")], check=True
    )
    assert dead_links(tmp_path / "site") == []


class Links(HTMLParser):
    def __init__(self):
        super().__init__()
        self.links, self.anchors = set(), set()

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.anchors.add(attributes.get("id"))
        self.links |= {attributes[key] for key in ("href", "src") if attributes.get(key)}


def dead_links(folder):
    """The internal links of built pages that lead to no file, or to no anchor in it."""
    read = {}
    for path in set(folder.rglob("*.html")) - set((folder / "_static").rglob("*")):  # there are templates of the theme
        read[path.resolve()] = parser = Links()
        parser.feed(path.read_text(encoding="utf-8"))
    dead = []
    for path, parser in read.items():
        for link in parser.links:
            address, _, anchor = unquote(link.split("?")[0]).partition("#")
            if re.match(r"[a-z]+:|//", link):
                continue
            target = (path.parent / address).resolve() if address else path
            known = read.get(target)
            if not target.exists() or (
                anchor and known and "play.html" not in target.name and anchor not in known.anchors
            ):
                dead.append((path.name, link))
    return dead


def test_a_dead_link_is_found(tmp_path):
    (tmp_path / "a.html").write_text(
        '<a id="x" href="b.html">b</a><a href="#x">x</a><a href="#y">y</a><a href="https://z">z</a>'
    )
    assert sorted(dead_links(tmp_path)) == [("a.html", "#y"), ("a.html", "b.html")]
