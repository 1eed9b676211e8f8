"""Authentication of phone calls: the login, by its access token and the DPoP proof of its device's key."""

from starlette.requests import Request

from mshield.server.accounts.my_account import Account, account_of
from mshield.server.accounts.session import Caller, PhoneLogin, authenticate_phone
from mshield.server.http.caller import context_of, note_caller
from mshield.server.http.dpop import caller_and_nonce_of, caller_of


async def phone_of(request: Request) -> PhoneLogin:
    """Returns the login. Raises: Unauthenticated, InvalidProof."""
    return await _login(request, await caller_of(request))


async def account_of_phone(request: Request) -> Account:
    """Returns the login's account. Raises: as `phone_of`."""
    return await account_of(context_of(request).db, await phone_of(request))


async def phone_and_nonce_of(request: Request) -> tuple[PhoneLogin, str | None]:
    """Returns the login and the nonce of the call's proof (enrolment, step 2).

    Raises: Unauthenticated, InvalidProof.
    """
    caller, nonce = await caller_and_nonce_of(request)
    return await _login(request, caller), nonce


async def _login(request: Request, caller: Caller) -> PhoneLogin:
    context = context_of(request)
    login = await authenticate_phone(context.db, caller, now=context.clock())
    note_caller(request, "user", login.account_id)
    return login
