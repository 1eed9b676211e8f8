"""PostgreSQL vacuums the tables that grow for years by hundredths, not by fifths.

By default it begins once a fifth of a table is dead: of ten million signatures a day that is a week of contents. The
lock that this takes stands in nobody's way who reads or writes, so it may wait for a second: by then PostgreSQL has
ended a vacuum that holds it.
"""

from typing import Any, Final

from yoyo import step

__depends__ = {"0117_archived_kinds"}

_GROWING: Final = (
    "requests",
    "tasks",
    "signatures",
    "time_stamps",
    "certificate_events",
    "acts",
    "sealed_changes",
)
_SETTINGS: Final = (
    ("autovacuum_vacuum_scale_factor", "0.01"),
    ("autovacuum_vacuum_threshold", "10000"),
    ("autovacuum_vacuum_insert_scale_factor", "0.05"),
    ("autovacuum_analyze_scale_factor", "0.02"),
)
_OUT_OF_LINE: Final = (
    ("toast.autovacuum_vacuum_scale_factor", "0.01"),
    ("toast.autovacuum_vacuum_threshold", "10000"),
)


def _set(connection: Any) -> None:
    if not type(connection).__module__.startswith("psycopg"):
        return
    cursor = connection.cursor()
    cursor.execute("SET LOCAL lock_timeout = '3s'")
    for table in _GROWING:
        settings = (*_SETTINGS, *_OUT_OF_LINE) if table == "tasks" else _SETTINGS
        cursor.execute(
            f"ALTER TABLE {table} SET ({', '.join(f'{name} = {value}' for name, value in settings)})"
        )


steps = [step(_set)]
