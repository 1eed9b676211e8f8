"""What proves that an account belongs to the person on file (实名核验): the ways, and which of them count for whom.

Whoever knows a name and an id number can register an account under them. It is a person's only when one way proves it.
"""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from mshield.domain.times import DAY_MS, HOUR_MS


class Way(StrEnum):
    """How it was proven."""

    FILED_PHONE = "filed_phone"
    LEGAL_PERSON = "legal_person"
    FILING_CODE = "filing_code"
    OWN_SHIELD = "own_shield"
    OUTSIDE = "outside"
    REAL_NAME = "real_name"
    EARLIER = "earlier"


WAY_NAMES: Final[Mapping[Way, tuple[str, str]]] = MappingProxyType(
    {
        Way.FILED_PHONE: ("备案手机号一致", "The filed phone number"),
        Way.LEGAL_PERSON: ("法人确认", "Confirmed by the legal person"),
        Way.FILING_CODE: ("激活码", "Activation code"),
        Way.OWN_SHIELD: ("现有手机盾同意", "Consent by an own shield"),
        Way.OUTSIDE: ("外部系统已实名", "Verified by an outside system"),
        Way.REAL_NAME: ("运营商核验", "Checked with the phone's carrier"),
        Way.EARLIER: ("此前已申请证书", "By an earlier application"),
    }
)
"""Chinese and English name of each way."""

PROVERS: Final[Mapping[Way, tuple[str, str]]] = MappingProxyType(
    {
        Way.FILED_PHONE: ("备案机构填报的手机号", "the number that the filing office filed"),
        Way.LEGAL_PERSON: ("法人", "the legal person"),
        Way.FILING_CODE: ("备案机构", "the filing office"),
        Way.OWN_SHIELD: ("本人的手机盾", "a shield of their own"),
        Way.OUTSIDE: ("外部系统", "an outside system"),
        Way.REAL_NAME: ("运营商", "the phone's carrier"),
        Way.EARLIER: ("没有人核对过", "nobody looked at it"),
    }
)
"""Who vouches for it, in Chinese and English."""

_FOR_A_SECOND_ACCOUNT: Final = frozenset({Way.LEGAL_PERSON, Way.FILING_CODE, Way.OWN_SHIELD})

REQUEST_MS: Final = 7 * DAY_MS
"""How long the legal person has to confirm."""

REMIND_MS: Final = 4 * HOUR_MS
"""How soon the legal person can be told again."""

CODE_MS: Final = 7 * DAY_MS
"""How long an activation code may be used."""

CODE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without what is misread: 0 and O, 1 and I."""

CODE_LETTERS: Final = 12


def counting(chosen: Iterable[Way], *, is_second: bool) -> frozenset[Way]:
    """The ways that count: those that were chosen for the role, for a person's second account fewer of them."""
    return frozenset(chosen) & _FOR_A_SECOND_ACCOUNT if is_second else frozenset(chosen)


def grouped_code(code: str) -> str:
    """A code as it is printed: its letters in groups of four."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))


def normalise_code(text: str) -> str:
    """A code as people type it: in either case, with hyphens and blanks between its letters."""
    return "".join(char for char in text.upper() if char not in " -")
