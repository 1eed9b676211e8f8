"""Causes for which a database doesn't answer: each has a code, a sentence in both languages, and the next step.

Errors of all drivers are told apart by SQLSTATE, by SQLite's error code or by errno, never by their text, which
PostgreSQL translates.
"""

import errno
import socket
import sqlite3
from typing import Any, Final

import asyncpg

from mshield.server.database.interface import Unavailable


class DatabaseRefused(Unavailable):
    """Nothing listens at the database's address."""

    code = "database_refused"
    zh = "数据库地址拒绝连接：请确认数据库已启动，并核对 MSHIELD_DATABASE 的主机和端口"
    en = (
        "the database's address refuses connections: start the database, and check host and port in "
        "MSHIELD_DATABASE"
    )


class DatabaseDown(Unavailable):
    """The server doesn't answer: no such host, no route, no answer in time, starting up, or shutting down."""

    code = "database_down"
    zh = "数据库没有应答：请检查数据库主机和网络；正在启动或切换时，请稍后重试"
    en = (
        "the database doesn't answer: check its host and the network; if it is starting or failing over, "
        "try again shortly"
    )


class DatabaseLoginRefused(Unavailable):
    """The server refuses the user or the password."""

    code = "database_login_refused"
    zh = "数据库拒绝登录：请核对 MSHIELD_DATABASE 的用户名和密码，以及服务器的 pg_hba.conf"
    en = "the database refuses the login: check user and password in MSHIELD_DATABASE, and the server's pg_hba.conf"


class DatabaseMissing(Unavailable):
    """The server has no database of this name."""

    code = "database_missing"
    zh = "服务器上没有这个数据库：请核对 MSHIELD_DATABASE 的名称；新数据库先用 createdb 建立，再运行 mshield migrate"
    en = (
        "the server has no database of this name: check the name in MSHIELD_DATABASE; create a new one with createdb, "
        "then run `mshield migrate`"
    )


class DatabaseFull(Unavailable):
    """The database's disk has no room left."""

    code = "database_full"
    zh = "数据库所在磁盘已满，没有写入：请腾出空间或扩容后重试，不要删除数据库的文件"
    en = (
        "the database's disk is full, so nothing was written: free or add space and try again; "
        "don't delete the database's files"
    )


class DatabaseReadOnly(Unavailable):
    """The database answers but accepts no writes."""

    code = "database_read_only"
    zh = (
        "数据库只读，没有写入：PostgreSQL 请检查是否连到备库、default_transaction_read_only 是否打开；"
        "SQLite 请检查文件及其目录是否属于运行服务的用户"
    )
    en = (
        "the database is read-only, so nothing was written: on PostgreSQL check for a standby or "
        "default_transaction_read_only; on SQLite check that file and folder belong to the service's user"
    )


class DatabaseFileClosed(Unavailable):
    """SQLite can't open its file."""

    code = "database_file_closed"
    zh = "无法打开数据库文件：请核对 MSHIELD_DATABASE 的路径，以及文件和目录的权限"
    en = "the database file can't be opened: check the path in MSHIELD_DATABASE, and the permissions of file and folder"


class DatabaseCrowded(Unavailable):
    """The server has no connection to spare."""

    code = "database_crowded"
    zh = "数据库连接已用完：请减少进程或 MSHIELD_DATABASE_POOL，或调高服务器的 max_connections"
    en = (
        "the database has no connections left: use fewer processes or a smaller MSHIELD_DATABASE_POOL, or raise "
        "the server's max_connections"
    )


SETTLED: Final = (DatabaseLoginRefused, DatabaseMissing)
"""Causes that waiting can't remove."""

_BY_SQLSTATE: Final[dict[str, type[Unavailable]]] = {
    "08": DatabaseDown,
    "25006": DatabaseReadOnly,
    "28": DatabaseLoginRefused,
    "3D000": DatabaseMissing,
    "53100": DatabaseFull,
    "53300": DatabaseCrowded,
    "57P01": DatabaseDown,
    "57P02": DatabaseDown,
    "57P03": DatabaseDown,
}
_BY_SQLITE: Final[dict[int, type[Unavailable]]] = {
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_READONLY: DatabaseReadOnly,
    sqlite3.SQLITE_CANTOPEN: DatabaseFileClosed,
}
_BY_ERRNO: Final[dict[int, type[Unavailable]]] = {
    errno.ECONNREFUSED: DatabaseRefused,
    errno.ENOENT: DatabaseRefused,  # no socket file
    errno.ENOSPC: DatabaseFull,
    errno.EROFS: DatabaseReadOnly,
}


def known_cause(error: Any) -> type[Unavailable] | None:
    """Returns the cause of a driver's error; None if it isn't one of these causes."""
    if isinstance(error, sqlite3.Error):
        # An extended code has the plain one in its last byte.
        return _BY_SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)
    if isinstance(error, OSError):
        return _of_system(error)
    if isinstance(error, asyncpg.TargetServerAttributeNotMatched):  # only a standby answers
        return DatabaseReadOnly
    state = getattr(error, "sqlstate", None) or ""
    return _BY_SQLSTATE.get(state) or _BY_SQLSTATE.get(state[:2])


def unavailable(error: BaseException) -> Unavailable:
    """Returns the error to raise for a driver's error that means that the database doesn't answer."""
    return (known_cause(error) or Unavailable)(str(error) or type(error).__name__)


def _of_system(error: OSError) -> type[Unavailable]:
    if isinstance(error, TimeoutError | socket.gaierror):
        return DatabaseDown
    # asyncio joins the errors of a name with several addresses into one without a number.
    if error.errno is None and f"[Errno {errno.ECONNREFUSED}]" in str(error):
        return DatabaseRefused
    return _BY_ERRNO.get(error.errno or 0, DatabaseDown)
