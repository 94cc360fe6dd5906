"""Progress and sentences for the person at the terminal, with or without a TTY."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


def say(line: str = "") -> None:
    """Print one line at once."""
    print(line, flush=True)


def complain(sentence: str) -> None:
    """Print why it cannot go on."""
    print(f"\n{sentence}", file=sys.stderr, flush=True)


@contextmanager
def step(words: str) -> Iterator[None]:
    """Say what is being done, and when it is done how long it took."""
    print(f"  {words} ", end="", flush=True)
    began = time.monotonic()
    try:
        yield
    except BaseException:
        print(flush=True)
        raise
    dots = "." * max(2, 44 - len(words))
    print(f"{dots} {time.monotonic() - began:.1f} s", flush=True)
