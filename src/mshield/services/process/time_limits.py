"""How long a call may take in all, and its statements: most callers give up after 30 s, and are told before they do."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

from mshield.domain import errors
from mshield.store.database.limits import LONG_CALL_SECONDS, WORK_SECONDS, taking

__all__ = ["WORK_SECONDS", "TimeLimit", "taking", "time_limit_of"]


@dataclass(frozen=True, slots=True)
class TimeLimit:
    """Seconds for the call, from when its body has come until its answer is made; and for each statement of it.

    None: as the database has it for all calls. `refusal` is told where the call's time is over; None: `unavailable`.
    """

    call: float
    statement: float | None = None
    refusal: type[errors.DomainError] | None = None


_USUAL: Final = TimeLimit(25.0)
_LONG: Final = TimeLimit(25.0, LONG_CALL_SECONDS)
_FILES: Final = TimeLimit(300.0, 300.0)
"""Whole files in or out: browsers wait for them, and so does whoever chose the file."""

_OF_OPERATION: Final[Mapping[str, TimeLimit]] = {
    "importFiling": replace(_FILES, refusal=errors.FilingTooLong),
    "exportActs": _FILES,
    "exportFiling": _FILES,
    "exportHistory": _FILES,
    "exportPeople": _FILES,
    "exportShields": _FILES,
    # What reads many rows where there are millions.
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
    # The act holds many shields at once.
    "actOnShields": _LONG,
    "revokeShields": _LONG,
    "endFiling": _LONG,
    "decideApproval": _LONG,
}


def time_limit_of(operation_id: str) -> TimeLimit:
    """The limit of an operation; of a page too, whose operation is ''."""
    return _OF_OPERATION.get(operation_id, _USUAL)
