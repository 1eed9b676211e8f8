"""Values in content, and how they are rendered: numbers and dates. Nothing is rounded or converted."""

import datetime as dt
import re
from typing import Final, NamedTuple

_PLAIN: Final = re.compile(r"(-?)([0-9]{1,30})(?:\.([0-9]{1,12}))?")
_GROUPED: Final = re.compile(r"(-?)([0-9]{1,3}(?:,[0-9]{3}){0,10})(?:\.([0-9]{1,12}))?")
_DATES: Final = (
    re.compile(
        r"(?P<y>[0-9]{4})(?P<m>[0-9]{2})(?P<d>[0-9]{2})(?:(?P<h>[0-9]{2})(?P<n>[0-9]{2})(?P<s>[0-9]{2}))?"
    ),
    re.compile(
        r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})(?: (?P<h>[0-9]{2}):(?P<n>[0-9]{2})(?::(?P<s>[0-9]{2}))?)?"
    ),
    re.compile(r"(?P<y>[0-9]{4})/(?P<m>[0-9]{2})/(?P<d>[0-9]{2})"),
    re.compile(r"(?P<y>[0-9]{4})年(?P<m>[0-9]{1,2})月(?P<d>[0-9]{1,2})日"),
    re.compile(
        r"(?P<y>[0-9]{4})-(?P<m>[0-9]{2})-(?P<d>[0-9]{2})T(?P<h>[0-9]{2}):(?P<n>[0-9]{2}):(?P<s>[0-9]{2})"
        r"(?P<z>Z|[+-](?:0[0-9]|1[0-4]):[0-5][0-9])?"
    ),
)


class Decimal(NamedTuple):
    """An exact number: `value` / 10 ** `scale`; the scale is as written."""

    value: int
    scale: int

    def __add__(self, other: object) -> "Decimal":
        """Adds exactly, keeping the larger scale."""
        if not isinstance(other, Decimal):
            return NotImplemented
        scale = max(self.scale, other.scale)
        ours, theirs = (one.value * 10 ** (scale - one.scale) for one in (self, other))
        return Decimal(ours + theirs, scale)

    @property
    def reduced(self) -> "Decimal":
        """Returns this number with the smallest scale, so that equal numbers compare equal."""
        value, scale = self
        if not scale:
            return self
        while scale and value % 10 == 0:
            value, scale = value // 10, scale - 1
        return Decimal(value, scale)

    @property
    def number(self) -> str:
        """The number without separators, leading zeros, or a minus before zero."""
        return self._written("d")

    @property
    def text(self) -> str:
        """The number with `,` every three digits."""
        return self._written(",")

    def _written(self, form: str) -> str:
        whole, part = divmod(abs(self.value), 10**self.scale)
        after = f".{part:0{self.scale}d}" if self.scale else ""
        return f"{'-' if self.value < 0 else ''}{whole:{form}}{after}"


def decimal(text: str, *, separators: bool) -> Decimal | None:
    """Parses a trimmed text as a number; None if it isn't one."""
    match = _PLAIN.fullmatch(text) or (_GROUPED.fullmatch(text) if separators else None)
    if match is None:
        return None
    part = match[3] or ""
    digits = match[2].replace(",", "")
    if len(digits) > 30:
        return None
    value = int(digits + part)
    return Decimal(-value if match[1] else value, len(part))


def real_day(year: str, month: str, day: str) -> str | None:
    """Returns a day of the Gregorian calendar as `YYYY-MM-DD`; None if it doesn't exist."""
    try:
        return dt.date(int(year), int(month), int(day)).isoformat()
    except ValueError:
        return None


def date(text: str) -> str | None:
    """Returns a trimmed text's date as displayed, or None; time and zone stay as given."""
    match = next((match for form in _DATES if (match := form.fullmatch(text))), None)
    if match is None:
        return None
    parts = match.groupdict()
    day = real_day(parts["y"], parts["m"], parts["d"]) if parts["y"] >= "1000" else None
    hour, minute, second = parts.get("h"), parts.get("n"), parts.get("s")
    if day is None or hour is None or minute is None:
        return day
    if hour > "23" or minute > "59" or (second or "00") > "59":
        return None
    return f"{day} {hour}:{minute}" + (f":{second}" if second else "") + (parts.get("z") or "")
