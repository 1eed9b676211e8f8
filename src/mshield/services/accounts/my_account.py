"""The account of who is logged in."""

from mshield.domain import errors
from mshield.services.accounts.session import PhoneLogin
from mshield.store.accounts import accounts
from mshield.store.database.interface import Database


async def account_of(db: Database, login: PhoneLogin) -> accounts.Account:
    """The account. Raises Unauthenticated where it is gone."""
    account = await accounts.get_account(db, account_id=login.account_id)
    if account is None:
        raise errors.Unauthenticated
    return account
