"""Dead-lettered webhooks, inserted into a service's database: real failures would take three days."""

import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Final

from tests.support.live_service import LiveService

_ENDPOINT: Final = "ep_given_up"
_DELIVERIES: Final = (
    # event, attempts, status, error
    ("request.signed", 10, 503, "status"),
    ("request.declined", 10, None, "timeout"),
    ("request.expired", 1, 410, "gone"),
)


@contextmanager
def dead_letters(service: LiveService) -> Iterator[None]:
    """Adds some for the service's own business system until the block ends."""
    now = time.time_ns() // 1_000_000
    with closing(sqlite3.connect(service.database.removeprefix("sqlite:///"), timeout=10)) as connection:
        with connection:
            connection.execute(
                "INSERT INTO webhook_endpoints (id, client_id, url, state, reason, created_at, changed_at)"
                " VALUES (?, ?, 'https://window.example/hook', 'disabled', 'gone', ?, ?)",
                (_ENDPOINT, service.system["client_id"], now, now),
            )
            connection.executemany(
                "INSERT INTO webhook_deliveries (id, endpoint_id, request_id, event, attempts, status, error,"
                " body, state, next_at, created_at, ended_at) VALUES (?, ?, ?, ?, ?, ?, ?, '{}', 'dead', 0, ?, ?)",
                [
                    (f"msg_{n}", _ENDPOINT, f"given-up-{n}", *delivery, now, now)
                    for n, delivery in enumerate(_DELIVERIES)
                ],
            )
        service.seal()
        yield
        with connection:
            connection.execute("DELETE FROM webhook_deliveries WHERE endpoint_id = ?", (_ENDPOINT,))
            connection.execute("DELETE FROM webhook_endpoints WHERE id = ?", (_ENDPOINT,))
