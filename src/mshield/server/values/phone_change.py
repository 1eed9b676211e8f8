"""Approved change of a phone number in its waiting period, of an account or of a filing record."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPhoneChange:
    """Approved change; `details` are JSON values for the recorded act, `effective_at` is ms.

    `approval_id` is None if two people approved it at the server. A number is empty if there is
    none.
    """

    id: str
    account_id: str
    approval_id: str | None
    old_phone: str = field(repr=False)
    new_phone: str = field(repr=False)
    details: Mapping[str, Any]
    effective_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PhoneChangeRow(NewPhoneChange):
    """Stored change with the version of its seal; the numbers are empty once it has ended."""

    approved_at: int
    state: str
    seal_version: int
