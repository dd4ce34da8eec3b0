"""The README's first example does what it says, and its picture is the one the code draws."""

import re
from pathlib import Path

import autograd_core as ag

ROOT = Path(__file__).parent.parent


def example():
    return re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.S).group(1)


def test_the_example_prints_what_it_says(capsys):
    code = example()
    exec(code, {})
    said = re.findall(r"^print\(.*?\)  *# (.*)$", code, re.M)
    assert capsys.readouterr().out.splitlines() == said
    assert len(said) == 3


def test_the_picture_is_up_to_date():
    names: dict = {}
    exec(re.sub(r"^print.*$", "", example(), flags=re.M).replace("loss.backward()", ""), names)
    drawing = ag.draw(names["loss"], values=True, names={n: names[n] for n in "xwby"} | {"loss": names["loss"]})
    assert (ROOT / "notebooks/figures/graph.svg").read_text() == drawing.svg
