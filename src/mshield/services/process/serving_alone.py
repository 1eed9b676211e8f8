"""Keeps a second serving process from one SQLite: what a process keeps in memory, limits and used proofs, isn't shared.

The lock is the operating system's and ends with the process, however it ends; the file stays. Jobs in a process of
their own, and commands, go on beside: they hold none of it.
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
    """Another process serves from this SQLite."""

    code = "served_already"
    zh = "已有另一个进程在用这个 SQLite 数据库提供服务：请先停止它；多进程请用 PostgreSQL"
    en = "another process serves from this SQLite database: stop it first, or use PostgreSQL for several"


@contextlib.contextmanager
def serving_alone(database: str) -> Iterator[None]:
    """Holds the lock of a database on SQLite while the body runs. Raises ServedAlready; OSError."""
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
