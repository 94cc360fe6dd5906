"""Sessions live in the database; Redis only makes reading them fast. While it is away they are read without it."""

from __future__ import annotations

from typing import Any

from django.contrib.sessions.backends import cached_db
from redis.exceptions import RedisError


class SessionStore(cached_db.SessionStore):
    """Django's own asks the database too, but then insists on telling the cache what it found."""

    def load(self) -> dict[str, Any]:
        try:
            return super().load()
        except RedisError:
            session = self._get_session_from_db()
            return self.decode(session.session_data) if session else {}
