"""manage.py catalogue: load, rehearse, approve, publish, dump, verify and synchronise editions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from billing.answers import StripeRefused, StripeUnavailable
from billing.prices import UnableToSync, sync_published
from licensing import catalogue
from licensing.history import COMMAND
from licensing.models import Edition, Rehearsed
from licensing.rehearsing import running
from licensing.rehearsing.promises import promise_words
from licensing.staff_words import day_words


class Command(BaseCommand):
    help = (
        "Load, rehearse, approve, publish, dump, verify editions, and synchronise published prices to Stripe."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        verbs = parser.add_subparsers(dest="verb", required=True)
        load = verbs.add_parser("load", help="make a draft of a TOML file, replacing an earlier draft")
        load.add_argument("file", metavar="FILE.toml", type=Path)
        load.add_argument(
            "--publish", action="store_true", help="and publish it: from then on it never changes"
        )
        load.add_argument("--by", metavar="EMAIL", help="who wrote it: they do not approve it")
        rehearse = verbs.add_parser(
            "rehearse", help="play a draft through for every customer, and say what it means"
        )
        approve = verbs.add_parser("approve", help="say yes to a draft's terms as they stand")
        approve.add_argument("--by", metavar="EMAIL", required=True, help="who says yes: nobody who wrote it")
        approve.add_argument("--note", default="", help="what they want to say with it")
        publish = verbs.add_parser("publish", help="publish a draft: from then on it never changes")
        dump = verbs.add_parser("dump", help="write an edition as TOML")
        for parser_of_one in (rehearse, approve, publish, dump):
            parser_of_one.add_argument("product", metavar="PRODUCT")
            parser_of_one.add_argument("edition", metavar="EDITION")
        verbs.add_parser("verify", help="check every published edition against its stored hash")
        verbs.add_parser("sync", help="make Stripe's products and prices match what is published")

    def handle(self, *, verb: str, **options: Any) -> None:
        getattr(self, f"_{verb}")(**options)

    def _load(self, *, file: Path, publish: bool, by: str | None, **_: Any) -> None:
        now = timezone.now()
        author = _person(by) if by else None
        try:
            source = file.read_bytes()
        except OSError as error:
            raise CommandError(f"{file} cannot be read: {error.strerror}.") from None
        try:
            with transaction.atomic():
                edition = catalogue.load_draft(source=source, at=now)
                if author is not None and edition.published_at is None:
                    catalogue.note_author(edition=edition, by=author, at=now)
        except catalogue.UnableToLoad as refusal:
            raise CommandError(_listed(f"{file} was not loaded", refusal.faults)) from None
        if edition.published_at:
            self.stdout.write(f"{edition} is published already with these very terms; nothing changed.")
        elif publish:
            self._publish_draft(edition)
        else:
            self.stdout.write(f"{edition} is loaded as a draft.")

    def _rehearse(self, *, product: str, edition: str, **_: Any) -> None:
        draft = _find(product, edition)
        try:
            rehearsal = running.start(edition=draft, by=None, at=timezone.now())
        except running.UnableToRehearse as refusal:
            raise CommandError(str(refusal)) from None
        while running.go_on(rehearsal.pk, at=timezone.now()):
            pass
        rehearsal.refresh_from_db()
        if rehearsal.state != rehearsal.State.DONE:
            raise CommandError(
                f"The rehearsal of {draft} is {rehearsal.get_state_display()}: start it again to go on with it."
            )
        self.stdout.write(f"{draft} was rehearsed with {rehearsal.totals['customers']:,} customers.")
        for effect, label in Rehearsed.Effect.choices:
            if customers := rehearsal.totals["moving"].get(effect, 0):
                self.stdout.write(f"  {label} if moved: {customers:,}")
        for leaving in rehearsal.totals["leaving"]:
            self.stdout.write(
                f"  lose {leaving['feature']} by the sunset announced on {day_words(leaving['announced'])}, "
                f"not by this edition: {leaving['customers']:,}"
            )
        for moving in rehearsal.totals["moving_on"]:
            self.stdout.write(
                f"  move on from {moving['from']} to {moving['to']}, as announced on {day_words(moving['announced'])}, "
                f"not by this edition: {moving['customers']:,}"
            )
        for promise, customers in rehearsal.totals["promises"].items():
            self.stdout.write(f"  the promise “{promise_words(promise)}” would be broken for {customers:,}")

    def _approve(self, *, product: str, edition: str, by: str, note: str, **_: Any) -> None:
        draft, person = _find(product, edition), _person(by)
        try:
            catalogue.approve(edition=draft, by=person, note=note, at=timezone.now())
        except catalogue.UnableToApprove as refusal:
            raise CommandError(_listed(f"{draft} was not approved", refusal.faults)) from None
        self.stdout.write(f"{person} has approved {draft} as it stands. An edit makes the approval void.")

    def _publish(self, *, product: str, edition: str, **_: Any) -> None:
        self._publish_draft(_find(product, edition))

    def _publish_draft(self, edition: Edition) -> None:
        try:
            catalogue.publish(edition=edition, actor=COMMAND, at=timezone.now())
        except catalogue.UnableToPublish as refusal:
            raise CommandError(_listed(f"{edition} was not published", refusal.faults)) from None
        self.stdout.write(
            f"{edition} is published. Each of its prices is made at Stripe when it is first needed; "
            "`manage.py catalogue sync` makes them all now."
        )

    def _dump(self, *, product: str, edition: str, **_: Any) -> None:
        self.stdout.write(catalogue.dump(_find(product, edition)), ending="")

    def _verify(self, **_: Any) -> None:
        published = list(Edition.objects.filter(published_at__isnull=False).select_related("product"))
        changed = [str(edition) for edition in published if not catalogue.verify(edition=edition)]
        if changed:
            raise CommandError(f"Not as they were published: {', '.join(changed)}.")
        self.stdout.write(f"Published editions, all as they were published: {len(published)}.")

    def _sync(self, **_: Any) -> None:
        try:
            made = sync_published(at=timezone.now())
        except (UnableToSync, StripeRefused, StripeUnavailable) as refusal:
            raise CommandError(f"Stripe's prices are not all up to date: {refusal}") from None
        self.stdout.write(
            f"Every published price stands at Stripe; {made} of them were not known here before."
        )


def _find(product: str, edition: str) -> Edition:
    found = Edition.objects.filter(product__key=product, key=edition).select_related("product").first()
    if found is None:
        raise CommandError(f"There is no edition {edition} of a product {product}.")
    return found


def _person(email: str) -> Any:
    found = get_user_model()._default_manager.filter(email__iexact=email).first()
    if found is None:
        raise CommandError(f"Nobody signs in as {email}.")
    return found


def _listed(head: str, faults: tuple[str, ...]) -> str:
    """One fault makes one sentence; more are listed below each other."""
    return f"{head}: {faults[0]}" if len(faults) == 1 else "\n  - ".join([f"{head}:", *faults])
