"""The reference: for each public module a page in reStructuredText, written from signatures and docstrings.

The modules are those of `tests.public`, so new names and new modules appear by themselves.
"""

from __future__ import annotations

import importlib
import inspect
import re
from pathlib import Path
from typing import Any

from tests.public import MODULES, public

LABEL = re.compile(r"(Formula|Shapes|Dtypes|Raises|Source): ?(.*)")


TENSOR = "autograd_core.Tensor"


def write(target: Path) -> None:
    """Write a page for each module and one for the methods of `Tensor` into the folder `target`."""
    target.mkdir(parents=True)
    names = [*list(MODULES)[:1], TENSOR, *list(MODULES)[1:]]
    for name in names:
        (target / f"{name}.rst").write_text(
            methods() if name == TENSOR else page(name), encoding="utf-8"
        )
    listed = "\n".join(f"   {name}" for name in names)
    text = "Every public function and class, with PyTorch's names and arguments wherever PyTorch has the thing."
    (target / "index.rst").write_text(
        f"{heading('Reference', '=')}{text}\n\n.. toctree::\n\n{listed}\n", encoding="utf-8"
    )


def names_of(module: Any) -> list[str]:
    """The functions and classes of a module, in the order of the alphabet."""
    names = getattr(module, "__all__", None) or [
        name for name in dir(module) if not name.startswith("_")
    ]
    described = {id(value) for value in public().values()}
    return sorted(
        {
            name
            for name in (*names, *getattr(module, "_LAZY", ()))
            if id(getattr(module, name, None)) in described
        }
    )


def page(name: str) -> str:
    """The page of a module: a table of all names, and those that no module before it describes."""
    module = importlib.import_module(name)
    home = {id(value): key for key, value in public().items()}
    rows = [(one, home[id(getattr(module, one))], getattr(module, one)) for one in names_of(module)]
    text = heading(name, "=") + body(inspect.getdoc(module) or "", "")
    own = [(key, thing) for one, key, thing in rows if key == f"{name}.{one}"]
    if rows:
        text += summary(rows)
    return text + details(own)


def methods() -> str:
    rows = [
        (key.removeprefix(f"{TENSOR}."), key, thing)
        for key, thing in public().items()
        if key.startswith(f"{TENSOR}.")
    ]
    rows.sort()
    text = "The methods that are not functions of the package as well: `x.exp()` is `ag.exp(x)`."
    return (
        heading(TENSOR, "=")
        + inline(text)
        + "\n\n"
        + summary(rows)
        + details([(key, thing) for _, key, thing in rows])
    )


def summary(rows: list[tuple[str, str, Any]]) -> str:
    lines = [".. list-table::", "   :widths: 25 75", ""]
    for one, key, thing in rows:
        first = " ".join((inspect.getdoc(thing) or "").strip().split("\n\n")[0].split())
        lines += [f"   * - :py:obj:`{one} <{key}>`", f"     - {inline(first) or '–'}"]
    return heading("Summary", "-") + "\n".join(lines) + "\n\n"


def details(things: list[tuple[str, Any]]) -> str:
    return (
        heading("Details", "-") + "\n".join(entry(key, thing) for key, thing in things)
        if things
        else ""
    )


def heading(text: str, line: str) -> str:
    return f"{text}\n{line * len(text)}\n\n"


def entry(name: str, thing: Any) -> str:
    kind = "class" if inspect.isclass(thing) else "function"
    doc = inspect.getdoc(thing) or ""
    return f".. py:{kind}:: {name}{signature(thing)}\n\n{body(doc, '   ')}\n"


