"""Where settings come from: the environment, and behind it a TOML file that `MSHIELD_CONFIG` names.

A name that is no setting is refused wherever it stands: what an operator meant to set would otherwise not be set.
"""

import difflib
import os
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from pydantic.fields import FieldInfo
from pydantic_settings import EnvSettingsSource

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
    """What is wrong with one setting, or with the file; never its value."""

    name: str
    zh: str
    en: str


class BadSettings(Exception):
    """Settings that can't be; says which, and never the values."""

    code = "bad_settings"

    def __init__(self, faults: Iterable[Fault]) -> None:
        faults = tuple(faults)
        self.zh = f"设置有误：{'；'.join(f'{fault.name}（{fault.zh}）' for fault in faults)}"
        self.en = f"these settings can't be: {', '.join(f'{fault.name} ({fault.en})' for fault in faults)}"
        super().__init__(self.en)


class Environment(EnvSettingsSource):
    """The environment. A setting that isn't named there is skipped at once, since reading a form costs the most."""

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """The value as text, the name, whether it is JSON."""
        if f"{self.env_prefix}{field_name}".lower() in self.env_vars:
            return super().get_field_value(field, field_name)
        return None, field_name, True

    def prepare_field_value(
        self,
        field_name: str,
        field: FieldInfo,
        value: Any,
        value_is_complex: bool,  # noqa: FBT001  # as in the library
    ) -> Any:
        """The value, from JSON where it is that."""
        if value is None:
            return None
        return super().prepare_field_value(field_name, field, value, value_is_complex)


def read_file(known: Collection[str]) -> dict[str, Any]:
    """The file's settings; empty where no file is named. Raises BadSettings, also for a name that isn't `known`."""
    named = os.environ.get(FILE)
    if not named:
        return {}
    settings = _parsed(Path(named))
    faults = [_unknown(f"{named}: {name}", name, known) for name in settings if name not in known]
    if faults:
        raise BadSettings(faults)
    return settings


def unknown_variables(known: Collection[str], environment: Mapping[str, str]) -> list[Fault]:
    """Variables that look like settings and are none. `known` are the settings' names."""
    variables = {f"{PREFIX}{name.upper()}" for name in known} | OF_COMMANDS | {FILE}
    # Names are compared as Settings does, which takes small letters too.
    return [
        _unknown(name, name.upper(), variables)
        for name in sorted(environment)
        if name.upper().startswith(PREFIX) and name.upper() not in variables
    ]


def _parsed(path: Path) -> dict[str, Any]:
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & 0o007:
                raise _refused(
                    "其他用户可以访问该文件，请执行 chmod o= ", "others may use the file: chmod o= it"
                )
            octets = file.read(MOST_OCTETS + 1)
    except OSError as error:
        raise _refused(f"无法读取：{error.strerror}", f"can't be read: {error.strerror}") from error
    if len(octets) > MOST_OCTETS:
        raise _refused("文件过大", "too large")
    try:
        return tomllib.loads(octets.decode())
    except (ValueError, RecursionError) as error:  # its text says a place, and may hold a value
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
    return Fault(shown, f"没有这个设置，是不是 {near[0]}？", f"no such setting; is it {near[0]}?")
