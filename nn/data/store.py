"""Where the data files are: a folder of the user's, the cache, the package itself, or their publishers' servers.

`find(name)` looks in `root` if given, otherwise in $AUTOGRAD_DATA, then in the cache of the user, then among what comes
with the package (`shipped/`), then downloads into the cache (with pooch, which is imported only then) and compares the
SHA-256.
"""

from __future__ import annotations

import gzip
import hashlib
import logging
import os
import sys
import zlib
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

__all__ = [
    "FILES",
    "SHIPPED",
    "File",
    "cache_folder",
    "find",
    "folders",
    "missing",
    "read_shipped",
    "read_text",
    "stored",
]

SHIPPED = Path(__file__).parent / "shipped"  # its README says what each file is, from where, under which licence


@dataclass(frozen=True)
class File:
    """A published file: its size in bytes, its SHA-256, the folders that publish it."""

    bytes: int
    sha256: str
    sources: tuple[str, ...]


_MNIST = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
_FASHION = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
_SERIES = ("https://raw.githubusercontent.com/jbrownlee/Datasets/master/",)
_CHAR_RNN = ("https://raw.githubusercontent.com/karpathy/char-rnn/master/data/tinyshakespeare/",)
_MAKEMORE = ("https://raw.githubusercontent.com/karpathy/makemore/master/",)

FILES = {
    "mnist/train-images-idx3-ubyte.gz": File(
        9912422, "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609", _MNIST
    ),
    "mnist/train-labels-idx1-ubyte.gz": File(
        28881, "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c", _MNIST
    ),
    "mnist/t10k-images-idx3-ubyte.gz": File(
        1648877, "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6", _MNIST
    ),
    "mnist/t10k-labels-idx1-ubyte.gz": File(
        4542, "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6", _MNIST
    ),
    "fashion-mnist/train-images-idx3-ubyte.gz": File(
        26421880, "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84", _FASHION
    ),
    "fashion-mnist/train-labels-idx1-ubyte.gz": File(
        29515, "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845", _FASHION
    ),
    "fashion-mnist/t10k-images-idx3-ubyte.gz": File(
        4422102, "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073", _FASHION
    ),
    "fashion-mnist/t10k-labels-idx1-ubyte.gz": File(
        5148, "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5", _FASHION
    ),
    "tinyshakespeare/input.txt": File(
        1115394, "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", _CHAR_RNN
    ),
    "names.txt": File(228145, "0a30b5557f192f32ab962680889aac5f6fda0f4cecf40a6d0b5694f58ea8cc4d", _MAKEMORE),
    "monthly-sunspots.csv": File(45039, "c4ec8cc57d9f6fb6ecdb3e1f37f25b6f4badd5124c55931052b0cd2fc3bc71f3", _SERIES),
    "airline-passengers.csv": File(2180, "8cb51be753a718d9be5d76d7e238cc224792754676adc21faa59e954b0201621", _SERIES),
    "daily-min-temperatures.csv": File(
        67921, "8b9de63ed6789492bf497625e7f9beb96a63d367b4b0a21754006f749fa5e5da", _SERIES
    ),
}

_TORCHVISION = {"mnist": "MNIST/raw", "fashion-mnist": "FashionMNIST/raw"}  # where torchvision has put the same files


def cache_folder() -> Path:
    """The folder for downloaded data, by the custom of the operating system."""
    if sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "autograd-core"


def folders(root: str | Path | None = None) -> list[Path]:
    """Where data is looked for: in `root` alone, or else in $AUTOGRAD_DATA and in the cache."""
    if root is not None:
        return [Path(root).expanduser()]
    configured = os.environ.get("AUTOGRAD_DATA")
    return [*([Path(configured).expanduser()] if configured else []), cache_folder()]


def stored(name: str, root: str | Path | None = None) -> Path | None:
    """The path of the file `name` if it is on this machine already, else None; nothing is downloaded.

    Raises PermissionError for a folder that may not be read.
    """
    for folder in folders(root):
        for candidate in _candidates(folder, name, flat=root is not None):
            try:
                if candidate.is_file():
                    return candidate
            except PermissionError:
                raise PermissionError(f"{candidate}: may not be read; change who may, or give another folder") from None
    packed = SHIPPED / f"{name}.gz"
    return packed if root is None and packed.is_file() else None


