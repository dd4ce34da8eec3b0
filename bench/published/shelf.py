"""Where results lie: a JSON file a row, which appears at once and whole."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from autograd_core.interchange.files import replacing

from .row import Row


class Shelf:
    """Results by row in `folder`."""

    def __init__(self, folder: Path):
        self.folder = folder

    def path(self, row: Row) -> Path:
        return self.folder / f"{row.name}.json"

    def load(self, row: Row) -> dict[str, Any] | None:
        """What is stored of the row; None if there is nothing, or other figures than it has today."""
        try:
            result = json.loads(self.path(row).read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except json.JSONDecodeError as error:
            raise ValueError(f"{self.path(row)}: not a result ({error}); remove the file") from None
        return result if set(result.get("figures", ())) == set(row.figures) else None

    def store(self, row: Row, result: dict[str, Any]) -> None:
        """Write the row's file beside its place, then put it there; its checkpoints are needed no more."""
        with replacing(self.path(row)) as file:
            file.write((json.dumps(result, indent=1) + "\n").encode())
        shutil.rmtree(self._unfinished(row), ignore_errors=True)

    def checkpoints(self, row: Row, seed: int) -> Path:
        """The folder, which is created, for states of an unfinished row."""
        folder = self._unfinished(row) / f"seed-{seed}"
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def _unfinished(self, row: Row) -> Path:
        return self.folder / "unfinished" / row.name
