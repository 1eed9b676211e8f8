"""Searches and readings of personal data by commands, counted and recorded like those of one member of staff."""

from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from mshield.server.commands.parts.service import Service

if TYPE_CHECKING:
    from mshield.server.filing.report import Report
    from mshield.server.staff.readings import ReadingKind

T = TypeVar("T")


async def count_search(
    service: Service, find: Callable[[], Awaitable[T]], *, hit: Callable[[T], bool] = bool
) -> T:
    """Makes and counts a search by a number; `hit` reports whether its result has somebody.

    Raises: TooManyRequests, and as `find`.
    """
    from mshield.server.accounts.number_searches import COMMANDS, search_by_number

    return await search_by_number(service.db, find, hit=hit, member=COMMANDS, now=service.now)


async def compare_list(service: Service, compare: "Callable[[], Awaitable[Report]]") -> "Report":
    """Compares a list with the filing, counts its guesses and records the reading, if it shows what is on file.

    Raises: TooManyRequests, and as `compare`.
    """
    from mshield.server.accounts import number_searches

    report = await number_searches.compare_list(
        service.db,
        compare,
        guesses=lambda made: made.guesses,
        member=number_searches.COMMANDS,
        now=service.now,
    )
    if not report.applied or report.guesses:
        await record(service, "filing_import")
    return report


async def by_number(
    service: Service,
    find: Callable[[], Awaitable[T]],
    *,
    kind: "ReadingKind",
    number: str,
    subjects: Callable[[T], Iterable[str]],
    hit: Callable[[T], bool] = bool,
) -> T:
    """Makes, counts and records a search by a number; `subjects` returns the IDs of the people found.

    Raises: TooManyRequests, and as `find`.
    """
    from mshield.server.errors import DomainError, TooManyRequests

    try:
        result = await count_search(service, find, hit=hit)
    except TooManyRequests:
        raise
    except DomainError:  # It says that there is nobody, or in what state somebody is.
        await record(service, kind, number=number)
        raise
    await record(service, kind, subjects(result), number=number)
    return result


async def record(
    service: Service, kind: "ReadingKind", subjects: Iterable[str] = (), *, number: str = ""
) -> None:
    """Records a reading; its subject is the person if all of `subjects` are the same. Raises: TooManyRequests."""
    from mshield.server.accounts.number_searches import COMMANDS
    from mshield.server.staff.readings import record_reading, same_subject

    await record_reading(
        service.db,
        staff_id=COMMANDS,
        kind=kind,
        subject=same_subject(subjects),
        number=number,
        now=service.now,
    )
