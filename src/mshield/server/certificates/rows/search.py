"""Search for certificates by staff (客服): by shield number, serial, name or enterprise, across all holders."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from mshield.server.certificates.rules.messages import CertificateEventMessage, OtherCertificateMessage
from mshield.server.certificates.rules.states import CertificateState, shown_state
from mshield.server.database.interface import Database, Row
from mshield.server.database.matching import PIECE, contains, either_case, name_begins
from mshield.server.database.queries import Queries, Query
from mshield.server.values.id_numbers import END
from mshield.server.values.names import fold_dots

_SQL: Final = Queries("certificates", "search")


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """Result line; `holds` as stored, times in ms, `phone` is the account's."""

    serial: str
    shield_number: str
    organisation: str
    credit_code: str
    common_name: str
    role: str
    state: str
    holds: str
    not_before: int
    not_after: int
    issued_at: int
    person_id: str
    id_type: str
    id_number_box: bytes = field(repr=False)
    phone: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class WholeRow(FoundRow):
    """Certificate with its holder, device and key; `failures` are wrong PINs in a row."""

    uid: bytes
    issuer: str
    changed_at: int
    revoked_at: int | None
    revocation_reason: int | None
    der: bytes | None = field(repr=False)
    ended_at: int | None
    filing_changed: bool
    source: str
    device_since: int
    failures: int
    wrong_total: int
    signatures: int
    used_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTerms:
    """Search terms; None means any. `account` is an id.

    `state` may also be `expired`, or a counted group (counts.py): `regular`, `expiring`, `held`, `ended`.
    `name` is the beginning of a holder's name, the name without its first character (王小明: 小明), or, with two
    characters or more, a part of the enterprise's name.
    """

    state: str | None = None
    hold: str | None = None
    shield_number: str | None = None
    serial: str | None = None
    credit_code: str | None = None
    account: str | None = None
    name: str | None = None


