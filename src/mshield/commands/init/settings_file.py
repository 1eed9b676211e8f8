"""The settings file that `mshield init` writes: where everything lies, in one folder, and what people answered."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from mshield.setting_sources import FILE

_HEAD: Final = (
    "# Settings of Mobile Shield. docs/settings.md has all names; one that is no setting stops the start.\n"
)


def paths(folder: Path) -> dict[str, str]:
    """The settings that say where things lie: all below one folder, by absolute paths."""
    whole = folder.absolute()
    return {
        "database": f"sqlite:///{whole / 'mshield.db'}",
        "master_key_file": str(whole / "keys" / "master.key"),
        "high_water_folder": str(whole / "high-water"),
        "security_log": str(whole / "security.log"),
    }


def write_settings(file: Path, settings: Mapping[str, str | Mapping[str, str]]) -> None:
    """Makes the file, for its owner alone, and has this process read it. Raises FileExistsError, BadSettings.

    A file whose settings can't be is taken away again: what is wrong can be said once more.
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
    """Has this process, and those that it starts, go by the file. Raises BadSettings and PlainOrigin."""
    from mshield.services.process.origin import require_origin
    from mshield.settings import load_settings

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
    """A basic string of TOML, which is one of JSON but for the character that JSON lets stand."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
