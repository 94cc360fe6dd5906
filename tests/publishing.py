"""How a draft becomes an edition in tests: as the product has it done, by two people."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.models import Group

from licensing import catalogue
from licensing.history import COMMAND, Actor
from licensing.models import Edition, Rehearsal
from licensing.rehearsing.running import start, to_the_end
from portal.models import User
from portal.staff import CATALOGUE


def writer() -> User:
    """Mara Lind, who writes editions."""
    return _of_the_catalogue("Mara Lind")


def colleague() -> User:
    """Noor Haddad, who reads what Mara wrote."""
    return _of_the_catalogue("Noor Haddad")


def publish(draft: Edition, *, at: datetime, actor: Actor = COMMAND) -> Edition:
    """Publish a draft. A product's second and later editions are Mara's, rehearsed, and approved by Noor."""
    if Edition.objects.filter(product=draft.product, published_at__isnull=False).exists():
        ready(draft, at=at)
    return catalogue.publish(edition=draft, actor=actor, at=at)


def ready(draft: Edition, *, at: datetime) -> None:
    """Everything that publishing a later edition needs, done."""
    catalogue.note_author(edition=draft, by=writer(), at=at)
    rehearsed(draft, at=at)
    catalogue.approve(edition=draft, by=colleague(), at=at)


def rehearsed(draft: Edition, *, at: datetime) -> Rehearsal:
    """The draft played through with every customer there is."""
    return to_the_end(start(edition=draft, by=writer(), at=at), at=at)


def _of_the_catalogue(name: str) -> User:
    email = f"{name.split(' ')[0].lower()}@demo.test"
    user, _made = User.objects.get_or_create(email=email, defaults={"name": name, "is_staff": True})
    user.groups.set(Group.objects.filter(name=CATALOGUE))
    return user
