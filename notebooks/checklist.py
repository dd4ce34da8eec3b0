"""Which cell shows what: the 259 things that five lecture decks contain, and the cells whose tags name them.

`checklist.csv` has the rows; a cell names those it shows in its tags (`# %% tags=["A28", "E12"]`). `python -m
notebooks.checklist` writes `checklist.md`, the table for a reader, and says which rows no cell shows.
"""

from __future__ import annotations

import csv
import re
import sys
from pathlib import Path

from .source import FOLDER, lessons

TAGS = re.compile(r"^# %%.*\btags=\[(.*?)\]", re.M)
TITLES = {
    "A": "Biehl & Wehner, Applied Machine Learning Fundamentals, unit VIII (2019/20)",
    "B": "Wichert, lecture 12, Deep Learning",
    "C": "Bießmann, Neural Networks (2019)",
    "D": "JKU, Artificial Neural Networks, unit 5",
    "E": "Guidotti, Data Mining 2, (Deep) Neural Networks (2024/25)",
}


def rows() -> list[dict[str, str]]:
    """The rows: row, item, kind, lessons."""
    with (FOLDER / "checklist.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cells(path: Path) -> list[tuple[int, list[str]]]:
    """The number of each cell of a lesson, from 1, and its tags."""
    heads = re.findall(r"^# %%.*$", path.read_text(encoding="utf-8"), re.M)
    return [
        (i, re.findall(r'"(\w+)"', found.group(1)) if (found := TAGS.match(h)) else [])
        for i, h in enumerate(heads, 1)
    ]


def shown() -> dict[str, list[str]]:
    """For each row the cells that show it, such as "02, cell 7"."""
    found: dict[str, list[str]] = {}
    for path in lessons():
        for number, tags in cells(path):
            for tag in tags:
                found.setdefault(tag, []).append(f"{path.stem.split('-')[0]}, cell {number}")
    return found


def table() -> str:
    """The whole checklist as Markdown."""
    where = shown()
    lines = [
        "# What the course shows, and where",
        "",
        "Made by `python -m notebooks.checklist` from `checklist.csv` and the tags of the lessons' cells.",
    ]
    deck = ""
    for row in rows():
        if row["row"][0] != deck:
            deck = row["row"][0]
            lines += [
                "",
                f"## {deck}. {TITLES[deck]}",
                "",
                "| # | item | shown in |",
                "| :-- | :-- | :-- |",
            ]
        lines.append(
            f"| {row['row']} | {row['item']} | {'; '.join(where.get(row['row'], ['—']))} |"
        )
    return "\n".join(lines) + "\n"


def main() -> int:
    (FOLDER / "checklist.md").write_text(table(), encoding="utf-8")
    missing = [row["row"] for row in rows() if row["row"] not in shown()]
    print(
        f"{len(rows()) - len(missing)} of {len(rows())} rows shown; missing: {' '.join(missing) or 'none'}"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
