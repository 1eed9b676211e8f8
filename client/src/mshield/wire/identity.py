"""Roles on file, and the ways by which an account is proven to be a person's: named by phones, portal and service."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Role(StrEnum):
    """User types (用户类型)."""

    LEGAL_PERSON = "legal_person"
    OPERATOR = "operator"


ROLE_NAMES: Final[Mapping[Role, tuple[str, str]]] = MappingProxyType(
    {
        Role.LEGAL_PERSON: ("法人", "Legal representative"),
        Role.OPERATOR: ("操作员", "Operator"),
    }
)
"""Chinese and English name of each role."""


class Way(StrEnum):
    """Way in which an account was proven to belong to the person on file (实名核验)."""

    FILED_PHONE = "filed_phone"
    LEGAL_PERSON = "legal_person"
    FILING_CODE = "filing_code"
    OWN_SHIELD = "own_shield"
    OUTSIDE = "outside"
    REAL_NAME = "real_name"


WAY_NAMES: Final[Mapping[Way, tuple[str, str]]] = MappingProxyType(
    {
        Way.FILED_PHONE: ("备案手机号一致", "The filed phone number"),
        Way.LEGAL_PERSON: ("法人确认", "Confirmed by the legal representative"),
        Way.FILING_CODE: ("激活码", "Activation code"),
        Way.OWN_SHIELD: ("现有手机盾同意", "Consent with the person's own shield"),
        Way.OUTSIDE: ("外部系统已实名", "Verified by an outside system"),
        Way.REAL_NAME: ("运营商核验", "Checked with the phone's carrier"),
    }
)
"""Chinese and English name of each way."""

PROVERS: Final[Mapping[Way, tuple[str, str]]] = MappingProxyType(
    {
        Way.FILED_PHONE: ("备案机构填报的手机号", "the number that the filing office filed"),
        Way.LEGAL_PERSON: ("法人", "the legal representative"),
        Way.FILING_CODE: ("备案机构", "the filing office"),
        Way.OWN_SHIELD: ("本人的手机盾", "a shield of their own"),
        Way.OUTSIDE: ("外部系统", "an outside system"),
        Way.REAL_NAME: ("运营商", "the phone's carrier"),
    }
)
"""Chinese and English name of whoever vouches by each way."""


def grouped_code(code: str) -> str:
    """Returns an activation code as it is printed: in groups of four letters, joined by hyphens."""
    return "-".join(code[start : start + 4] for start in range(0, len(code), 4))
