"""Search for people on file by staff: by whole numbers, ends of numbers, names of people and enterprises (ADR 132)."""

from collections.abc import Sequence
from dataclasses import dataclass

from mshield.server.filing.people import Person, opened
from mshield.server.filing.people_pages import PeoplePages, Words
from mshield.server.filing.rows import people_search as store
from mshield.server.keys.sealed_data import SearchableData

__all__ = ["FindFiled", "Words"]


@dataclass(frozen=True, slots=True)
class FindFiled(SearchableData):
    """Searches the filing for staff."""

    async def page(
        self, words: Words, *, ended_too: bool = False, after: str = "", limit: int
    ) -> tuple[list[Person], str | None]:
        """Returns records in the order of filing after the one with the id `after`, and the next page's `after`.

        Raises: InvalidCreditCode.
        """
        places = store.ever_on_file if ended_too else store.on_file
        return await self._pages().page(words, places, after=after, limit=limit)

    async def ids(self, words: Words, *, most: int) -> tuple[list[str], bool]:
        """Returns the first `most` records, also ended ones, and whether there may be more.

        Raises: InvalidCreditCode.
        """
        return await self._pages().ids(words, store.ever_on_file, most=most)

    async def numbers(self, ids: Sequence[str]) -> set[str]:
        """Returns the filed phone numbers of these records."""
        return await store.numbers(self.db, ids)

    def _pages(self) -> PeoplePages[Person]:
        return PeoplePages(self.db, self.lookup, self._opened)

    async def _opened(self, ids: Sequence[str]) -> list[Person]:
        return [opened(self.keyring, row) for row in await store.lines(self.db, ids)]
