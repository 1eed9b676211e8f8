"""Who calls from a phone: the login, by its access token and the proof of its device's key."""

from starlette.requests import Request

from mshield.services.accounts.my_account import Account, account_of
from mshield.services.accounts.session import Caller, PhoneLogin, authenticate_phone
from mshield.web.caller import acting
from mshield.web.context import context_of
from mshield.web.dpop import caller_and_nonce_of, caller_of


async def phone_of(request: Request) -> PhoneLogin:
    """The login. Raises Unauthenticated, InvalidProof."""
    return await _login(request, await caller_of(request))


async def account_of_phone(request: Request) -> Account:
    """The login's account. Raises as `phone_of`."""
    return await account_of(context_of(request).db, await phone_of(request))


async def phone_and_nonce_of(request: Request) -> tuple[PhoneLogin, str | None]:
    """The login, and the nonce of the call's proof (enrolment, step 2). Raises Unauthenticated, InvalidProof."""
    caller, nonce = await caller_and_nonce_of(request)
    return await _login(request, caller), nonce


async def _login(request: Request, caller: Caller) -> PhoneLogin:
    context = context_of(request)
    login = await authenticate_phone(context.db, caller, now=context.clock())
    acting(request, "user", login.account_id)
    return login
