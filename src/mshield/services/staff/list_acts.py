"""What staff, legal persons and the service itself did, newest first: for auditors.

An act knows its subject by an id or a number alone. Words lead to the people whom they mean, and these to all by which
acts may name them: their accounts, their filing, their shields and certificates.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from mshield.domain.ids import NEWEST, first_id
from mshield.services.staff.meant import MeantPeople, Words
from mshield.store.database.interface import Database
from mshield.store.staff import acts
from mshield.store.staff.acts import ActRow

__all__ = ["ActRow", "ListActs", "Subjects", "Words"]

_SUBJECT: Final = re.compile(r"[0-9A-Za-z_.-]{1,64}")


@dataclass(frozen=True, slots=True)
class Subjects:
    """What acts are to be about, one of these; `is_cut`: the words fit more people than were looked at."""

    names: Sequence[str]
    is_cut: bool = False


@dataclass(frozen=True, slots=True)
class ListActs:
    """Lists acts, and finds what they may be about."""

    db: Database
    meant: MeantPeople

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

    async def names(self, rows: Sequence[ActRow]) -> Mapping[str, str]:
        """What the subjects of these acts are called now, by id; whoever was erased has no name."""
        named = sorted({row.subject for row in rows if _SUBJECT.fullmatch(row.subject)})
        return await acts.names_of(self.db, subjects=named)

    async def __call__(
        self,
        *,
        subjects: Subjects | None,
        actor_id: str | None,
        act: str | None = None,
        since: int | None = None,
        until: int | None = None,
        before: str | None,
        most: int,
    ) -> list[ActRow]:
        """At most `most` acts before the one with the id `before`; None doesn't narrow them.

        `act` is a kind or what a kind begins with (`system`), `since` and `until` are ms.
        """
        newest = NEWEST if until is None else first_id(until)
        oldest, place = "" if since is None else first_id(since), min(newest, before or NEWEST)
        if subjects is None:
            return await acts.page(
                self.db, subject=None, actor_id=actor_id, act=act, since=oldest, before=place, most=most
            )
        return await acts.page_about(
            self.db,
            subjects=subjects.names,
            actor_id=actor_id,
            act=act,
            since=oldest,
            before=place,
            most=most,
        )
