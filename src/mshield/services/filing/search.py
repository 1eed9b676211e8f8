"""Staff find who is on file: by whole numbers, by the ends of numbers, by names of people and enterprises (ADR 132)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.people import Person, opened
from mshield.services.filing.people_pages import PeoplePages, Words
from mshield.store.database.interface import Database
from mshield.store.filing import people_search as store

__all__ = ["FindFiled", "Words"]


@dataclass(frozen=True, slots=True)
class FindFiled:
    """What staff look up among the records."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def page(
        self, words: Words, *, ended_too: bool = False, after: str = "", limit: int
    ) -> tuple[list[Person], str | None]:
        """Records in the order of filing behind the one with the id `after`, and the `after` of the page that follows.

        Raises InvalidCreditCode.
        """
        places = store.ever_on_file if ended_too else store.on_file
        return await self._pages().page(words, places, after=after, limit=limit)

    async def ids(self, words: Words, *, most: int) -> tuple[list[str], bool]:
        """The first `most` records, of who has left too, and whether there may be more. Raises InvalidCreditCode."""
        return await self._pages().ids(words, store.ever_on_file, most=most)

    async def numbers(self, ids: Sequence[str]) -> set[str]:
        """The filed phone numbers of these records."""
        return await store.numbers(self.db, ids)

    def _pages(self) -> PeoplePages[Person]:
        return PeoplePages(self.db, self.lookup, self._opened)

    async def _opened(self, ids: Sequence[str]) -> list[Person]:
        return [opened(self.keyring, row) for row in await store.lines(self.db, ids)]
