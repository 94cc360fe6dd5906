"""Drafting, approving, publishing, loading and dumping editions.

An edition is drafted (from a file, as a copy, or in the admin), then published once; from then on the database
refuses every change to it. Its text form is TOML; see docs/03-catalogue.md.
"""

from licensing.catalogue.approvals import approve
from licensing.catalogue.authors import note_author
from licensing.catalogue.checklist import steps_to_publish
from licensing.catalogue.drafts import draft_from, load_draft
from licensing.catalogue.exceptions import accept_exception, ask_exception
from licensing.catalogue.faults import DraftInTheWay, UnableToApprove, UnableToLoad, UnableToPublish
from licensing.catalogue.publishing import publish, verify
from licensing.catalogue.writing import draft_hash, dump, lookup_key, terms_text

__all__ = [
    "DraftInTheWay",
    "UnableToApprove",
    "UnableToLoad",
    "UnableToPublish",
    "accept_exception",
    "approve",
    "ask_exception",
    "draft_from",
    "draft_hash",
    "dump",
    "load_draft",
    "lookup_key",
    "note_author",
    "publish",
    "steps_to_publish",
    "terms_text",
    "verify",
]
