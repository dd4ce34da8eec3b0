"""What the command lines (`python -m nn`, `-m bench`, `-m notebooks`) share: a parser whose errors are one line."""

from __future__ import annotations

import argparse
import difflib
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

__all__ = ["Parser", "one_of", "positive", "suggestion", "whole"]


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that takes options by their whole names and says what is wrong in one line, with exit status 2.

    >>> Parser(prog="python -m example").parse_args(["--quick"])
    Traceback (most recent call last):
    SystemExit: 2
    """

    def __init__(self, **options: Any):
        super().__init__(**{"allow_abbrev": False} | options)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """As the base class's, but nothing unknown is left over: it is refused here, where its neighbours are known."""
        found, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(self._refusal(unknown[0]))
        return found, unknown

    def _refusal(self, text: str) -> str:
        if not text.startswith("-"):
            return f"'{text}' is one argument too many"
        return f"there is no option {text.partition('=')[0]}" + suggestion(
            text.partition("=")[0], self._option_string_actions
        )

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"error: {message}; `{self.prog} --help` lists the options\n")


def suggestion(text: str, names: Any) -> str:
    """', did you mean …?' if one of the names is close, else nothing."""
    close = difflib.get_close_matches(text, list(names), 1)
    return f", did you mean {close[0]}?" if close else ""


def positive(kind: type) -> Callable[[str], Any]:
    """The type of an option that takes a positive number."""

    def parse(text: str) -> Any:
        try:
            value = kind(text)
        except ValueError:
            needed = {int: "an integer", float: "a number"}.get(kind, kind.__name__)
            raise argparse.ArgumentTypeError(f"needs {needed}, got '{text}'") from None
        if not 0 < value < float("inf"):
            raise argparse.ArgumentTypeError(f"must be positive and finite, got {text}")
        return value

    return parse


def whole(text: str) -> int:
    """The type of an option that takes 0, 1, 2, …"""
    if not (text.isascii() and text.isdecimal()):
        raise argparse.ArgumentTypeError(f"needs a whole number, 0 or more, got '{text}'")
    return int(text)


def one_of(names: Sequence[str]) -> Callable[[str], str]:
    """The type of an argument that takes one of the names."""

    def parse(text: str) -> str:
        if text not in names:
            close = suggestion(text, names)
            raise argparse.ArgumentTypeError(f"there is no '{text}'{close or ', only ' + ', '.join(names)}")
        return text

    return parse
