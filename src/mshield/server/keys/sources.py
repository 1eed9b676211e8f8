"""Sources of master keys: a file that only its owner can read, or the environment.

A file is created once and never overwritten in place. Each change writes a complete new file and flushes it
to disk before renaming it to the old name, under a lock, so that neither a crash nor two simultaneous
commands lose a key.
"""

import fcntl
import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, Protocol

from mshield.server.keys.errors import BadMasterKey, MasterKeyExists, NoMasterKey, UnsafeMasterKey
from mshield.server.keys.master import MasterKey, format_master_keys, parse_master_keys

_MAX_BYTES = 1 << 16


class KeySource(Protocol):
    """Source of the master keys."""

    def load(self) -> tuple[MasterKey, ...]:
        """Returns the keys as they are now, the current one first."""

    def changed(self) -> bool:
        """Reports whether they may differ from the keys loaded last."""

    def description(self) -> str:
        """Describes in English how they are stored. Raises: KeysError."""


class KeyForm(Protocol):
    """Format of keys in a file's text."""

    def parse(self, text: str) -> tuple[MasterKey, ...]:
        """Parses the keys, the current one first. Raises: KeysError."""

    def format(self, keys: Iterable[MasterKey]) -> str:
        """Formats the keys. Raises: KeysError."""

    def description(self) -> str:
        """Describes the format in English. Raises: KeysError."""


class ClearForm:
    """Format of keys in the clear."""

    def parse(self, text: str) -> tuple[MasterKey, ...]:
        """Parses the keys. Raises: BadMasterKey, WrappedMasterKey."""
        return parse_master_keys(text)

    def format(self, keys: Iterable[MasterKey]) -> str:
        return format_master_keys(keys)

    def description(self) -> str:
        return "in the clear"


CLEAR: Final = ClearForm()


class EnvironmentKeys:
    """Master keys from the environment, fixed for the life of the process."""

    def __init__(self, text: str) -> None:
        self._text = text

    def load(self) -> tuple[MasterKey, ...]:
        """Parses the keys of the text."""
        return parse_master_keys(self._text)

    def changed(self) -> bool:
        """Always False: the environment of a process doesn't change."""
        return False

    def description(self) -> str:
        return "in the environment"


class MasterKeyFile:
    """Master key file at `path`: a regular file of the service's user, without permissions for group and others."""

    def __init__(self, path: Path, form: KeyForm = CLEAR) -> None:
        self.path, self.form = path, form
        self._name = os.fspath(
            path
        )  # It is checked before each seal, and Path.stat takes three times as long.
        self._seen: tuple[int, ...] | None = None

    def load(self) -> tuple[MasterKey, ...]:
        """Loads the keys. Raises: NoMasterKey, UnsafeMasterKey, BadMasterKey, or an error of the format."""
        text, seen = self._read()
        keys = self.form.parse(text)
        self._seen = seen
        return keys

    def changed(self) -> bool:
        """Reports whether the file differs from the one loaded last; costs one `stat`."""
        try:
            return _signature(os.stat(self._name)) != self._seen  # noqa: PTH116  # as above
        except OSError:
            return True

    def description(self) -> str:
        """Describes the format: in the clear, or wrapped by which token. Raises: HardwareError."""
        return self.form.description()

    def changed_at(self) -> int:
        """Returns the time of the last change, in ms since the epoch."""
        return self.path.stat().st_mtime_ns // 1_000_000

    def require_none(self) -> None:
        """Raises MasterKeyExists if a file of this name exists already."""
        if os.path.lexists(self.path):
            raise self._exists()

    def create(self, key: MasterKey) -> None:
        """Creates the file with its first key. Raises: MasterKeyExists (a file of this name exists)."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            self._write(self.path, (key,))
        except FileExistsError:
            raise self._exists() from None
        self._sync_folder()

    def replace(self, keys: tuple[MasterKey, ...], *, erase: bool = False) -> None:
        """Replaces the file's keys by `keys` atomically. Call only under `lock`.

        `erase` overwrites the old content, as far as the storage permits.
        """
        new = self.path.with_name(f"{self.path.name}.new")
        new.unlink(missing_ok=True)  # Left over by a command that crashed before the rename.
        self._write(new, keys)
        old = os.open(self.path, os.O_WRONLY | os.O_CLOEXEC | os.O_NOFOLLOW) if erase else None
        try:
            new.replace(self.path)
            self._sync_folder()
            if old is not None:
                _erase(old)
        finally:
            if old is not None:
                os.close(old)

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Locks out other commands that change the file. Reload it inside the lock."""
        descriptor = os.open(f"{self.path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _exists(self) -> MasterKeyExists:
        return MasterKeyExists(
            f"{self.path} 已存在，主密钥不会被覆盖",
            f"{self.path} already exists, and a master key is never overwritten",
        )

    def _read(self) -> tuple[str, tuple[int, ...]]:
        try:
            descriptor = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            raise NoMasterKey(
                f"没有主密钥 {self.path}：请运行 mshield keys init",
                f"the master key {self.path} doesn't exist: run `mshield keys init`",
            ) from None
        except OSError as error:
            raise UnsafeMasterKey(
                f"主密钥 {self.path} 无法读取", f"the master key {self.path} can't be read: {error.strerror}"
            ) from None
        try:
            status = os.fstat(descriptor)
            _require_private(self.path, status)
            content = os.read(descriptor, _MAX_BYTES + 1)
        finally:
            os.close(descriptor)
        if len(content) > _MAX_BYTES or not content.isascii():
            raise BadMasterKey(f"{self.path} 不是主密钥文件", f"{self.path} doesn't contain master keys")
        return content.decode("ascii"), _signature(status)

    def _write(self, path: Path, keys: tuple[MasterKey, ...]) -> None:
        text = self.form.format(keys)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            os.fchmod(descriptor, 0o600)  # the umask may have removed the owner's permissions
            file.write(text)
            file.flush()
            os.fsync(descriptor)

    def _sync_folder(self) -> None:
        descriptor = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _erase(descriptor: int) -> None:
    """Overwrites a file that has been unlinked. A file with a remaining hard link is left unchanged."""
    status = os.fstat(descriptor)
    if status.st_nlink == 0:
        os.pwrite(descriptor, bytes(status.st_size), 0)
        os.fsync(descriptor)


def _signature(status: os.stat_result) -> tuple[int, ...]:
    return (status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns)


def _require_private(path: Path, status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise UnsafeMasterKey(f"主密钥 {path} 不是普通文件", f"the master key {path} is not a regular file")
    if status.st_uid != os.geteuid():
        raise UnsafeMasterKey(
            f"主密钥 {path} 属于其他用户（uid {status.st_uid}），应属于运行服务的用户（uid {os.geteuid()}）",
            f"the master key {path} belongs to uid {status.st_uid}; it must belong to the service's uid {os.geteuid()}",
        )
    if mode := stat.S_IMODE(status.st_mode) & 0o077:
        raise UnsafeMasterKey(
            f"主密钥 {path} 的权限过宽（{stat.S_IMODE(status.st_mode):04o}）：请运行 chmod 600 {path}",
            f"the master key {path} gives others permissions ({mode:03o}): run `chmod 600 {path}`",
        )
