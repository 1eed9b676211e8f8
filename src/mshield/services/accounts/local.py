"""Accounts that were registered here: the phone number is the name, the password's hash is in the table."""

from dataclasses import dataclass, replace

from mshield.domain import errors
from mshield.domain.identity import check_phone
from mshield.domain.password import MAX_LENGTH, normalise_password
from mshield.services.accounts.passwords import Turn, hash_password, needs_new_hash, verify_password
from mshield.store.accounts import accounts as store
from mshield.store.accounts.accounts import LOCAL
from mshield.store.database.interface import Database

__all__ = ["LOCAL", "LocalAccounts", "phone_or_none"]


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """The built-in source."""

    db: Database

    async def verify(self, name: str, password: str, turn: Turn, *, now: int) -> store.Account | None:
        """The account whose password this is, also a disabled one; an unknown name takes as long."""
        phone = phone_or_none(name)
        account = None if phone is None else await store.find_account(self.db, phone=phone)
        if account is not None and account.source != LOCAL:
            account = None  # an outside system's password is checked there, and only there
        plain = normalise_password(password)[: MAX_LENGTH + 1]
        right = await verify_password(None if account is None else account.password_hash, plain, turn)
        if account is None or not right or account.state not in {"active", "disabled"}:
            return None
        if not needs_new_hash(account.password_hash):
            return account
        hashed = await hash_password(plain, turn)
        if not await store.replace_password_hash(self.db, account=account, password_hash=hashed, now=now):
            return await self.verify(name, password, turn, now=now)  # by another login at once, or by a reset
        return replace(account, password_hash=hashed)


def phone_or_none(name: str) -> str | None:
    """The account name in its one form, or None for a name that is no phone number, so no account's."""
    try:
        return check_phone(name)
    except errors.InvalidPhone:
        return None
