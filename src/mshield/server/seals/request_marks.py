"""Marks over what a phone shows of a request, or relies on, beside its documents: where it came from, where it goes.

A request's seal covers only what stays as long as its signature. These columns are erased earlier, with the mark.
"""

from typing import Final

from mshield.server.database.interface import Database, Row, SealBroken, Sealer
from mshield.server.database.queries import Queries
from mshield.server.seals.marks import Value, check_mark, mark_of

_SQL: Final = Queries("seals", "request_marks", as_is=True)
_TABLE: Final = "requests"
_KIND: Final = "request"


def request_mark(
    sealer: Sealer,
    *,
    id: str,  # noqa: A002  # the column's name
    client_id: str,
    kind: str,
    channel: str,
    number: str,
    shield_number: str | None,
    asker_name: str,
    asker_domain: str,
    pc_address: str | None,
    pc_browser: str | None,
    return_url: str | None,
) -> bytes:
    """Returns the mark of a new request."""
    asked: tuple[Value, ...] = (client_id, kind, channel, number, shield_number, asker_name, asker_domain)
    return mark_of(sealer, _KIND, id, *asked, pc_address, pc_browser, return_url)


def check_request(sealer: Sealer, row: Row) -> None:
    """Raises SealBroken unless these columns and `mark` are as the service wrote them."""
    check_mark(
        sealer,
        row["mark"],
        _TABLE,
        _KIND,
        row["id"],
        row["client_id"],
        row["kind"],
        row["channel"],
        row["number"],
        row["shield_number"],
        row["asker_name"],
        row["asker_domain"],
        row["pc_address"],
        row["pc_browser"],
        row["return_url"],
    )


def holds(sealer: Sealer, row: Row) -> bool:
    """Reports whether a row of `requests_page` is as the service wrote it; never raises for bad values."""
    try:
        check_request(sealer, row)
    except (SealBroken, TypeError, ValueError, OverflowError):
        return False
    return True


async def requests_page(db: Database, *, after: object, most: int) -> list[Row]:
    """Returns requests whose marked columns aren't erased, by id, unchecked."""
    return await db.all(_SQL["requests"], after=after, most=most)
