"""Rows changed outside of the service, named in the lists of the console and reported to the security log."""

from collections.abc import Iterable

from starlette.requests import Request

from mshield.server.database.interface import SealBroken
from mshield.server.http.answers import filled
from mshield.server.http.body import Wire
from mshield.server.http.caller import CAUSE
from mshield.server.seals.changed_rows import ChangedRow


class ChangedRowMessage(Wire, frozen=True):
    """A row changed outside of the service, by table and key: `mshield seals check` prints it, too."""

    table: str
    key: str


def reported(request: Request, changed: Iterable[ChangedRow]) -> tuple[ChangedRowMessage, ...]:
    """Returns the rows for the answer, and notes their alarm for the security log."""
    rows = tuple(filled(ChangedRowMessage, row) for row in changed)
    if rows:
        request.scope[CAUSE] = SealBroken.code
    return rows
