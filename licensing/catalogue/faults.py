"""Refusals of the catalogue: every fault found, each a plain sentence, so that one look mends them all."""

from __future__ import annotations

from collections.abc import Sequence


class _Faulty(Exception):
    """Carries `faults`, whole sentences; as text it is all of them."""

    def __init__(self, faults: Sequence[str]) -> None:
        self.faults = tuple(faults)
        super().__init__(" ".join(self.faults))


class UnableToLoad(_Faulty):
    """The text is not a catalogue, or names an edition that is already published with other terms."""


class UnableToApprove(_Faulty):
    """The edition is published already, or this person is not the one to approve it."""


class DraftInTheWay(UnableToLoad):
    """There is a draft of that `key`, and whoever loads has not said that it may go."""

    def __init__(self, key: str, faults: Sequence[str]) -> None:
        self.key = key
        super().__init__(faults)


class UnableToPublish(_Faulty):
    """The edition breaks a rule that published terms keep, lacks what publishing needs, or is published already."""
