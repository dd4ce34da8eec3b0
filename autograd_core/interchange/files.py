"""Writing a file so that a failure leaves the one that was there."""

from __future__ import annotations

import importlib
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO

try:
    fcntl: Any = importlib.import_module("fcntl")
except ImportError:  # no POSIX
    fcntl = None

OLD = 24 * 3600  # seconds; where files cannot be locked, an unfinished one of this age belongs to nobody


@contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Yield a new file beside `path`, which replaces it once it is complete and on the disk; folders are created.

    Unfinished files of earlier writers of `path`, which were killed, are removed. A writer holds a lock on its file as long
    as it lives, so that nobody else removes it.
    """
    path = Path(os.path.realpath(path))  # the file itself, where `path` is a link to it
    path.parent.mkdir(parents=True, exist_ok=True)
    remove_unfinished(path)
    file, unfinished = _begin(path)
    try:
        with file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if fcntl is not None:
                os.replace(unfinished, path)  # while the lock is held
        if fcntl is None:  # an open file cannot be moved there
            os.replace(unfinished, path)
    except BaseException:
        unfinished.unlink(missing_ok=True)
        raise
    _sync_folder(path.parent)


def remove_unfinished(path: Path) -> None:
    """Remove the files that writers of `path` left, unless somebody is writing them now."""
    ours = re.compile(re.escape(f".{path.name}.") + "[0-9a-f]{8}")
    with suppress(OSError), os.scandir(path.parent) as entries:
        for entry in entries:
            if ours.fullmatch(entry.name):
                with suppress(OSError):
                    _remove_if_left(entry)


def _remove_if_left(entry: os.DirEntry) -> None:
    status = entry.stat(follow_symlinks=False)
    if not stat.S_ISREG(status.st_mode) or (hasattr(os, "getuid") and status.st_uid != os.getuid()):
        return
    with open(entry.path, "rb+") as file:
        locked = _lock(file, wait=False)
        if locked or (locked is None and time.time() - status.st_mtime > OLD):
            if fcntl is None:
                file.close()
            os.unlink(entry.path)


def _begin(path: Path) -> tuple[BinaryIO, Path]:
    """A new file of an unused name, locked."""
    while True:
        unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
        file = open(unfinished, "xb")  # noqa: SIM115 (the caller closes it)
        _lock(file, wait=True)
        if unfinished.exists():  # between the two lines, another writer may have taken it for one that was left
            return file, unfinished
        file.close()


def _lock(file: Any, wait: bool) -> bool | None:
    """Whether the file could be locked; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # a file system without them
        return None
    return True


def _sync_folder(folder: Path) -> None:
    """Bring the new name to the disk too, where the system can."""
    with suppress(OSError):
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)
