"""Rules against easily guessed PINs (R10). Applied on the phone: the PIN never leaves it, so no service can check it.

Five tries suffice for a thief if the PIN is among the few most common ones. Pure functions without server
packages, so the virtual phone uses them unchanged.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from types import MappingProxyType
from typing import Final

from mshield.gm.mask import PIN_DIGITS, PIN_FORM

_CARD_NUMBER: Final = re.compile(r"[0-9]{6}(?P<date>[0-9]{8})[0-9]{3}[0-9X]")
_CARD_END: Final = re.compile(r"\*{14}(?P<end>[0-9]{3}[0-9X])")
_FOREIGN_BEFORE_2023: Final = re.compile(r"[A-Z]{3}[0-9]{4}(?P<date>[0-9]{6})[0-9]{2}")
_CENTURIES: Final = ("19", "20")


class PinRule(StrEnum):
    """Reason for refusing a PIN, in order of precedence; also the code of the reason and the name of its switch."""

    SAME = "same"
    RUN = "run"
    REPEATED = "repeated"
    BIRTHDAY = "birthday"
    ID_NUMBER = "id_number"
    BLOCKED = "blocked"


REASONS: Final[Mapping[PinRule, tuple[str, str]]] = MappingProxyType(
    {
        PinRule.SAME: ("不能六位都是同一个数字", "All six digits are the same"),
        PinRule.RUN: ("不能是连续的数字，如 123456 或 987654", "The digits count up or down"),
        PinRule.REPEATED: (
            "不能由重复的数字组成，如 121212、112233 或 123123",
            "The same digits are repeated, as in 121212, 112233 or 123123",
        ),
        PinRule.BIRTHDAY: ("不能是您的生日", "It is your birthday"),
        PinRule.ID_NUMBER: ("不能是证件号码中的六位数字", "It is part of your ID number"),
        PinRule.BLOCKED: ("这是常见的 PIN 码", "It is one of the PINs that many people choose"),
    }
)
"""Chinese and English sentence of each reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinPolicy:
    """Rules in force, and the block list of six-digit PINs."""

    rules: frozenset[PinRule] = frozenset(PinRule)
    blocked: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Data about the holder, used only while a PIN is chosen and not stored. An empty instance refuses nothing."""

    id_number: str = field(default="", repr=False)
    birth_dates: frozenset[dt.date] = field(default=frozenset(), repr=False)

    @classmethod
    def of_id_number(cls, text: str) -> "Holder":
        """Returns the holder of a document whose number the user typed."""
        number = re.sub(r"[^0-9A-Z]", "", unicodedata.normalize("NFKC", text).upper())
        return cls(id_number=number, birth_dates=birth_dates(number))

    @classmethod
    def of_end(cls, dates: frozenset[dt.date], masked: str | None) -> "Holder":
        """Returns the holder by birth dates and masked number: for a resident card that is all but the region code."""
        end = _CARD_END.fullmatch(masked or "")
        date = next(iter(dates)) if len(dates) == 1 else None
        digits = "" if date is None or end is None else f"{date:%Y%m%d}{end['end']}"
        return cls(id_number=digits, birth_dates=dates)


def weakness(pin: str, policy: PinPolicy, holder: Holder) -> PinRule | None:
    """Returns the first rule that refuses the PIN, or None. Raises: ValueError (not six digits)."""
    if not PIN_FORM.fullmatch(pin):
        raise ValueError("a PIN is six digits")
    broken = {
        PinRule.SAME: len(set(pin)) == 1,
        PinRule.RUN: _is_run(pin),
        PinRule.REPEATED: _is_repeated(pin),
        PinRule.BIRTHDAY: any(pin in birthday_forms(date) for date in holder.birth_dates),
        PinRule.ID_NUMBER: pin in holder.id_number,
        PinRule.BLOCKED: pin in policy.blocked,
    }
    return next((rule for rule in PinRule if rule in policy.rules and broken[rule]), None)


def birth_dates(number: str) -> frozenset[dt.date]:
    """Returns the possible birth dates in a normalised id number; empty for passports and permits.

    Resident cards (GB 11643) and foreign residents' cards since 2023 have eight digits; older foreign cards
    have six, which leave the century open.
    """
    if (match := _CARD_NUMBER.fullmatch(number)) is not None:
        texts = [match["date"]]
    elif (match := _FOREIGN_BEFORE_2023.fullmatch(number)) is not None:
        texts = [century + match["date"] for century in _CENTURIES]
    else:
        texts = []
    return frozenset(date for date in map(_date, texts) if date is not None)


def birthday_forms(date: dt.date) -> frozenset[str]:
    """Returns the usual six-digit spellings of a date: 900315, 150390, 031590, 199003, 031990, 199035, 351990."""
    year, month, day = date.year, date.month, date.day
    two = f"{year % 100:02d}"
    padded = (f"{month:02d}", f"{day:02d}")
    forms = {
        two + padded[0] + padded[1],
        padded[1] + padded[0] + two,
        padded[0] + padded[1] + two,
        f"{year}{padded[0]}",
        f"{padded[0]}{year}",
        f"{year}{month}{day}",
        f"{month}{day}{year}",
        f"{day}{month}{year}",
    }
    return frozenset(form for form in forms if len(form) == PIN_DIGITS)


def _date(text: str) -> dt.date | None:
    try:
        return dt.date(int(text[:4]), int(text[4:6]), int(text[6:]))
    except ValueError:
        return None


def _is_run(pin: str) -> bool:
    """Reports whether each digit is one more, or each one less, than the one before; 0 follows 9."""
    steps = {(int(after) - int(before)) % 10 for before, after in pairwise(pin)}
    return steps in ({1}, {9})


def _is_repeated(pin: str) -> bool:
    """Reports whether the PIN repeats digits or groups, as 121212, 123123 and 112233 do."""
    groups = pin == pin[:2] * 3 or pin == pin[:3] * 2
    return groups or pin[::2] == pin[1::2]
