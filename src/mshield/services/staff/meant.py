"""Whom words mean, for lists that know people by a reference alone: acts by ids, SMS by the hashes of numbers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mshield.services.accounts.search.accounts import FindAccounts
from mshield.services.filing.people_pages import Words
from mshield.services.filing.search import FindFiled

__all__ = ["MeantPeople", "People", "Words"]

MOST_MEANT: Final = 300
"""Accounts, and records, that words are looked up for: whoever gets more is asked for more of them."""


@dataclass(frozen=True, slots=True)
class People:
    """Ids of accounts and of filed people; `is_cut`: more fit than these."""

    accounts: Sequence[str]
    people: Sequence[str]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class MeantPeople:
    """Looks words up among accounts and in the filing, who has left included."""

    accounts: FindAccounts
    filed: FindFiled

    async def __call__(self, words: Words) -> People:
        """Raises InvalidRequest where no word is given, InvalidCreditCode."""
        (accounts, more_accounts), (people, more_people) = await asyncio.gather(
            self.accounts.ids(words, most=MOST_MEANT), self.filed.ids(words, most=MOST_MEANT)
        )
        return People(accounts, people, more_accounts or more_people)

    async def numbers(self, words: Words) -> tuple[set[str], bool]:
        """Their phone numbers, the accounts' and the filed ones, and whether there may be more. Raises the same."""
        meant = await self(words)
        numbers = await self.accounts.numbers(meant.accounts) | await self.filed.numbers(meant.people)
        return numbers, meant.is_cut
