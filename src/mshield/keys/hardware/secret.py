"""The PIN or password of a device: from a setting, or from a file that others may not read."""

import os
import stat
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from mshield.keys.errors import HardwareNotSetUp

_MOST_BYTES: Final = 1024


def device_secret(value: SecretStr | None, file: Path | None, *, name: str) -> str | None:
    """The secret; None where neither is set. `name` is the setting's. Raises HardwareNotSetUp.

    Of a file the first line counts, so that an editor's line end is no part of it.
    """
    if value is not None and file is not None:
        raise HardwareNotSetUp(
            f"{name} 和 {name}_FILE 只能设置一个", f"set either {name} or {name}_FILE, not both"
        )
    if value is not None:
        return value.get_secret_value()
    return None if file is None else _read(file, name=f"{name}_FILE")


def _read(path: Path, *, name: str) -> str:
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise HardwareNotSetUp(
            f"{name}={path} 无法读取", f"{name}={path} can't be read: {error.strerror}"
        ) from error
    # The group may: a secret that systemd passes on stands under one (LoadCredential=).
    if not stat.S_ISREG(status.st_mode) or status.st_mode & 0o007:
        raise HardwareNotSetUp(
            f"{name}={path} 其他用户可以访问，请执行 chmod o= {path}",
            f"{name}={path} is no file of yours alone: run `chmod o= {path}`",
        )
    try:
        (secret, *_) = content.decode().splitlines()
    except ValueError:
        secret = ""
    if not secret or len(content) > _MOST_BYTES:
        raise HardwareNotSetUp(f"{name}={path} 里没有口令", f"{name}={path} holds no PIN or password")
    return secret
