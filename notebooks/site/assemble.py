"""The folder that Sphinx reads: pages written by hand, executed lessons with their pictures as files, gallery, reference."""

from __future__ import annotations

import base64
import json
import re
import shutil
from html import escape
from pathlib import Path
from typing import Any, NamedTuple

import autograd_core as ag
from notebooks.source import FOLDER, lessons

from . import reference

SITE = Path(__file__).parent
ROOT = FOLDER.parent
PLAY = ("play.html", "play.js", "play-page.js")


class Picture(NamedTuple):
    """A picture of a lesson: its address from the site's root, and what is seen in it."""

    address: str
    alt: str


class Lesson(NamedTuple):
    """What the course's page says of a lesson."""

    name: str
    title: str
    aim: str
    minutes: str
    pictures: list[Picture]


def assemble(target: Path) -> None:
    """Write all that Sphinx reads into the folder `target`, anew."""
    shutil.rmtree(target, ignore_errors=True)
    pictures = target / "_static" / "lessons"
    pictures.mkdir(parents=True)
    for name in ("conf.py", "index.md", "playground.md"):
        shutil.copy(SITE / name, target)
    shutil.copytree(SITE / "howto", target / "howto")
    (target / "play").mkdir()  # copied to the site as it is
    for name in PLAY:
        shutil.copy(SITE / name, target / "play")
    shutil.copy(SITE / "site.css", target / "_static")
    shutil.copy(ROOT / "CONTRIBUTING.md", target / "howto" / "contributing.inc")
    (target / "version.txt").write_text(ag.__version__, encoding="utf-8")
    (target / "lessons").mkdir()
    read = [lesson(path.with_suffix(".ipynb"), target) for path in lessons()]
    (target / "course.md").write_text(course(read), encoding="utf-8")
    (target / "gallery.md").write_text(gallery(read), encoding="utf-8")
    reference.write(target / "api")


def lesson(path: Path, target: Path) -> Lesson:
    """Write a lesson's notebook with its pictures as files beside it, which keep their texts."""
    notebook = json.loads(path.read_text(encoding="utf-8"))
    pictures: list[Picture] = []
    for cell in notebook["cells"]:
        cell["source"] = (
            links("".join(cell["source"])) if cell["cell_type"] == "markdown" else cell["source"]
        )
        for output in cell.get("outputs", []):
            if "data" in output:
                output["data"] = page_data(output, path.stem, target, pictures)
    (target / "lessons" / path.name).write_text(json.dumps(notebook), encoding="utf-8")
    first = "".join(notebook["cells"][0]["source"])
    title = re.search(r"^# (.+)$", first, re.M)
    aim = re.search(r"\*\*You will be able to\*\*\s*(.+?)(?=\n\s*\n|\*\*Needs|\Z)", first, re.S)
    minutes = re.search(r"\*\*Takes\*\*\s*(.+?)(?:\.|\n|$)", first)
    return Lesson(
        path.stem,
        title[1] if title else path.stem,
        " ".join(aim[1].split()) if aim else "",
        minutes[1].strip() if minutes else "",
        pictures,
    )


def page_data(
    output: dict[str, Any], stem: str, target: Path, pictures: list[Picture]
) -> dict[str, Any]:
    """An output as a page shows it: HTML as it is, a drawing inside the page, a picture as a file with its text."""
    data = output["data"]
    alt = output.get("metadata", {}).get("image/png", {}).get("alt", "")
    if "image/png" in data:
        name = f"{stem}-{len(pictures) + 1}.png"
        (target / "_static" / "lessons" / name).write_bytes(
            base64.b64decode("".join(data["image/png"]))
        )
        pictures.append(Picture(f"_static/lessons/{name}", alt))
        if "text/html" not in data:
            html = f'<img class="course-picture" src="../_static/lessons/{name}" alt="{escape(alt)}" loading="lazy">'
            return {"text/html": html}
        return {"text/html": data["text/html"]}
    if "image/svg+xml" in data and "text/html" not in data:
        return {"text/html": f'<div class="course-drawing">{"".join(data["image/svg+xml"])}</div>'}
    return {"text/html": data["text/html"]} if "text/html" in data else data


def links(text: str) -> str:
    """Links between lessons, which a notebook writes to files, and to files of the repository, which the site has not."""
    text = re.sub(
        r"\[([^\]]+)\]\(site/play\.html(#[^)]*)?\)", r'<a href="../play.html\2">\1</a>', text
    )
    text = re.sub(r"\]\((?:\./)?(\d\d[ab]?-[\w-]+)\.(?:py|ipynb)\)", r"](\1.ipynb)", text)
    return re.sub(r"\[([^\]]+)\]\(((?:\.\./|course/)[\w/.-]+)\)", r"\1 (`\2`)", text)


def card(address: str, picture: Picture | None, title: str, text: str) -> str:
    image = (
        f'<img src="{picture.address}" alt="{escape(picture.alt)}" loading="lazy">'
        if picture
        else ""
    )
    return f'<a class="card-link" href="{address}">{image}<strong>{escape(title)}</strong><span>{escape(text)}</span></a>'


def cards(rows: list[str]) -> str:
    return "```{raw} html\n" + '<div class="cards">\n' + "\n".join(rows) + "\n</div>\n```\n"


def plain(text: str) -> str:
    return re.sub(r"[*`$\\]", "", text)


def course(read: list[Lesson]) -> str:
    rows = [
        card(
            f"lessons/{one.name}.html",
            one.pictures[0] if one.pictures else None,
            one.title,
            plain(f"{one.minutes}: {one.aim}"),
        )
        for one in read
    ]
    names = "\n".join(f"lessons/{one.name}" for one in read)
    return (
        "# The course\n\nSeventeen lessons for somebody who knows Python and school calculus. `make notebooks` opens them in "
        "Jupyter, where the exercises answer; here they are shown as they ran.\n\n"
        f"{cards(rows)}\n```{{toctree}}\n:hidden:\n\n{names}\n```\n"
    )


def gallery(read: list[Lesson]) -> str:
    parts = ["# Gallery\n\nEvery figure of the course; each leads to its lesson.\n"]
    for one in read:
        if one.pictures:
            rows = [
                card(f"lessons/{one.name}.html", picture, "", picture.alt)
                for picture in one.pictures
            ]
            parts.append(f"## {one.title}\n\n{cards(rows)}")
    return "\n".join(parts)
