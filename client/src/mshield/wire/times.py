"""Durations in milliseconds, the unit of every clock and time stamp; the time zone of screens and files.

A clock is in doubt if it jumped, differs from the database's, or shows a time before one already recorded.
NTP slews a clock by at most 500 ppm and steps it by less than the tolerance; a larger difference is not
accepted as a correction without confirmation.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Annotated, Final, Literal
from zoneinfo import ZoneInfo

import msgspec

from mshield.wire.messages import AnswerMessage

SECOND_MS: Final = 1000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

TOLERANCE_MS: Final = 30 * SECOND_MS
"""Maximum difference between two clocks that is accepted."""

FOLLOWED: Final = 1000
"""Maximum rate at which a wall clock's drift is followed, as 1/n: NTP slews by at most 1/2000 (RFC 5905)."""

_LEAP_DAY: Final = (2, 29)

Reason = Literal["jumped", "database", "set_back"]


class TimeZoneMessage(AnswerMessage, frozen=True):
    """Time zone of the times in screens and files: `name` from IANA's list, and a description with its offset."""

    name: Annotated[str, msgspec.Meta(examples=["Asia/Shanghai"])]
    zh: str
    en: str


_ZONES: Final = {
    "Asia/Shanghai": ("中国标准时间", "China Standard Time"),
    "Asia/Hong_Kong": ("香港时间", "Hong Kong Time"),
    "Asia/Macau": ("澳门时间", "Macau Time"),
    "Asia/Urumqi": ("乌鲁木齐时间", "Urumqi Time"),
    "Asia/Taipei": ("台北时间", "Taipei Time"),
    "UTC": ("协调世界时", "Coordinated Universal Time"),
}


_BY_TODAYS_RULES: Final = 2037
"""Year after the last change of any zone's rules, so that only today's rules apply."""


def zone_names(zone: ZoneInfo) -> TimeZoneMessage:
    """Returns the zone's names, such as 中国标准时间 UTC+08:00; no offset if the zone has daylight saving time."""
    name = zone.key
    zh, en = _ZONES.get(name, (name, name))
    offsets = {dt.datetime(_BY_TODAYS_RULES, month, 1, tzinfo=zone).utcoffset() for month in range(1, 13)}
    if len(offsets) > 1:
        return TimeZoneMessage(name, zh, en)
    minutes = (offsets.pop() or dt.timedelta()) // dt.timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    offset = f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    return TimeZoneMessage(name, f"{zh} {offset}", f"{en} {offset}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """Doubt about a clock. `ahead` is its lead in ms over the time that it should show; negative if it is behind."""

    reason: Reason
    ahead: int

    @property
    def zh(self) -> str:
        """The reason and the deviation, in Chinese."""
        return _ZH[self.reason].format(length_zh(self.ahead))

    @property
    def en(self) -> str:
        """The reason and the deviation, in English."""
        return _EN[self.reason].format(length_en(self.ahead))


_ZH: Final = {
    "jumped": "时钟突然{0}",
    "database": "时钟与数据库的时钟不一致，{0}",
    "set_back": "时钟早于服务已经记录的时间，{0}",
}
_EN: Final = {
    "jumped": "the clock jumped: it is {0}",
    "database": "the clock differs from the database's: it is {0}",
    "set_back": "the clock shows a time before what the service has seen: it is {0}",
}


def length_zh(ahead: int) -> str:
    """Returns a clock's deviation in Chinese words; `ahead` in ms, negative if behind."""
    return f"{'快' if ahead > 0 else '慢'}了 {_length(ahead, ('天', '小时', '分钟', '秒'))}"


def length_en(ahead: int) -> str:
    """Returns a clock's deviation in English words; `ahead` in ms, negative if behind."""
    return f"{_length(ahead, ('d', 'h', 'min', 's'))} {'ahead' if ahead > 0 else 'behind'}"


def _length(ahead: int, units: tuple[str, str, str, str]) -> str:
    seconds = abs(ahead) // SECOND_MS
    for length, unit in zip((86_400, 3600, 60), units, strict=False):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} {units[3]}"


def wait_zh(seconds: int) -> str:
    """Returns a time to wait in Chinese words, rounded up: seconds below two minutes, then minutes, hours, days."""
    count, unit = _rounded_up(seconds)
    return f"{count} {('秒', '分钟', '小时', '天')[unit]}"


def wait_en(seconds: int) -> str:
    """Returns a time to wait in English words, rounded up: seconds below two minutes, then minutes, hours, days."""
    count, unit = _rounded_up(seconds)
    return f"{count} {('second', 'minute', 'hour', 'day')[unit]}{'' if count == 1 else 's'}"


def _rounded_up(seconds: int) -> tuple[int, int]:
    """Returns the count and the place of its unit."""
    for unit, length in ((3, 86_400), (2, 3600), (1, 60)):
        if seconds >= 2 * length:
            return -(-seconds // length), unit
    return seconds, 0


def years_after(at: int, years: int) -> int:
    """Returns the same moment (ms, UTC) `years` years later; a leap day becomes 1 March."""
    moment = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
    if (moment.month, moment.day) == _LEAP_DAY:
        moment = moment.replace(month=3, day=1)
    return round(moment.replace(year=moment.year + years).timestamp() * 1000)
