"""Search for accounts by staff, with the criteria used for people on file (ADR 129); at least one is required."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mshield.server.accounts.rows import search as store
from mshield.server.accounts.rows.search import AccountLine
from mshield.server.errors import InvalidRequest
from mshield.server.filing.people_pages import PeoplePages, Words
from mshield.server.keys.sealed_data import SearchableData
from mshield.server.values.id_numbers import ACCOUNT_BOX

__all__ = ["AccountLine", "FindAccounts", "FoundAccount", "Words"]


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account's line with its id number in the clear."""

    row: AccountLine
    id_number: str = field(repr=False)

    @property
    def id(self) -> str:
        return self.row.id


@dataclass(frozen=True, slots=True)
class FindAccounts(SearchableData):
    """Searches accounts for staff."""

    async def page(
        self, words: Words, *, after: str = "", limit: int
    ) -> tuple[list[FoundAccount], str | None]:
        """Returns a page of accounts after the id `after`, in the order of registration, and the next page's `after`.

        Raises: InvalidRequest (no search criterion), InvalidCreditCode.
        """
        _require_some(words)
        return await self._pages().page(words, store.places, after=after, limit=limit)

    async def ids(self, words: Words, *, most: int) -> tuple[list[str], bool]:
        """Returns the ids of the first `most` accounts, and whether there may be more. Raises: as `page`."""
        _require_some(words)
        return await self._pages().ids(words, store.places, most=most)

    async def numbers(self, ids: Sequence[str]) -> set[str]:
        """Returns the phone numbers of these accounts."""
        return await store.numbers(self.db, ids)

    def _pages(self) -> PeoplePages[FoundAccount]:
        return PeoplePages(self.db, self.lookup, self._opened)

    async def _opened(self, ids: Sequence[str]) -> list[FoundAccount]:
        return [self._line(row) for row in await store.lines(self.db, ids)]

    def _line(self, row: AccountLine) -> FoundAccount:
        number = self.keyring.open(row.id_number_box, purpose=ACCOUNT_BOX, context=row.id.encode())
        return FoundAccount(row, number.decode())


def _require_some(words: Words) -> None:
    if words == Words():
        raise InvalidRequest(fields=["name", "end", "id_number", "credit_code"])
