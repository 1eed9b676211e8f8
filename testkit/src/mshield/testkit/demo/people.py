"""Invented people of the demonstration; their records are in examples/filing.xlsx and filing.csv."""

from dataclasses import dataclass
from typing import Final

from mshield.wire.phone.accounts import IdTypeName


@dataclass(frozen=True, slots=True)
class Person:
    """A filed person, with the account that the demonstration registers for them."""

    name: str
    id_number: str
    role: str
    credit_code: str
    phone: str
    password: str
    pin: str
    id_type: IdTypeName = "resident_id"


OPERATOR: Final = Person(
    name="林知远",
    id_number="330206199001014217",
    role="operator",
    credit_code="91330206MA2XB7C1TW",
    phone="13800006027",
    password="Demo-declare-2026",  # noqa: S106  # an invented account of a local demonstration
    pin="271828",
)

LEGAL_PERSON: Final = Person(
    name="顾承岳",
    id_number="330206197403183014",
    role="legal_person",
    credit_code="91330206MA2XB7C1TW",
    phone="13900005011",
    password="Demo-manage-2026",  # noqa: S106  # as above
    pin="314159",
)

OPERATOR_TO_CONFIRM: Final = Person(
    name="CHAN Tai Man",
    id_number="H01234567",
    role="operator",
    credit_code="91330206MA2XB7C1TW",
    phone="13700003303",
    password="Demo-confirm-2026",  # noqa: S106  # as above
    pin="161803",
    id_type="hk_macau_permit",
)
"""Filed without a phone number, so the legal person confirms their identity."""
