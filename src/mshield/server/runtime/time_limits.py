"""Time limits of calls and their statements: most callers give up after 30 s, so they get an error before that."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mshield.server.database.limits import LONG_CALL_SECONDS, WORK_SECONDS, taking
from mshield.server.errors import DomainError
from mshield.server.filing.errors import FilingTooLong

__all__ = ["WORK_SECONDS", "TimeLimit", "taking", "time_limit_of"]


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Limits in seconds: of the call, from the end of its body to its answer, and of each of its statements.

    `statement` None: the database's general limit. `refusal` is the error when the call runs out of time;
    None: `unavailable`.
    """

    call: float
    statement: float | None = None
    refusal: type[DomainError] | None = None


_USUAL: Final = TimeLimit(25.0)
_LONG: Final = TimeLimit(25.0, LONG_CALL_SECONDS)
_FILES: Final = TimeLimit(300.0, 300.0)
"""Uploads and downloads of whole files, for which users are prepared to wait."""

_OF_OPERATION: Final[Mapping[str, TimeLimit]] = {
    "importFiling": replace(_FILES, refusal=FilingTooLong),
    "exportActs": _FILES,
    "exportFiling": _FILES,
    "exportHistory": _FILES,
    "exportPeople": _FILES,
    "exportShields": _FILES,
    # Operations that read many rows of large tables.
    "getCrl": _LONG,
    "searchCertificates": _LONG,
    "showDashboard": _LONG,
    "listFiled": _LONG,
    "listHistory": _LONG,
    "listPeople": _LONG,
    "listShields": _LONG,
    "listActs": _LONG,
    "findAccount": _LONG,
    "searchAccounts": _LONG,
    "listSms": _LONG,
    "listDeliveries": _LONG,
    # Acts on many shields at once.
    "actOnShields": _LONG,
    "revokeShields": _LONG,
    "endFiling": _LONG,
    "decideApproval": _LONG,
}


def time_limit_of(operation_id: str) -> TimeLimit:
    """Returns the limit of an operation; pages have the operation id ""."""
    return _OF_OPERATION.get(operation_id, _USUAL)
