"""Settings file written by `mshield init`: paths, all in one folder, and the user's answers."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mshield.server.settings.sources import FILE

_HEAD: Final = (
    "# Settings of Mobile Shield. docs/settings.md lists all names; unknown ones prevent the start.\n"
)


def paths(folder: Path) -> dict[str, str]:
    """Returns the settings for paths: all below one folder, absolute."""
    root = folder.absolute()
    return {
        "database": f"sqlite:///{root / 'mshield.db'}",
        "master_key_file": str(root / "keys" / "master.key"),
        "high_water_folder": str(root / "high-water"),
        "security_log": str(root / "security.log"),
    }


def write_settings(file: Path, settings: Mapping[str, str | Mapping[str, str]]) -> None:
    """Creates the file, readable only by its owner, and loads it in this process. Raises: FileExistsError, BadSettings.

    A file with invalid settings is deleted again, so that the command can be repeated.
    """
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as written:
        written.write(_toml(settings))
        written.flush()
        os.fsync(written.fileno())
    try:
        read_settings(file)
    except BaseException:
        file.unlink()
        raise


def read_settings(file: Path) -> None:
    """Loads the file in this process, and in those that it starts. Raises: BadSettings, PlainOrigin."""
    from mshield.server.settings.origin import require_origin
    from mshield.server.settings.settings import load_settings

    os.environ[FILE] = str(file.absolute())
    load_settings.cache_clear()
    require_origin(load_settings())


def _toml(settings: Mapping[str, str | Mapping[str, str]]) -> str:
    values = [f"{name} = {_string(value)}" for name, value in settings.items() if isinstance(value, str)]
    tables = [
        "\n".join([f"\n[{name}]", *(f"{key} = {_string(text)}" for key, text in value.items())])
        for name, value in settings.items()
        if not isinstance(value, str)
    ]
    return _HEAD + "\n".join([*values, *tables]) + "\n"


def _string(text: str) -> str:
    """Encodes a TOML basic string, which is a JSON string except for U+007F, which JSON allows unescaped."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