def missing(folder: str, root: str | Path | None = None) -> list[str]:
    """The files of a set, such as "mnist", that are not on this machine."""
    return [name for name in FILES if name.startswith(f"{folder}/") and stored(name, root) is None]


def find(name: str, root: str | Path | None = None) -> Path:
    """The path of the file `name` (a key of `FILES`).

    With `root`, only that folder is searched: for `name`, for its last part alone, and in torchvision's layout, each
    also unpacked. Raises FileNotFoundError, one line that says what was searched and which file to put where.
    """
    path = stored(name, root)
    if path is not None:
        return path
    searched = folders(root)
    reason = "a folder was given, so nothing is downloaded"
    if root is None:
        try:
            return _download(name, searched[-1])
        except OSError as error:
            reason = str(error)
    source = FILES[name].sources[0] + Path(name).name
    others = [other for other in missing(name.partition("/")[0], root) if other != name]
    beside = f" (and beside it {', '.join(Path(other).name for other in others)} from there)" if others else ""
    way_out = "; or leave the folder out" if root is not None else ", or set AUTOGRAD_DATA to a folder that has it"
    raise FileNotFoundError(
        f"{name} is not in {' nor in '.join(map(str, searched))} ({reason}): put the file from {source} "
        f"({FILES[name].bytes} bytes) at {searched[0] / name}{beside}{way_out}"
    )


def _candidates(folder: Path, name: str, flat: bool) -> list[Path]:
    """The paths in `folder` where the file may be; `flat`: also without its sub-folder."""
    path = Path(name)
    paths = [folder / path]
    if str(path.parent) in _TORCHVISION:
        paths.append(folder / _TORCHVISION[str(path.parent)] / path.name)
    if flat:
        paths.append(folder / path.name)
    unpacked = [candidate.with_suffix("") for candidate in paths if path.suffix == ".gz"]
    return paths + unpacked


def _download(name: str, folder: Path) -> Path:
    """Fetch the file into `folder`. Raises OSError with the reason of every source, in a few words each."""
    try:
        import pooch
    except ImportError:
        raise OSError("not downloaded, for that takes the package pooch: pip install pooch") from None
    file, path, reasons = FILES[name], folder / name, []
    log = pooch.get_logger()
    level = log.level
    log.setLevel(logging.WARNING)  # it announces each attempt; the errors below report the outcome
    try:
        for source in file.sources:
            try:
                return Path(
                    pooch.retrieve(
                        source + path.name,
                        known_hash=f"sha256:{file.sha256}",
                        fname=path.name,
                        path=path.parent,
                        progressbar=sys.stderr.isatty(),
                    )
                )
            except (OSError, ValueError) as error:  # no network, no such page; a file with another checksum
                reasons.append(_reason(error, urlsplit(source).hostname or source))
    finally:
        log.setLevel(level)
    raise OSError("not downloaded: " + ", ".join(dict.fromkeys(reasons)))


def _reason(error: Exception, host: str) -> str:
    """Why a download failed. What the libraries say of a refused connection is half a page, so it is not quoted."""
    status = getattr(getattr(error, "response", None), "status_code", None)
    if status is not None:
        return f"{host} answers with status {status}"
    if isinstance(error, ValueError):
        return f"{host} has a file with another checksum"
    if isinstance(error, OSError) and error.strerror and error.filename:  # of the disk
        return f"{error.filename}: {error.strerror}"
    if "Timeout" in type(error).__name__:
        return f"{host} does not answer"
    return f"no connection to {host}"


def read_text(name: str, root: str | Path | None = None) -> str:
    """The text of the file `name`. Raises ValueError if it is not the published file, byte for byte."""
    path = find(name, root)
    data, file = _unpacked(path), FILES[name]
    digest = hashlib.sha256(data).hexdigest()
    if digest != file.sha256:
        raise ValueError(
            f"{path}: expected {file.bytes} bytes with sha256 {file.sha256}, found {len(data)} bytes with sha256 "
            f"{digest}; the file is truncated or changed (line ends count), delete it and fetch it again"
        )
    return data.decode("ascii")


def read_shipped(name: str) -> str:
    """The text of a file in `SHIPPED` that is no published file but made from one."""
    return _unpacked(SHIPPED / f"{name}.gz").decode("ascii")


def _unpacked(path: Path) -> bytes:
    data = path.read_bytes()
    if path.parent != SHIPPED:
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"{path}: a damaged file of {len(data)} bytes ({error}); install the package again") from None
