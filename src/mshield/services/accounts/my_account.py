"""The account of who is logged in."""

from mshield.domain import errors
from mshield.services.accounts.session import PhoneLogin
from mshield.store.accounts.accounts import Account, get_account
from mshield.store.database.interface import Database

__all__ = ["Account", "account_of"]


async def account_of(db: Database, login: PhoneLogin) -> Account:
    """The account. Raises Unauthenticated where it is gone."""
    account = await get_account(db, account_id=login.account_id)
    if account is None:
        raise errors.Unauthenticated
    return account
