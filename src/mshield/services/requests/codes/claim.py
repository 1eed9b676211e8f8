"""A code that a phone reads before its holder has opened the app is kept, and counts once they have (ADR 107).

A claim (凭据) says that this device read a good code of this request in time. It takes nothing: until the holder has
logged in, any phone may still take the request, and the PC sees nothing. It isn't stored; its MAC says what it is for.
Of a login the holder is shown what a scan would show, so that one PIN can open the app and confirm it (ADR 125).
"""

from dataclasses import dataclass
from typing import Final

from mshield.domain import errors
from mshield.domain.qr import begun_between, is_genuine, read_qr, read_short
from mshield.domain.requests import RequestState, shown_state
from mshield.domain.times import MINUTE_MS
from mshield.services.requests.codes.short_codes import ShortCodes
from mshield.services.requests.my_signatures import Unlike, unlike
from mshield.services.requests.secrets import RequestSecrets
from mshield.store.database.interface import Database
from mshield.store.requests import claims as store
from mshield.store.requests.claims import Claimable, LoginTask
from mshield.store.requests.my_signatures import LoginPlace

CLAIM_MS: Final = 3 * MINUTE_MS
"""How long the holder may take to open the app."""


@dataclass(frozen=True, slots=True)
class Claimed:
    """`code` is scanned in place of the QR code's text, by the same device, until `expires_at` (ms)."""

    code: str
    expires_at: int
    request: Claimable


@dataclass(frozen=True, slots=True)
class ClaimedLogin:
    """What of a login is shown before the PIN, and what the PIN then signs; nothing of the account.

    `unlike` is what of its PC is new.
    """

    task: LoginTask
    unlike: tuple[Unlike, ...]


@dataclass(frozen=True, slots=True)
class ClaimScan:
    """Makes claims."""

    db: Database
    secrets: RequestSecrets

    async def __call__(self, jkt: str, code: str, *, typed: int = 0, now: int) -> Claimed:
        """The claim of this device to the request behind a QR code's text, or a short code that took `typed` ms.

        Raises NotFound for a code that isn't this service's, NoCertificate for a device that never applied; QrStale,
        OtherShield, ExpiredRequest, RequestClosed, TooManyRequests, as the scan itself would.
        """
        request_id, begun = await self._meant(jkt, code, typed=typed, now=now)
        request = await self._claimable(request_id, jkt, begun=begun, now=now)
        expires_at = min(now + CLAIM_MS, request.expires_at)
        claim = self.secrets.claim(request.id, jkt=jkt, expires_at=expires_at)
        return Claimed(claim, expires_at, request)

    async def shown(self, request: Claimable, *, now: int) -> ClaimedLogin | None:
        """What of a claimed request is shown before the login; None for a signature."""
        task = await store.login_task(self.db, id=request.id) if request.kind == "login" else None
        if task is None:
            return None
        place = LoginPlace(request.requester.pc_browser, request.requester.pc_address)
        return ClaimedLogin(task, await unlike(self.db, request.account_id, request.id, place, now=now))

    async def login(self, jkt: str, claim: str, *, now: int) -> bytes:
        """The sid of the login that this device has a claim to, and that still waits for whoever takes it.

        Raises NotFound for what is no claim of this device to a login, QrStale for one that is over; as the call.
        """
        claimed = self.secrets.claimed(claim, jkt=jkt)
        if claimed is None:
            raise errors.NotFound
        request_id, until = claimed
        begun = (0, now) if now < until else (now + 1, 0)
        request = await self._claimable(request_id, jkt, begun=begun, now=now)
        task = await store.login_task(self.db, id=request.id) if request.kind == "login" else None
        if task is None:
            raise errors.NotFound
        return task.sid

    async def _claimable(self, request_id: str, jkt: str, *, begun: tuple[int, int], now: int) -> Claimable:
        has_applied, request = await store.claimable(self.db, id=request_id, jkt=jkt)
        if not has_applied:
            raise errors.NoCertificate
        if request is None:
            raise errors.NotFound
        if not request.is_for_this_shield:
            raise errors.OtherShield
        state = shown_state(RequestState(request.state), expires_at=request.expires_at, now=now)
        if state is RequestState.EXPIRED:
            raise errors.ExpiredRequest
        if state is not RequestState.WAITING:  # by whom it was signed isn't told before the login
            raise errors.RequestClosed
        earliest, latest = begun
        if not earliest <= request.created_at <= latest:
            raise errors.QrStale
        return request

    async def _meant(self, jkt: str, code: str, *, typed: int, now: int) -> tuple[str, tuple[int, int]]:
        """The request's id, and when it must have begun. Short codes are counted with those of the open app."""
        short = read_short(code)
        if short is not None:
            number = await store.own_number(self.db, jkt=jkt)
            if number is None:
                raise errors.NoCertificate
            codes = ShortCodes(self.db, self.secrets)
            return await codes.request_of(short, shield_number=number, typed=typed, now=now)
        qr = read_qr(code)
        if qr is None or not is_genuine(qr, self.secrets.qr_secret(qr.request_id)):
            raise errors.NotFound
        return qr.request_id, begun_between(qr, now=now)
