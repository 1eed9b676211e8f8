"""Identities of people and enterprises: names, id documents, credit codes and phone numbers, checked and normalised.

Different spellings of the same value normalise to the same text, so callers compare and hash them directly.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Callable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.server.identity.errors import InvalidCreditCode, InvalidIdNumber, InvalidName, InvalidPhone

MAX_NAME: Final = 64
"""Maximum length of a name in characters: the upper bound of CN and O in a certificate (RFC 5280, appendix A.1)."""


class IdType(StrEnum):
    """Kinds of id documents (证件类型), in the order of the manual's wheel picker."""

    RESIDENT_ID = "resident_id"
    PASSPORT = "passport"
    HK_MACAU_PERMIT = "hk_macau_permit"
    TAIWAN_PERMIT = "taiwan_permit"
    FOREIGN_RESIDENT_ID = "foreign_resident_id"


ID_TYPE_NAMES: Final[Mapping[IdType, tuple[str, str]]] = MappingProxyType(
    {
        IdType.RESIDENT_ID: ("居民身份证", "Resident identity card"),
        IdType.PASSPORT: ("护照", "Passport"),
        IdType.HK_MACAU_PERMIT: (
            "港澳居民来往内地通行证",
            "Mainland travel permit for Hong Kong and Macau residents",
        ),
        IdType.TAIWAN_PERMIT: ("台湾居民来往大陆通行证", "Mainland travel permit for Taiwan residents"),
        IdType.FOREIGN_RESIDENT_ID: ("外国人永久居留身份证", "Foreign permanent resident identity card"),
    }
)
"""Chinese and English name of each id type."""

_PHONE: Final = re.compile(r"1[3-9][0-9]{9}")
_CALLING_CODE: Final = re.compile(r"(?:\+|00)86")
_PASSPORT: Final = re.compile(r"(?=.*[0-9])[A-Z0-9]{5,12}")
_HK_MACAU: Final = re.compile(r"[HM][0-9]{8}(?:[0-9]{2})?")
_TAIWAN: Final = re.compile(r"[0-9]{8}(?:[0-9]{2}[A-Z]?)?")
_FOREIGN_BEFORE_2023: Final = re.compile(r"[A-Z]{3}[0-9]{4}(?P<birth>[0-9]{6})[0-9]{2}")
_CARD_NUMBER: Final = re.compile(r"[0-9]{17}[0-9X]")
_ID_SEPARATORS: Final = re.compile(r"[\s()（）-]")
_MIDDLE_DOTS: Final = re.compile(r"\s*[·•‧∙⋅・]\s*")
# Minimum length of a number, and how many characters its mask reveals at the start and at the end.
_SHOWN: Final = ((18, (6, 4)), (15, (4, 4)), (8, (2, 2)), (2, (1, 0)), (0, (0, 0)))
_FIRST_YEAR: Final = 1880
_LAST_YEAR: Final = 2099


def normalise_name(text: str) -> str:
    """Normalises a person's name: half-width Latin letters, single blanks, one kind of middle dot.

    Raises: InvalidName (empty, longer than `MAX_NAME`, or with a character not used in names).
    """
    name = " ".join(unicodedata.normalize("NFKC", text).split())
    name = fold_dots(name)
    if not 1 <= len(name) <= MAX_NAME or not all(map(_is_name_character, name)) or not name[0].isalpha():
        raise InvalidName(field="name")
    return name


def fold_dots(text: str) -> str:
    """Replaces every variant of the middle dot between the parts of a name by `·`."""
    return _MIDDLE_DOTS.sub("·", text)


def same_name(one: str, other: str) -> bool:
    """Reports whether two normalised names are equal, ignoring the case of Latin letters."""
    return one.casefold() == other.casefold()


def normalise_id_number(text: str) -> str:
    """Normalises an id number of any type for comparing and hashing: half-width, upper case, no separators."""
    return _ID_SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()