def signature(thing: Any) -> str:
    """The signature as Sphinx can read it; `(…)` where Python has none."""
    try:
        text = str(inspect.signature(thing))
    except (TypeError, ValueError):
        return "(*args, **kwargs)"
    text = re.sub(r"<class '([\w.]+)'>", r"\1", text)
    text = re.sub(
        r"<(?:function|built-in function|object) ([\w.<>]+?)(?: at 0x[0-9a-f]+)?>", r"\1", text
    )
    text = re.sub(r"<[^<>]*>", "...", text)
    text = re.sub(
        r"'([\w.| \[\],]+)'(?=\s*[,)=]|$)",
        lambda m: m[1] if m.start() and text[m.start() - 2 : m.start()] == ": " else m[0],
        text,
    )
    return re.sub(r"-> '([^']*)'", r"-> \1", text)


def inline(text: str) -> str:
    """Text whose stars, underscores and bars are themselves, and whose `code` is code."""
    pieces = re.split(r"(``[^`]+``|`[^`\n]+`)", text)
    out = []
    for piece in pieces:
        if len(piece) > 2 and piece[0] == "`" and piece[-1] == "`" and piece.strip("`").strip():
            out.append(f"\\ ``{piece.strip('`').strip()}``\\ ")
        else:
            out.append(re.sub(r"([\\*_|`])", r"\\\1", piece))
    return "".join(out)


def body(doc: str, indent: str) -> str:
    """A docstring as reStructuredText: paragraphs, labelled parts as fields, examples and what is set in as literal blocks."""
    out: list[str] = []
    for block in re.split(r"\n\s*\n", doc.strip("\n")):
        lines = block.split("\n")
        if lines[0].lstrip().startswith(">>>"):
            out += [".. code-block:: pycon", "", *(f"   {line}" for line in lines), ""]
        elif LABEL.match(lines[0]):
            out += labelled(lines)
        elif all(line.startswith(" ") for line in lines) or any(
            re.search(r"\S {2,}\S", line) for line in lines
        ):
            out += [".. code-block:: text", "", *(f"   {line}" for line in lines), ""]
        else:
            out += paragraph(lines)
    return "\n".join(f"{indent}{line}".rstrip() for line in out) + "\n"


def labelled(lines: list[str]) -> list[str]:
    """The labelled parts: each is a paragraph, but a formula of several lines keeps them."""
    parts: list[tuple[str, list[str]]] = []
    for line in lines:
        begins = LABEL.match(line)
        if begins:
            parts.append((begins[1], [begins[2]]))
        else:
            parts[-1][1].append(line)
    out: list[str] = []
    for label, rest in parts:
        if len(rest) > 1 and (
            label == "Formula" or any(re.search(r"\S {2,}\S", line) for line in rest)
        ):
            first = [rest[0]] if rest[0].strip() else []
            text = [*first, *inspect.cleandoc("\n".join(["", *rest[1:]])).split("\n")]
            out += [
                f"**{label}**:",
                "",
                ".. code-block:: text",
                "",
                *(f"   {line}" for line in text),
                "",
            ]
        else:
            out += [f"**{label}**: {inline(' '.join(line.strip() for line in rest))}", ""]
    return out


def paragraph(lines: list[str]) -> list[str]:
    """Lines that belong together: an item begins with `Label:`, `name:` or `- `, and goes on where lines are set in."""
    items: list[list[str]] = []
    for line in lines:
        begins = re.match(r"(?:[A-Z][a-z]+|[a-z_*][\w, *]{0,40}): |- ", line) and not (
            items and items[-1][0] == "text" and not _ended(items[-1])
        )
        if begins:
            items.append(["item", line])
        elif line.startswith(" ") and items:
            items[-1].append(line.strip())
        elif items and items[-1][0] == "text":
            items[-1].append(line)
        else:
            items.append(["text", line])
    out: list[str] = []
    for kind, *rest in items:
        text = " ".join(rest)
        label, _, tail = text.partition(": ")
        if kind == "text":
            out += [inline(text.strip()), ""]
        elif text.startswith("- "):
            out += [f"- {inline(text[2:])}", ""]
        else:
            out += [f"``{label}``: {inline(tail)}", ""]
    return out


def _ended(item: list[str]) -> bool:
    return item[-1].rstrip().endswith((".", ":"))
