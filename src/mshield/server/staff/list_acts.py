"""Lists acts of staff, legal persons and the service itself for auditors, newest first.

An act stores its subject only as an id or number, and its actor as an id. Search words are resolved to
people, and these to all ids by which acts may refer to them: accounts, filing records, shields and
certificates.

An export is a table of the same data: actor, act, time and recorded details.
"""

import datetime as dt
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final
from zoneinfo import ZoneInfo

from mshield.server.acts.actor import SERVICE, By
from mshield.server.acts.rows import acts
from mshield.server.acts.rows.acts import ActRow
from mshield.server.database.interface import Database
from mshield.server.errors import ListTooLong
from mshield.server.runtime.external.table_files import ListFormat, write_table
from mshield.server.runtime.list_thread import run_in_thread
from mshield.server.runtime.throttle import limit_calls
from mshield.server.staff.resolve_people import MAX_MATCHES, ResolvePeople, Words
from mshield.wire.ids import NEWEST, first_id
from mshield.wire.times import HOUR_MS, zone_names

__all__ = ["ActRow", "ActTerms", "Actors", "ListActs", "Subjects", "Words"]

MOST_EXPORTED: Final = 50_000
"""Maximum acts in a file: about ten seconds of a thread, and more than an auditor reads."""

MOST_EXPORTS: Final = 20
"""Maximum exports per member of staff and hour, including refused ones, since each may read up to a whole file."""

_EXPORTS: Final = "staff_exports"
_PAGE: Final = 500
_SUBJECT: Final = re.compile(r"[0-9A-Za-z_.-]{1,64}")

_ACTORS: Final = {"service": "服务命令", "user": "用户", "legal_person": "法人", "staff": "员工"}
_WIDTHS: Final = (36, 12, 20, 38, 28, 38, 20, 60, 14, 38)


@dataclass(frozen=True, slots=True)
class Subjects:
    """Filter by subjects: acts on any of these; `is_cut`: the words match more people than were considered.

    `somebody`: they match an account or a filed person.
    """

    names: Sequence[str]
    is_cut: bool = False
    somebody: bool = True


@dataclass(frozen=True, slots=True)
class Actors:
    """Filter by actors: acts by any of these; `is_cut` as in `Subjects`."""

    ids: Sequence[str]
    is_cut: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ActTerms:
    """Filter of acts; None doesn't restrict.

    `act` is a kind of act or its prefix (`system`); `since` and `until` are in ms.
    """

    subjects: Subjects | None = None
    actors: Actors | None = None
    act: str | None = None
    since: int | None = None
    until: int | None = None

    @property
    def is_cut(self) -> bool:
        """Whether the words match more people than were considered."""
        return any(some is not None and some.is_cut for some in (self.subjects, self.actors))


@dataclass(frozen=True, slots=True)
class ListActs:
    """Lists acts, and resolves search words to subjects and actors."""

    db: Database
    resolve_people: ResolvePeople
    zone: ZoneInfo

    async def subjects(self, words: Words) -> Subjects:
        """Returns all ids by which acts may refer to people matching the words.

        A name or credit code can be such an id itself.

        Raises: InvalidRequest (no words), InvalidCreditCode.
        """
        people = await self.resolve_people(words)
        shields = await acts.shields_of(self.db, accounts=people.accounts, people=people.people)
        former: list[str] = []
        if words.name is not None and words == Words(name=words.name):
            former = await acts.find_by_former_name(self.db, words.name, most=MAX_MATCHES)
        own = [
            word for word in (words.name, words.credit_code) if word is not None and _SUBJECT.fullmatch(word)
        ]
        return Subjects(
            (*people.accounts, *people.people, *former, *sorted(shields), *own),
            people.is_cut,
            bool(people.accounts or people.people),
        )

    async def actors(self, words: Words) -> Actors:
        """Returns accounts matching the words, and by part of the name also members of staff. Raises: as `subjects`."""
        accounts, is_cut = await self.resolve_people.accounts.ids(words, most=MAX_MATCHES)
        if words.name is None or words != Words(name=words.name):
            return Actors(accounts, is_cut)
        staff = await self.members(words.name)
        return Actors((*staff.ids, *accounts), is_cut or staff.is_cut)

    async def members(self, name: str) -> Actors:
        """Returns the members of staff whose login names contain this text."""
        staff = await acts.staff_named(self.db, name, most=MAX_MATCHES + 1)
        return Actors(staff[:MAX_MATCHES], len(staff) > MAX_MATCHES)

    async def names(self, rows: Sequence[ActRow]) -> Mapping[str, str]:
        """Returns the current names of the acts' subjects by id; erased people have none."""
        subjects = sorted({row.subject for row in rows if _SUBJECT.fullmatch(row.subject)})
        return await acts.names_of(self.db, subjects=subjects)

    async def __call__(self, terms: ActTerms, *, before: str | None, most: int) -> list[ActRow]:
        """Returns at most `most` acts before the act with the id `before`."""
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
        """Exports all matching acts up to now as a file, and records that as an act, without names in search words.

        Raises: ListTooLong (more acts than a file may have, or more people than were considered),
        TooManyRequests.
        """
        if by.id is not None:
            await limit_calls(
                self.db, scope=_EXPORTS, subject=by.id, most=MOST_EXPORTS, window=HOUR_MS, now=now
            )
        if terms.is_cut:
            raise ListTooLong
        # Exclude acts recorded during the export, including its own.
        until = min(now + 1, now + 1 if terms.until is None else terms.until)
        rows: list[ActRow] = []
        names: dict[str, str] = {}
        before: str | None = None
        while page := await self(replace(terms, until=until), before=before, most=_PAGE):
            rows += page
            if len(rows) > MOST_EXPORTED:
                raise ListTooLong
            names |= await self.names(page)
            before = page[-1].id
        data = await run_in_thread(acts_file, rows, names, kind, self.zone)
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


def acts_file(rows: Iterable[ActRow], names: Mapping[str, str], kind: ListFormat, zone: ZoneInfo) -> bytes:
    """Builds the file; `names` are the subjects' names by id. Times are in `zone`, which the heading names."""
    return write_table(_lines(rows, names, zone), kind, sheet="审计", widths=_WIDTHS)


def _lines(rows: Iterable[ActRow], names: Mapping[str, str], zone: ZoneInfo) -> Iterator[list[str]]:
    at = f"时间（{zone_names(zone).zh}）"
    yield [at, "谁", "姓名", "操作人编号", "操作", "对象", "对象名称", "内容", "日志位置", "编号"]
    for row in rows:
        yield [
            dt.datetime.fromtimestamp(row.at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S"),
            _ACTORS.get(row.actor, row.actor),
            row.actor_name or "",
            row.actor_id or "",
            row.act,
            row.subject,
            names.get(row.subject, ""),
            json.dumps(row.details, ensure_ascii=False, sort_keys=True),
            "" if row.log_index is None else str(row.log_index),
            row.id,
        ]