def check_id_number(id_type: IdType, text: str) -> str:
    """Returns the normalised number of a document of this type. Raises: InvalidIdNumber.

    Resident cards: GB 11643 with check digit and a real date. Foreign permanent residents' cards: the same
    18-digit form since 2023, before that three letters and twelve digits. Passports and permits have no check
    digit, so only their form is checked.
    """
    number = normalise_id_number(text)
    if not _ID_RULES[id_type](number):
        raise InvalidIdNumber(field="id_number")
    return number


def check_credit_code(text: str) -> str:
    """Normalises a unified social credit code (统一社会信用代码, GB 32100) with check digit.

    Raises: InvalidCreditCode.
    """
    from stdnum.cn import uscc  # noqa: PLC0415  # the client imports this module, but has no stdnum

    code = _ID_SEPARATORS.sub("", unicodedata.normalize("NFKC", text)).upper()
    if not code.isascii() or not uscc.is_valid(code):
        raise InvalidCreditCode(field="credit_code")
    return code


def check_phone(text: str) -> str:
    """Returns a mainland mobile number as 11 digits; accepts +86, 0086, blanks and hyphens. Raises: InvalidPhone."""
    digits = re.sub(r"[\s-]", "", unicodedata.normalize("NFKC", text))
    digits = _CALLING_CODE.sub("", digits, count=1) if len(digits) > _PHONE_DIGITS else digits
    if not _PHONE.fullmatch(digits):
        raise InvalidPhone(field="phone")
    return digits


_PHONE_DIGITS: Final = 11


def mask_phone(phone: str) -> str:
    """Masks the middle of a phone number: `13800006027` becomes `138****6027`."""
    return f"{phone[:3]}****{phone[-4:]}"


def mask_id_number(number: str) -> str:
    """Masks an id number: `330206199001014218` becomes `330206********4218`; shorter numbers reveal less."""
    first, last = next(shown for least, shown in _SHOWN if len(number) >= least)
    return number[:first] + "*" * (len(number) - first - last) + number[len(number) - last :]


def mask_but_end(number: str) -> str:
    """Masks all but the end of an id number: `**************4218`.

    For recipients who also see the birth date.
    """
    _, last = next(shown for least, shown in _SHOWN if len(number) >= least)
    return "*" * (len(number) - last) + number[len(number) - last :]


def _is_name_character(char: str) -> bool:
    return unicodedata.category(char)[0] in "LM" or char in " ·-'’."


def _is_date(digits: str) -> bool:
    try:
        date = dt.date(int(digits[:4]), int(digits[4:6]), int(digits[6:8]))
    except ValueError:
        return False
    return _FIRST_YEAR <= date.year <= _LAST_YEAR


def _is_card_number(number: str) -> bool:
    if not _CARD_NUMBER.fullmatch(number):
        return False
    from stdnum.cn import ric  # noqa: PLC0415  # as above

    return ric.calc_check_digit(number) == number[-1] and _is_date(number[6:14])


def _is_resident_id(number: str) -> bool:
    # Place codes are not looked up: an outdated table would reject valid numbers.
    return _is_card_number(number) and number[0] in "12345678"


def _is_foreign_resident_id(number: str) -> bool:
    if number[:1] == "9":
        return _is_card_number(number)
    match = _FOREIGN_BEFORE_2023.fullmatch(number)
    return match is not None and (_is_date("20" + match["birth"]) or _is_date("19" + match["birth"]))


_ID_RULES: Final[Mapping[IdType, Callable[[str], bool]]] = MappingProxyType(
    {
        IdType.RESIDENT_ID: _is_resident_id,
        IdType.PASSPORT: lambda number: bool(_PASSPORT.fullmatch(number)),
        IdType.HK_MACAU_PERMIT: lambda number: bool(_HK_MACAU.fullmatch(number)),
        IdType.TAIWAN_PERMIT: lambda number: bool(_TAIWAN.fullmatch(number)),
        IdType.FOREIGN_RESIDENT_ID: _is_foreign_resident_id,
    }
)
