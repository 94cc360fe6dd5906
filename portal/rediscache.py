"""Django's Redis cache with one client for each pool of connections, where Django's makes a new one for every question.

A client of redis-py is safe to share among threads; making one costs more than a question does.
"""

from __future__ import annotations

from typing import Any

from django.core.cache.backends import redis


class SharedClients(redis.RedisCacheClient):
    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._clients: dict[Any, Any] = {}

    def get_client(self, key: Any = None, *, write: bool = False) -> Any:
        pool = self._get_connection_pool(write)
        if pool not in self._clients:
            self._clients[pool] = self._client(connection_pool=pool)
        return self._clients[pool]


class RedisCache(redis.RedisCache):
    def __init__(self, server: str, params: dict[str, Any]) -> None:
        super().__init__(server, params)
        self._class = SharedClients
