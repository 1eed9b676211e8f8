"""Account of the logged-in user."""

from mshield.server.accounts.rows.accounts import Account, get_account
from mshield.server.accounts.session import PhoneLogin
from mshield.server.database.interface import Database
from mshield.server.errors import Unauthenticated

__all__ = ["Account", "account_of"]


async def account_of(db: Database, login: PhoneLogin) -> Account:
    """Returns the account of a login. Raises: Unauthenticated (the account is gone)."""
    account = await get_account(db, account_id=login.account_id)
    if account is None:
        raise Unauthenticated
    return account
