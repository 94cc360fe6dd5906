"""The people of the demo: everybody signs in with the same password, from a verified address."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group

from licensing.models import Customer, Member, Role
from portal.accounts import verify_address
from portal.models import User
from portal.staff import CATALOGUE, FINANCE, SUPPORT, ensure_groups

PASSWORD = "demo-portal"


class People:
    """Makes people. The password is hashed once for all of them: hashing is slow on purpose."""

    def __init__(self) -> None:
        self._hash = make_password(PASSWORD)

    def person(self, name: str, *, email: str = "", at: datetime, **fields: bool) -> User:
        """Somebody with a verified address; without `email` it is the first name's, ada@demo.test."""
        email = email or f"{name.split(' ')[0].lower()}@demo.test"
        user = User.objects.create(email=email, name=name, password=self._hash, date_joined=at, **fields)
        verify_address(user)
        return user

    def member(self, customer: Customer, name: str, *, role: str = Role.MEMBER, at: datetime) -> User:
        """Somebody who came into `customer` at `at`."""
        user = self.person(name, at=at)
        Member.objects.create(customer=customer, user=user, role=role, joined_at=at)
        return user

    def staff(self, *, at: datetime) -> None:
        """One of support, one of finance, two who write the catalogue and read each other's drafts, and one who may do
        everything.
        """
        ensure_groups()
        self.sam = self.person("Sam Reyes", email="staff@demo.test", at=at, is_staff=True)
        self.sam.groups.add(Group.objects.get(name=SUPPORT))
        rosa = self.person("Rosa Adeyemi", email="finance@demo.test", at=at, is_staff=True)
        rosa.groups.add(Group.objects.get(name=FINANCE))
        group = Group.objects.get(name=CATALOGUE)
        self.mara = self.person("Mara Lind", at=at, is_staff=True)
        self.noor = self.person("Noor Haddad", at=at, is_staff=True)
        for writer in (self.mara, self.noor):
            writer.groups.add(group)
        self.person("Alex Moreau", email="admin@demo.test", at=at, is_staff=True, is_superuser=True)
