"""CPU and memory as the operating system counts them, for a process with all its children. Standard library only:
the peers, in an environment of their own, are counted by this same file.

CPU time holds on a machine that others use too, where requests a second do not. It is read in ticks of 10 ms, so what
is measured should last a second or more.
"""

import os
from collections import defaultdict
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")


def cpu(*roots: int) -> float:
    """Seconds of CPU, user and system, of each process in `roots` and of all below it since they began.

    What has ended meanwhile counts: whoever waited for it carries its time. PostgreSQL's backends are the children
    of its first process, so a backend that came and went is not lost.
    """
    seen: set[int] = set()
    for root in roots:
        seen |= _with_descendants(root)
    return sum(_seconds(pid) for pid in seen)


def parent_of(pid: int) -> int:
    """The process that started `pid`."""
    return int(_stat(pid)[1])


def peak_memory(pid: int | str = "self") -> int:
    """The most memory the process has held so far, in bytes."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024
    return 0


def forget_peak(pid: int | str = "self") -> None:
    """Count the peak of memory anew from here (Linux)."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")


def _with_descendants(root: int) -> set[int]:
    children: dict[int, list[int]] = defaultdict(list)
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                children[parent_of(int(entry))].append(int(entry))
            except OSError:
                continue
    found, waiting = set(), [root]
    while waiting:
        pid = waiting.pop()
        found.add(pid)
        waiting.extend(children[pid])
    return found


def _seconds(pid: int) -> float:
    """utime, stime, and those of the children it waited for: fields 14 to 17 of proc(5), counted from 1."""
    try:
        return sum(int(ticks) for ticks in _stat(pid)[11:15]) / _TICKS
    except OSError:
        return 0.0


def _stat(pid: int) -> list[str]:
    """The fields after the command's name, which may hold anything: state, parent, …"""
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