Place = tuple[int, str]
"""Position of a line in its list: a time in ms (of the issue, or of the certificate's end) and the serial."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Part of a list: `size` places after `before`; certificates that end by `due` (ms) are expiring."""

    before: Place
    size: int
    now: int
    due: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Last four characters of numbers to search by; those of the id number as their keyed hash."""

    id_number: bytes
    phone: str | None = None
    shield_number: str | None = None


async def places(
    db: Database,
    *,
    terms: SearchTerms,
    ends: Ends | None,
    credit_codes: Sequence[str] | None = (),
    page: Page,
) -> list[Place]:
    """Returns the places of a page: newest first; expired ones by their end, expiring ones with the nearest end first.

    In a list of `ended` ones each place has the time of its own sublist: issue, or expiry. All terms must
    match, of several ends any. A term with its own index drives the search, and the others filter.
    `credit_codes` are enterprises whose names may contain `terms.name`, some thousands at most; None means
    more than that.
    """
    values = _values(terms, page)
    query, piece = _leading(terms)
    if query is None and ends is not None:
        return await _of_ends(db, ends, values, page.size)
    if query is None and terms.name is not None:
        return await _of_name(db, terms.name, credit_codes, values, page.size)
    if query is None and terms.state == "ended" and _is_state_alone(terms):
        return await _of_ended(db, values, page)
    if query is None:
        query, piece = _narrowing_term(terms)
        values |= _limit_to_ends(terms, page)
    return await _places(db, query, values | {"piece": piece})


def _leading(terms: SearchTerms) -> tuple[Query | None, str | None]:
    """Returns the statement for a term that identifies one certificate or shield, and its value."""
    if terms.serial is not None:
        return _SQL["of_serial"], terms.serial
    number = terms.shield_number
    return (None, None) if number is None else (_SQL["of_shield_end"], number[-END:])


def _narrowing_term(terms: SearchTerms) -> tuple[Query, str | None]:
    """Returns the statement for the indexed term that probably leaves the fewest certificates, and its value."""
    if terms.account is not None:
        return _SQL["of_account"], terms.account
    if terms.credit_code is not None:
        return _SQL["of_enterprise"], terms.credit_code
    if terms.hold is not None or terms.state == "held":
        return _SQL["of_hold"], None
    if terms.state is None:
        return _SQL["newest"], None
    by_end = {"expired": _SQL["expired"], "expiring": _SQL["expiring"]}
    stored = "active" if terms.state == "regular" else terms.state
    return by_end.get(terms.state, _SQL["of_state"]), stored


def _limit_to_ends(terms: SearchTerms, page: Page) -> dict[str, object]:
    """Limits the end dates of a list to those that its first line can have, so that the scan skips all others."""
    at = page.before
    if terms.state == "expired":
        at = min(at, (page.now + 1, ""))
    elif terms.state == "expiring":
        at = max(at, (page.now + 1, ""))
    return {"before_at": at[0], "before_serial": at[1]}


def is_by_end(terms: SearchTerms, ends: Ends | None) -> bool:
    """Reports whether the list is in the order in which its certificates end."""
    return terms.state in {"expired", "expiring"} and ends is None and _is_state_alone(terms)


def _is_state_alone(terms: SearchTerms) -> bool:
    return terms == SearchTerms(state=terms.state)


async def lines(db: Database, serials: Sequence[str]) -> list[FoundRow]:
    """Returns the lines of these serials, in their order."""
    rows = await db.all(_SQL["lines"], serials=",".join(serials)) if serials else []
    by_serial = {row["serial"]: FoundRow(**row) for row in rows}
    return [by_serial[serial] for serial in serials if serial in by_serial]


def _values(terms: SearchTerms, page: Page) -> dict[str, object]:
    name = terms.name
    return {
        "before_at": page.before[0],
        "before_serial": page.before[1],
        "page_size": page.size,
        "now": page.now,
        "due": page.due,
        "state": terms.state,
        "hold": terms.hold,
        "account": terms.account,
        "shield_number": terms.shield_number,
        "credit_code": terms.credit_code,
        "name": name_begins(name),
        "organisation": None if name is None or len(name) < PIECE else contains(name),
    }


async def _of_ends(db: Database, ends: Ends, values: dict[str, object], size: int) -> list[Place]:
    lists = [await _places(db, _SQL["of_id_end"], values | {"piece": ends.id_number})]
    if ends.phone is not None:
        lists.append(await _places(db, _SQL["of_phone_end"], values | {"piece": ends.phone}))
    if ends.shield_number is not None:
        lists.append(await _places(db, _SQL["of_shield_end"], values | {"piece": ends.shield_number}))
    return _merge_places(lists, size)


async def _of_name(
    db: Database, name: str, codes: Sequence[str] | None, values: dict[str, object], size: int
) -> list[Place]:
    """Merges lists by name; each is a whole page, so together they contain the page."""
    start = fold_dots(name)[:2]
    queries = [_SQL["of_surname"]] if len(start) == 1 else [_SQL["of_name"], _SQL["of_given_name"]]
    lists = [
        await _places(db, query, values | {"piece": piece})
        for query in queries
        for piece in either_case(start)
    ]
    if codes is None:  # There are so many that some are among the newest certificates.
        lists.append(await _places(db, _SQL["newest"], values))
    elif codes:
        lists.append(await _places(db, _SQL["of_enterprises"], values | {"credit_codes": ",".join(codes)}))
    return _merge_places(lists, size)


async def _of_ended(db: Database, values: dict[str, object], page: Page) -> list[Place]:
    """Uses the indexes of stored states and of ends, since hardly any of the newest certificates have ended."""
    lists = [
        await _places(db, _SQL["of_state"], values | {"piece": state}) for state in ("revoked", "superseded")
    ]
    at = min(page.before, (page.now + 1, ""))
    expired = values | {"before_at": at[0], "before_serial": at[1]}
    return _merge_places([*lists, await _places(db, _SQL["expired"], expired)], page.size)


async def _places(db: Database, query: Query, values: dict[str, object]) -> list[Place]:
    return [(row["at"], row["serial"]) for row in await db.all(query, **values)]


def _merge_places(lists: Sequence[Sequence[Place]], size: int) -> list[Place]:
    return sorted({place for places_of in lists for place in places_of}, reverse=True)[:size]


async def find(db: Database, *, serial: str) -> WholeRow | None:
    """Returns one certificate, or None."""
    row: Row | None = await db.one(_SQL["find"], serial=serial)
    return None if row is None else WholeRow(**row)


async def events(db: Database, *, serial: str) -> list[CertificateEventMessage]:
    """Returns the certificate's events, oldest first."""
    rows = await db.all(_SQL["events"], serial=serial)
    return [
        CertificateEventMessage(**{**row, "holds": tuple(filter(None, row["holds"].split(",")))})
        for row in rows
    ]


async def of_device(db: Database, *, serial: str, now: int) -> list[OtherCertificateMessage]:
    """Returns the other certificates of its device, newest first."""
    return [
        OtherCertificateMessage(
            row["serial"],
            shown_state(state=CertificateState(row["state"]), not_after=row["not_after"], now=now),
            row["issued_at"],
            row["not_after"],
        )
        for row in await db.all(_SQL["of_device"], serial=serial)
    ]


async def standing_of(db: Database, *, issuer: str, after: str, most: int) -> list[str]:
    """Returns serials after `after` of a CA's certificates that are neither revoked nor superseded."""
    rows = await db.all(_SQL["standing_of"], issuer=issuer, after=after, most=most)
    return [row["serial"] for row in rows]


async def count_standing(db: Database, *, issuer: str) -> tuple[int, int]:
    """Counts a CA's certificates that are neither revoked nor superseded, and their enterprises."""
    row = await db.one(_SQL["count_standing"], issuer=issuer)
    return (0, 0) if row is None else (row["count"], row["enterprises"])


async def count_signed_since(db: Database, *, issuer: str, since: int) -> int:
    """Counts signatures by an issuer's certificates at or after `since` (ms)."""
    row = await db.one(_SQL["count_signed_since"], issuer=issuer, since=since)
    return 0 if row is None else int(row["signatures"])


async def standing_by_enterprise(db: Database, *, issuer: str, most: int) -> list[tuple[str, int]]:
    """Returns the enterprises with the most unrevoked, unsuperseded certificates of a CA, with their number."""
    rows = await db.all(_SQL["standing_by_enterprise"], issuer=issuer, most=most)
    return [(row["enterprise"], row["certificates"]) for row in rows]
