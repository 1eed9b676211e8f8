"""Prevents a second serving process on one SQLite database, because limits and used proofs are kept in memory.

It is an operating-system lock, which ends with the process in any case; the lock file remains. A separate job
process and commands may run at the same time, since they keep no such state.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_SQLITE: Final = "sqlite:///"
_SUFFIX: Final = "-serving"


class ServedAlready(Exception):
    """Error: another process serves from this SQLite database."""

    code = "served_already"
    zh = "已有另一个进程在用这个 SQLite 数据库提供服务：请先停止它；多进程请用 PostgreSQL"
    en = "another process already serves from this SQLite database: stop it first, or use PostgreSQL for several"


@contextlib.contextmanager
def serving_alone(database: str) -> Iterator[None]:
    """Holds the lock of a SQLite database while the body runs; no-op for PostgreSQL. Raises: ServedAlready, OSError."""
    if not database.startswith(_SQLITE):
        yield
        return
    path = Path(database.removeprefix(_SQLITE)).resolve()
    lock = os.open(path.with_name(path.name + _SUFFIX), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServedAlready from None
        yield
    finally:
        os.close(lock)
