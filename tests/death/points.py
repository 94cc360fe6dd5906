"""Named points at which a worker dies, wrapped around the real functions in the worker's process alone.

`install` is called in a process of its own, never in the tests' own. Dying is SIGKILL to the whole process group: no
cleaning up, no last words, and the pool's children die with their parent.
"""

import os
import signal
from collections.abc import Callable
from typing import Any

# Between the mail server's yes and our commit: the one stretch that plain SMTP cannot close.
WINDOW = ("accepted", "noted")
POINTS = ("addressing", "claimed", *WINDOW, "committed", "batch", "closing", "finished")


def die() -> None:
    """End this worker and its children at once."""
    os.killpg(os.getpgid(0), signal.SIGKILL)


def install(point: str, *, passings: int) -> None:
    """Die when `point` is passed for the `passings`-th time."""
    from celery import signals

    from licensing.models import Delivery
    from portal.mails import outbox, post

    left = [passings]

    def passed(*_: Any, **__: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            die()

    def noted(delivery: Delivery, *_: Any, **__: Any) -> None:
        if delivery.state == Delivery.State.SENT:
            passed()

    {
        "addressing": lambda: before(outbox, "message_id_for", passed),
        "claimed": lambda: before(outbox, "_hand_over", passed),
        "accepted": lambda: after(post.Line, "send", passed),
        "noted": lambda: after(Delivery, "save", noted),
        "committed": lambda: after(outbox, "_send_one", passed),
        "batch": lambda: after(outbox, "_send_batch", passed),
        "closing": lambda: before(outbox, "_close", passed),
        "finished": lambda: signals.task_postrun.connect(passed, weak=False),
    }[point]()


def before(owner: Any, name: str, do: Callable[..., None]) -> None:
    """Have `do` called with the arguments of `owner.name`, just before it."""
    real = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        do(*args, **kwargs)
        return real(*args, **kwargs)

    setattr(owner, name, wrapped)


def after(owner: Any, name: str, do: Callable[..., None]) -> None:
    """Have `do` called with the arguments of `owner.name`, just after it."""
    real = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        answer = real(*args, **kwargs)
        do(*args, **kwargs)
        return answer

    setattr(owner, name, wrapped)
