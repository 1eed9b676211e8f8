"""Staff find who is on file: by whole numbers, by the ends of numbers, by names of people and enterprises (ADR 132).

The end of an id number is looked for by the keyed hash of its last four characters; whoever has that is opened and
compared with the whole end, so many at most in one call. `next` leads on, also where a page is empty.
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain.id_numbers import LOOKUP
from mshield.domain.identity import check_credit_code, normalise_id_number
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.people import Person, opened
from mshield.services.filing.search_words import end_hash
from mshield.store.database.interface import Database
from mshield.store.filing import people_search as store
from mshield.store.filing.search_words import enterprises_of

MOST_COMPARED: Final = 1000
"""People whose id numbers one call compares at most: some ten milliseconds."""

MOST_ENTERPRISES: Final = 2_000
"""Enterprises whose people are put in order; where more have a word, each few hundredth person is theirs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Who is looked for; None doesn't count, and all of them must fit.

    `name` is how a person's name begins, or goes on behind its first character, or a part of the enterprise's; `end`
    the last characters, four or more, of an id number, the filed phone number, or a shield number of theirs.
    """

    credit_code: str | None = None
    id_number: str | None = None
    name: str | None = None
    end: str | None = None
    ended_too: bool = False


@dataclass(frozen=True, slots=True)
class FindFiled:
    """What staff look up among the records."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def page(self, wanted: Wanted, *, after: str = "", limit: int) -> tuple[list[Person], str | None]:
        """Records in the order of filing behind the one with the id `after`, and the `after` of the page that follows.

        Raises InvalidCreditCode.
        """
        end = None if wanted.end is None else normalise_id_number(wanted.end)
        size = limit + 1 if end is None else MOST_COMPARED
        places = await store.places(
            self.db,
            terms=self._terms(wanted),
            ends=None if end is None else self._ends(end),
            credit_codes=await self._enterprises(wanted),
            after=after,
            most=size,
        )
        people: list[Person] = []
        for at in range(0, len(places.ids), limit + 1):  # few are opened where many are not wanted
            for row in await store.lines(self.db, places.ids[at : at + limit + 1]):
                if len(people) == limit:  # there are more
                    return people, after
                person, after = opened(self.keyring, row), row.id
                if end is None or row.id not in places.unproven or person.id_number.endswith(end):
                    people.append(person)
        return people, after if len(places.ids) == size else None

    def _terms(self, wanted: Wanted) -> store.FilingTerms:
        code, number = wanted.credit_code, wanted.id_number
        return store.FilingTerms(
            credit_code=None if code is None else check_credit_code(code),
            id_number_hash=None
            if number is None
            else self.lookup.lookup_hash(LOOKUP, normalise_id_number(number)),
            name=wanted.name,
            ended_too=wanted.ended_too,
        )

    def _ends(self, end: str) -> store.FilingEnds:
        is_digits = end.isascii() and end.isdecimal()
        return store.FilingEnds(id_number=end_hash(self.lookup, end), text=end if is_digits else None)

    async def _enterprises(self, wanted: Wanted) -> list[str] | None:
        if wanted.name is None:
            return []
        return await enterprises_of(self.db, wanted.name, most=MOST_ENTERPRISES)
