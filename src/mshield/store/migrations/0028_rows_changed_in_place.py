"""Let PostgreSQL change a login's rows in place.

An update that touches no indexed column, on a page with room, writes no index (heap-only tuples). So the inbox is
found by the end of its requests rather than by their state, and a key's own tasks by theirs rather than by the key; and
the pages of what a login changes keep some room.
"""

from typing import Any, Final

from yoyo import step

__depends__ = {"0020_index_of_idempotency_keys"}

_ROOM: Final = {"keys": 50, "requests": 70, "tasks": 70}
"""How far pages are filled at first, in percent: a key's row is changed three times in each login."""


def _leave_room(connection: Any) -> None:
    if not type(connection).__module__.startswith("psycopg"):
        return
    for table, percent in _ROOM.items():
        connection.cursor().execute(f"ALTER TABLE {table} SET (fillfactor = {percent})")


steps = [
    step("DROP INDEX requests_inbox"),
    step(
        "CREATE INDEX requests_inbox ON requests (shield_number, expires_at) WHERE shield_number IS NOT NULL"
    ),
    step("DROP INDEX tasks_internal"),
    step("CREATE INDEX tasks_internal ON tasks (expires_at) WHERE request_id IS NULL"),
    step(_leave_room),
]
