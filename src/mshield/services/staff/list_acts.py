"""What staff, legal persons and the service itself did, newest first: for auditors.

An act knows its subject by an id or a number alone, and who did it by an id. Words lead to the people whom they mean,
and these to all by which acts may name them: their accounts, their filing, their shields and certificates.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from mshield.domain import errors
from mshield.domain.actor import SERVICE, By
from mshield.domain.ids import NEWEST, first_id
from mshield.domain.times import HOUR_MS
from mshield.gateways.table_files import ListFormat
from mshield.services.accounts.throttle import limit_calls
from mshield.services.filing.aside import aside
from mshield.services.staff.acts_file import acts_file
from mshield.services.staff.meant import MOST_MEANT, MeantPeople, Words
from mshield.store.database.interface import Database
from mshield.store.staff import acts
from mshield.store.staff.acts import ActRow

__all__ = ["ActRow", "ActTerms", "Actors", "ListActs", "Subjects", "Words"]

MOST_EXPORTED: Final = 50_000
"""Acts in a file: some ten seconds of a thread, and no auditor reads more."""

MOST_EXPORTS: Final = 20
"""Exports of one member of staff in an hour, refused ones too: each reads up to all that a file has."""

_EXPORTS: Final = "staff_exports"
_PAGE: Final = 500
_SUBJECT: Final = re.compile(r"[0-9A-Za-z_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Subjects:
    """What acts are to be about, one of these; `is_cut`: the words fit more people than were looked at."""

    names: Sequence[str]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class Actors:
    """Who is to have done it, one of these; `is_cut` as of subjects."""

    ids: Sequence[str]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActTerms:
    """What acts are narrowed to; None doesn't narrow them.

    `act` is a kind or what a kind begins with (`system`), `since` and `until` are ms.
    """

    subjects: Subjects | None = None
    actors: Actors | None = None
    act: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether words fit more people than were looked at."""
        return any(some is not None and some.is_cut for some in (self.subjects, self.actors))


@dataclass(frozen=True, slots=True)
class ListActs:
    """Lists acts, and finds what they may be about and who may have done them."""

    db: Database
    meant: MeantPeople
    zone: ZoneInfo

    async def subjects(self, words: Words) -> Subjects:
        """All by which acts may name the people whom these words mean; a name or a credit code is one itself.

        Raises InvalidRequest where no word is given, InvalidCreditCode.
        """
        meant = await self.meant(words)
        shields = await acts.shields_of(self.db, accounts=meant.accounts, people=meant.people)
        own = [
            word for word in (words.name, words.credit_code) if word is not None and _SUBJECT.fullmatch(word)
        ]
        return Subjects((*meant.accounts, *meant.people, *sorted(shields), *own), meant.is_cut)

    async def actors(self, words: Words) -> Actors:
        """Whose accounts these words mean, and by a part of their name members of staff. Raises as `subjects`."""
        accounts, is_cut = await self.meant.accounts.ids(words, most=MOST_MEANT)
        if words.name is None or words != Words(name=words.name):
            return Actors(accounts, is_cut)
        staff = await acts.staff_named(self.db, words.name, most=MOST_MEANT + 1)
        return Actors((*staff[:MOST_MEANT], *accounts), is_cut or len(staff) > MOST_MEANT)

    async def names(self, rows: Sequence[ActRow]) -> Mapping[str, str]:
        """What the subjects of these acts are called now, by id; whoever was erased has no name."""
        named = sorted({row.subject for row in rows if _SUBJECT.fullmatch(row.subject)})
        return await acts.names_of(self.db, subjects=named)

    async def __call__(self, terms: ActTerms, *, before: str | None, most: int) -> list[ActRow]:
        """At most `most` acts before the one with the id `before`."""
        newest = NEWEST if terms.until is None else first_id(terms.until)
        oldest, place = "" if terms.since is None else first_id(terms.since), min(newest, before or NEWEST)
        actors = None if terms.actors is None else terms.actors.ids
        if terms.subjects is not None:
            return await acts.page_about(
                self.db,
                subjects=terms.subjects.names,
                actors=actors,
                act=terms.act,
                since=oldest,
                before=place,
                most=most,
            )
        if actors is not None:
            return await acts.page_by(
                self.db, actors=actors, act=terms.act, since=oldest, before=place, most=most
            )
        return await acts.page(
            self.db, subject=None, actor_id=None, act=terms.act, since=oldest, before=place, most=most
        )

    async def export(self, kind: ListFormat, terms: ActTerms, *, by: By = SERVICE, now: int) -> bytes:
        """All of them as a file, up to now; who took it with them is an act itself, without the words that name people.

        Raises ListTooLong where there are more than a file has, or more people than were looked at; TooManyRequests.
        """
        if by.id is not None:
            await limit_calls(
                self.db, scope=_EXPORTS, subject=by.id, most=MOST_EXPORTS, window=HOUR_MS, now=now
            )
        if terms.is_cut:
            raise errors.ListTooLong
        # What comes meanwhile, its own act too, isn't in it.
        until = min(now + 1, now + 1 if terms.until is None else terms.until)
        rows: list[ActRow] = []
        names: dict[str, str] = {}
        before: str | None = None
        while page := await self(replace(terms, until=until), before=before, most=_PAGE):
            rows += page
            if len(rows) > MOST_EXPORTED:
                raise errors.ListTooLong
            names |= await self.names(page)
            before = page[-1].id
        data = await aside(acts_file, rows, names, kind, self.zone)
        details = {
            "acts": len(rows),
            "format": kind,
            "area": terms.act,
            "from_at": terms.since,
            "until_at": terms.until,
        }
        await self.db.write(
            lambda tx: acts.record(tx, by=by, act="audit.export", subject="audit", details=details, now=now)
        )
        return data
