"""People as staff look for them, page by page, of the filing and of accounts alike (ADR 129).

The end of an id number is looked for by the keyed hash of its last four characters; whoever has that is opened and
compared with the whole end, so many at most in one call. `next` leads on, also where a page is empty.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final, Generic, Protocol, TypeVar

from mshield.domain.id_numbers import END, LOOKUP
from mshield.domain.identity import check_credit_code, normalise_id_number
from mshield.keys.secrets import LookupKey
from mshield.services.filing.search_words import end_hash
from mshield.store.database.interface import Database
from mshield.store.database.people_lists import NumberEnds, PeopleTerms, Places
from mshield.store.filing.search_words import enterprises_of

MOST_COMPARED: Final = 1000
"""People whose id numbers one call compares at most: some ten milliseconds."""

MOST_ENTERPRISES: Final = 2_000
"""Enterprises whose people are put in order; where more have a word, each few hundredth person is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Who is looked for; None doesn't count, and all of them must fit.

    `name` is how a person's name begins, or goes on behind its first character, or a part of the enterprise's; `end`
    the last characters, four or more, of an id number, a phone number, or a shield number of theirs.
    """

    credit_code: str | None = None
    id_number: str | None = None
    name: str | None = None
    end: str | None = None


class Numbered(Protocol):
    """A line with its id number in the clear."""

    @property
    def id(self) -> str: ...

    @property
    def id_number(self) -> str: ...


N = TypeVar("N", bound=Numbered)


class ReadPlaces(Protocol):
    """Reads ids in their order, as `PeopleLists.places` does."""

    async def __call__(
        self,
        db: Database,
        *,
        terms: PeopleTerms,
        ends: NumberEnds | None,
        credit_codes: Sequence[str] | None,
        after: str,
        most: int,
    ) -> Places: ...


@dataclass(frozen=True, slots=True)
class PeoplePages(Generic[N]):
    """Finds people; `opened` gives the lines of ids, in their order."""

    db: Database
    lookup: LookupKey
    opened: Callable[[Sequence[str]], Awaitable[list[N]]]

    async def page(
        self, words: Words, places: ReadPlaces, *, after: str, limit: int
    ) -> tuple[list[N], str | None]:
        """Lines behind the one with the id `after`, and the `after` of the page that follows.

        Raises InvalidCreditCode.
        """
        end = _end(words)
        size = limit + 1 if end is None else MOST_COMPARED
        at = await self._places(words, places, after=after, most=size)
        people: list[N] = []
        for start in range(0, len(at.ids), limit + 1):  # few are opened where many are not wanted
            for person in await self.opened(at.ids[start : start + limit + 1]):
                if len(people) == limit:  # there are more
                    return people, after
                after = person.id
                if end is None or person.id not in at.unproven or person.id_number.endswith(end):
                    people.append(person)
        return people, after if len(at.ids) == size else None

    async def ids(self, words: Words, places: ReadPlaces, *, most: int) -> tuple[list[str], bool]:
        """The first `most` ids, and whether there may be more. Raises InvalidCreditCode."""
        end = _end(words)
        size = most + 1 if end is None else max(most + 1, MOST_COMPARED)
        at = await self._places(words, places, after="", most=size)
        doubtful = [person_id for person_id in at.ids if person_id in at.unproven]
        others = {
            person.id
            for person in await self.opened(doubtful)
            if end is not None and not person.id_number.endswith(end)
        }
        ids = [person_id for person_id in at.ids if person_id not in others]
        return ids[:most], len(at.ids) == size or len(ids) > most

    async def _places(self, words: Words, places: ReadPlaces, *, after: str, most: int) -> Places:
        code, number, end = words.credit_code, words.id_number, _end(words)
        terms = PeopleTerms(
            credit_code=None if code is None else check_credit_code(code),
            id_number_hash=None
            if number is None
            else self.lookup.lookup_hash(LOOKUP, normalise_id_number(number)),
            name=words.name,
        )
        return await places(
            self.db,
            terms=terms,
            ends=None if end is None else self._ends(end),
            credit_codes=await self._enterprises(words),
            after=after,
            most=most,
        )

    def _ends(self, end: str) -> NumberEnds:
        is_digits = end.isascii() and end.isdecimal()
        return NumberEnds(
            id_number=end_hash(self.lookup, end),
            text=end if is_digits else None,
            is_longer=len(end) != END,
        )

    async def _enterprises(self, words: Words) -> list[str] | None:
        if words.name is None:
            return []
        return await enterprises_of(self.db, words.name, most=MOST_ENTERPRISES)


def _end(words: Words) -> str | None:
    return None if words.end is None else normalise_id_number(words.end)
