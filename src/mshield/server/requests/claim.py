"""Claims: a phone may read a request's code before its holder has opened the app, and use it afterwards (ADR 107).

A claim (凭据) states that this device read a valid code of this request in time. A claim doesn't accept the
request: until the holder has logged in, any phone may accept it, and the PC sees no change. Claims aren't
stored; a MAC protects their content. For a login the holder sees the same display as after a scan, so that
one PIN entry can open the app and confirm the login (ADR 125).
"""

from dataclasses import dataclass
from typing import Final

from mshield.server.certificates.errors import NoCertificate
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound
from mshield.server.requests.errors import ExpiredRequest, OtherShield, QrStale, RequestClosed
from mshield.server.requests.my_signatures import NewProperty, new_properties
from mshield.server.requests.rows import claims as store
from mshield.server.requests.rows.claims import Claimable, LoginTask
from mshield.server.requests.rows.my_signatures import LoginPlace
from mshield.server.requests.rules import RequestState, shown_state
from mshield.server.requests.secrets import RequestSecrets
from mshield.server.requests.short_codes import ShortCodes
from mshield.wire.qr import begun_between, is_genuine, read_qr, read_short
from mshield.wire.times import MINUTE_MS

CLAIM_MS: Final = 3 * MINUTE_MS
"""Time in ms within which the holder must open the app."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """Claim to a request: the same device sends `code` instead of the QR code's text, until `expires_at` (ms)."""

    code: str
    expires_at: int
    request: Claimable


@dataclass(frozen=True, slots=True)
class ClaimedLogin:
    """Display of a login before the PIN, and the document to sign; contains nothing about the account.

    `unlike` are the new properties of its PC.
    """

    task: LoginTask
    unlike: tuple[NewProperty, ...]


@dataclass(frozen=True, slots=True)
class ClaimScan:
    """Makes and checks claims."""

    db: Database
    secrets: RequestSecrets

    async def __call__(self, jkt: str, code: str, *, typed: int = 0, now: int) -> Claimed:
        """Makes this device's claim to the request of a QR code's text, or of a short code typed in `typed` ms.

        Raises: NotFound (not a code of this service), NoCertificate (the device never applied), QrStale,
        OtherShield, ExpiredRequest, RequestClosed, TooManyRequests.
        """
        request_id, begun = await self._request_of(jkt, code, typed=typed, now=now)
        request = await self._claimable(request_id, jkt, begun=begun, now=now)
        expires_at = min(now + CLAIM_MS, request.expires_at)
        claim = self.secrets.claim(request.id, jkt=jkt, expires_at=expires_at)
        return Claimed(claim, expires_at, request)

    async def shown(self, request: Claimable, *, now: int) -> ClaimedLogin | None:
        """Returns the display of a claimed login before logging in; None for a signature."""
        task = await store.login_task(self.db, id=request.id) if request.kind == "login" else None
        if task is None:
            return None
        place = LoginPlace(request.requester.pc_browser, request.requester.pc_address)
        return ClaimedLogin(
            task, await new_properties(self.db, request.account_id, request.id, place, now=now)
        )

    async def login(self, jkt: str, claim: str, *, now: int) -> bytes:
        """Returns the sid of the login to which this device has a claim and which no phone has taken yet.

        Raises: NotFound (not this device's claim to a login), QrStale (expired claim), and as the call.
        """
        claimed = self.secrets.claimed(claim, jkt=jkt)
        if claimed is None:
            raise NotFound
        request_id, until = claimed
        begun = (0, now) if now < until else (now + 1, 0)
        request = await self._claimable(request_id, jkt, begun=begun, now=now)
        task = await store.login_task(self.db, id=request.id) if request.kind == "login" else None
        if task is None:
            raise NotFound
        return task.sid

    async def _claimable(self, request_id: str, jkt: str, *, begun: tuple[int, int], now: int) -> Claimable:
        has_applied, request = await store.claimable(self.db, id=request_id, jkt=jkt)
        if not has_applied:
            raise NoCertificate
        if request is None:
            raise NotFound
        if not request.is_for_this_shield:
            raise OtherShield
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if state is RequestState.EXPIRED:
            raise ExpiredRequest
        if state is not RequestState.WAITING:  # Before the login the phone must not learn who signed it.
            raise RequestClosed
        earliest, latest = begun
        if not earliest <= request.created_at <= latest:
            raise QrStale
        return request

    async def _request_of(self, jkt: str, code: str, *, typed: int, now: int) -> tuple[str, tuple[int, int]]:
        """Returns the request's id, and the range of times (ms) in which it must have started.

        Short codes share the rate limit with those typed in the unlocked app.
        """
        short = read_short(code)
        if short is not None:
            number = await store.own_number(self.db, jkt=jkt)
            if number is None:
                raise NoCertificate
            codes = ShortCodes(self.db, self.secrets)
            return await codes.request_of(short, shield_number=number, typed=typed, now=now)
        qr = read_qr(code)
        if qr is None or not is_genuine(qr, self.secrets.qr_secret(qr.request_id)):
            raise NotFound
        return qr.request_id, begun_between(qr, now=now)
