"""Accounts registered here: the phone number is the name, and the password's hash is in the table."""

from dataclasses import dataclass, replace

from mshield.server.accounts.passwords import Turn, hash_password, needs_new_hash, verify_password
from mshield.server.accounts.rows import accounts as store
from mshield.server.accounts.rows.accounts import LOCAL
from mshield.server.accounts.rules.password import MAX_LENGTH, normalise_password
from mshield.server.database.interface import Database
from mshield.server.identity.errors import InvalidPhone
from mshield.server.values.names import check_phone

__all__ = ["LOCAL", "LocalAccounts", "phone_or_none"]


@dataclass(frozen=True, slots=True)
class LocalAccounts:
    """Built-in source of accounts."""

    db: Database

    async def verify(self, name: str, password: str, turn: Turn, *, now: int) -> store.Account | None:
        """Returns the account with this name and password, also a disabled one; None if there is none.

        An unknown name takes as long as a wrong password.
        """
        phone = phone_or_none(name)
        account = None if phone is None else await store.find_account(self.db, phone=phone)
        if account is not None and account.source != LOCAL:
            account = None  # only the outside system checks its password
        plain = normalise_password(password)[: MAX_LENGTH + 1]
        right = await verify_password(None if account is None else account.password_hash, plain, turn)
        if account is None or not right or account.state not in {"active", "disabled"}:
            return None
        if not needs_new_hash(account.password_hash):
            return account
        hashed = await hash_password(plain, turn)
        if not await store.replace_password_hash(self.db, account=account, password_hash=hashed, now=now):
            # Another login or a reset has changed the hash meanwhile.
            return await self.verify(name, password, turn, now=now)
        return replace(account, password_hash=hashed)


def phone_or_none(name: str) -> str | None:
    """Returns the account name as a normalised phone number; None if it is no phone number and so names no account."""
    try:
        return check_phone(name)
    except InvalidPhone:
        return None
