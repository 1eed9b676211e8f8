"""Lengths of time in milliseconds, the unit of every clock and time stamp; the zone in which people read them.

A clock is doubted where it jumped, differs from the database's, or went back behind what it had shown. One that is
kept (NTP) is moved by half a thousandth at most, and set by less than the tolerance; what is further apart is no
correction that anybody may take for granted.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Final, Literal
from zoneinfo import ZoneInfo

SECOND_MS: Final = 1000
MINUTE_MS: Final = 60 * SECOND_MS
HOUR_MS: Final = 60 * MINUTE_MS
DAY_MS: Final = 24 * HOUR_MS

TOLERANCE_MS: Final = 30 * SECOND_MS
"""How far two clocks may be apart."""

FOLLOWED: Final = 1000
"""A wall clock is followed by one part in so many: kept ones are moved by one in two thousand at most (RFC 5905)."""

_LEAP_DAY: Final = (2, 29)

Reason = Literal["jumped", "database", "set_back"]


@dataclass(frozen=True, slots=True)
class ZoneNames:
    """The one zone in which screens and files tell times: its name in the IANA's list, and in words."""

    name: str
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
"""A year that no past rule reaches."""


def zone_names(zone: ZoneInfo) -> ZoneNames:
    """中国标准时间 UTC+08:00. Without the offset where it is another one in summer."""
    name = zone.key
    zh, en = _ZONES.get(name, (name, name))
    offsets = {dt.datetime(_BY_TODAYS_RULES, month, 1, tzinfo=zone).utcoffset() for month in range(1, 13)}
    if len(offsets) > 1:
        return ZoneNames(name, zh, en)
    minutes = (offsets.pop() or dt.timedelta()) // dt.timedelta(minutes=1)
    hours, rest = divmod(abs(minutes), 60)
    offset = f"UTC{'-' if minutes < 0 else '+'}{hours:02}:{rest:02}"
    return ZoneNames(name, f"{zh} {offset}", f"{en} {offset}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """`ahead` is by how many ms the clock is ahead of what it should show, below 0 where it is behind."""

    reason: Reason
    ahead: int

    @property
    def zh(self) -> str:
        """Whose clock is wrong, and by how much."""
        return _ZH[self.reason].format(length_zh(self.ahead))

    @property
    def en(self) -> str:
        """Whose clock is wrong, and by how much."""
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
    """By how much a clock is ahead or behind, in words."""
    return f"{'快' if ahead > 0 else '慢'}了 {_length(ahead, ('天', '小时', '分钟', '秒'))}"


def length_en(ahead: int) -> str:
    """By how much a clock is ahead or behind, in words."""
    return f"{_length(ahead, ('d', 'h', 'min', 's'))} {'ahead' if ahead > 0 else 'behind'}"


def _length(ahead: int, units: tuple[str, str, str, str]) -> str:
    seconds = abs(ahead) // SECOND_MS
    for length, unit in zip((86_400, 3600, 60), units, strict=False):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit}"
    return f"{seconds} {units[3]}"


def years_after(at: int, years: int) -> int:
    """The same moment (ms, UTC) so many years later; of a leap day the first of March."""
    moment = dt.datetime.fromtimestamp(at / 1000, dt.UTC)
    if (moment.month, moment.day) == _LEAP_DAY:
        moment = moment.replace(month=3, day=1)
    return round(moment.replace(year=moment.year + years).timestamp() * 1000)
