"""Staff find accounts by the words by which they find who is on file (ADR 129); there is no list without any."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from mshield.domain import errors
from mshield.domain.id_numbers import ACCOUNT_BOX
from mshield.keys.keyring import Keyring
from mshield.keys.secrets import LookupKey
from mshield.services.filing.people_pages import PeoplePages, Words
from mshield.store.accounts import search as store
from mshield.store.accounts.search import AccountLine
from mshield.store.database.interface import Database

__all__ = ["AccountLine", "FindAccounts", "FoundAccount", "Words"]


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """A line with its id number in the clear."""

    row: AccountLine
    id_number: str = field(repr=False)

    @property
    def id(self) -> str:
        """The account's."""
        return self.row.id


@dataclass(frozen=True, slots=True)
class FindAccounts:
    """What staff look up among the accounts."""

    db: Database
    keyring: Keyring
    lookup: LookupKey

    async def page(
        self, words: Words, *, after: str = "", limit: int
    ) -> tuple[list[FoundAccount], str | None]:
        """Accounts in the order of registration behind the one with the id `after`, and the next page's `after`.

        Raises InvalidRequest where no word is given, InvalidCreditCode.
        """
        _require_some(words)
        return await self._pages().page(words, store.places, after=after, limit=limit)

    async def ids(self, words: Words, *, most: int) -> tuple[list[str], bool]:
        """The first `most` accounts, and whether there may be more. Raises as `page`."""
        _require_some(words)
        return await self._pages().ids(words, store.places, most=most)

    async def numbers(self, ids: Sequence[str]) -> set[str]:
        """The phone numbers of these accounts."""
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
        raise errors.InvalidRequest(fields=["name", "end", "id_number", "credit_code"])
