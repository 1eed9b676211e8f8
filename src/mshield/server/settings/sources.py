"""Sources of settings: the environment, then a TOML file named by `MSHIELD_CONFIG`.

An unknown name is refused in both, since otherwise the intended setting would silently not be set.
"""

import difflib
import json
import os
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple, get_origin

from pydantic.fields import FieldInfo

PREFIX: Final = "MSHIELD_"
FILE: Final = f"{PREFIX}CONFIG"
MOST_OCTETS: Final = 1024 * 1024
OF_COMMANDS: Final = frozenset(
    f"{PREFIX}{name}"
    for name in (
        "COPY_TO", "TRUST", "PHONE_FOLDER", "PHONE_SERVER", "PHONE_PIN", "PHONE_NEW_PIN", "PHONE_PASSWORD",
        "PORTAL_FOLDER", "PORTAL_SERVER", "PORTAL_PASSWORD",
    )
)  # fmt: skip
"""Variables of single commands."""


class Fault(NamedTuple):
    """Fault of a setting or of the file; never contains the value."""

    name: str
    zh: str
    en: str


class BadSettings(Exception):
    """The settings are invalid; the message names them, never their values."""

    code = "bad_settings"

    def __init__(self, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        self.zh = f"设置有误：{'；'.join(f'{fault.name}（{fault.zh}）' for fault in faults)}"
        self.en = f"invalid settings: {', '.join(f'{fault.name} ({fault.en})' for fault in faults)}"
        super().__init__(self.en)


def read_environment(fields: Mapping[str, FieldInfo], environment: Mapping[str, str]) -> dict[str, Any]:
    """Returns the environment's settings as text, those with named parts decoded from JSON. Raises: BadSettings."""
    variables = {name.lower(): text for name, text in environment.items()}
    found = {name: variables.get(f"{PREFIX}{name}".lower()) for name in fields}
    return {
        name: _parts(name, text) if get_origin(fields[name].annotation) is dict else text
        for name, text in found.items()
        if text is not None
    }


def _parts(name: str, text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):  # The error's text contains the value.
        raise BadSettings([Fault(f"{PREFIX}{name.upper()}", "不是 JSON", "no JSON")]) from None


def read_file(known: Collection[str]) -> dict[str, Any]:
    """Returns the file's settings; empty if no file is named. Raises: BadSettings (also for an unknown name)."""
    path = os.environ.get(FILE)
    if not path:
        return {}
    settings = _parse_file(Path(path))
    faults = [_unknown(f"{path}: {name}", name, known) for name in settings if name not in known]
    if faults:
        raise BadSettings(faults)
    return settings


def unknown_variables(known: Collection[str], environment: Mapping[str, str]) -> list[Fault]:
    """Returns faults for variables that look like settings but aren't. `known` are the settings' names."""
    variables = {f"{PREFIX}{name.upper()}" for name in known} | OF_COMMANDS | {FILE}
    # Names are compared as in Settings, which accepts lower case too.
    return [
        _unknown(name, name.upper(), variables)
        for name in sorted(environment)
        if name.upper().startswith(PREFIX) and name.upper() not in variables
    ]


def _parse_file(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o007:
                raise _refused(
                    "其他用户可以访问该文件，请执行 chmod o= ", "accessible to others: run chmod o= on it"
                )
            octets = file.read(MOST_OCTETS + 1)
    except OSError as error:
        raise _refused(f"无法读取：{error.strerror}", f"can't be read: {error.strerror}") from error
    if len(octets) > MOST_OCTETS:
        raise _refused("文件过大", "too large")
    try:
        return tomllib.loads(octets.decode())
    except (
        ValueError,
        RecursionError,
    ) as error:  # The error's text contains a position and possibly a value.
        raise _refused("不是 TOML", f"no TOML{_place(error)}") from None


def _place(error: Exception) -> str:
    _, mark, place = str(error).rpartition("(at ")
    return f" at {place.rstrip(')')}" if mark else ""


def _refused(zh: str, en: str) -> BadSettings:
    return BadSettings([Fault(f"{FILE}={os.environ[FILE]}", zh, en)])


def _unknown(shown: str, name: str, known: Collection[str]) -> Fault:
    near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
    if not near:
        return Fault(shown, "没有这个设置", "no such setting")
    return Fault(shown, f"没有这个设置，是不是 {near[0]}？", f"no such setting; did you mean {near[0]}?")
