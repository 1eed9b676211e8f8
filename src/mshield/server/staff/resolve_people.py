"""Resolves search words to people, for lists that store only references: acts by id, SMS by number hash."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.server.accounts.search import FindAccounts
from mshield.server.filing.people_pages import Words
from mshield.server.filing.search import FindFiled

__all__ = ["People", "ResolvePeople", "Words"]

MAX_MATCHES: Final = 300
"""Maximum accounts, and maximum records, that words are resolved to; above that, the search needs more words."""


@dataclass(frozen=True, slots=True)
class People:
    """Ids of accounts and of filed people; `is_cut`: more than these match."""

    accounts: Sequence[str]
    people: Sequence[str]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class ResolvePeople:
    """Searches accounts and the filing, including ended records."""

    accounts: FindAccounts
    filed: FindFiled

    async def __call__(self, words: Words) -> People:
        """Resolves the words. Raises: InvalidRequest (no words), InvalidCreditCode."""
        (accounts, more_accounts), (people, more_people) = await asyncio.gather(
            self.accounts.ids(words, most=MAX_MATCHES), self.filed.ids(words, most=MAX_MATCHES)
        )
        return People(accounts, people, more_accounts or more_people)

    async def numbers(self, words: Words) -> tuple[set[str], bool]:
        """Returns the people's phone numbers, of accounts and of the filing, and whether there may be more.

        Raises: as the call.
        """
        people = await self(words)
        numbers = await self.accounts.numbers(people.accounts) | await self.filed.numbers(people.people)
        return numbers, people.is_cut
