"""New Python processes for tests: for what a process does once, and for what can end it."""

import os
import subprocess
import sys
import textwrap


def run_python(code, *arguments, check=True, stderr=subprocess.PIPE, **env):
    """The finished process of a program. It writes no bytecode: Python believes a .pyc whose source has its size and
    time, and tests rewrite sources with neither changed."""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code), *arguments],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", **env},
        check=False,
        timeout=600,  # rather than wait for ever
    )
    assert not check or done.returncode == 0, f"ended with {done.returncode}: {done.stdout}{done.stderr}"
    return done


def printed(code, *arguments, **env):
    """What a program prints."""
    return run_python(code, *arguments, **env).stdout.strip()
