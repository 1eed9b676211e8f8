"""The phone's two calls of the co-signing protocol. Nothing of their bodies or answers is kept, logged or cached."""

from typing import Annotated, Final, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.certificates.pin_tries import MAX_FAILURES
from mshield.domain.lines import MAX_REASON
from mshield.domain.times import HOUR_MS
from mshield.gm import cosign
from mshield.gm import errors as gm_errors
from mshield.gm.cosign import FinishItem
from mshield.pki.signatures.display import MAX_PAGES, Confirmed, Pages
from mshield.services.process.allowances import Allowance
from mshield.services.signing.excluded import checked_reasons
from mshield.services.signing.finish import FinishRequest
from mshield.services.signing.open import OpenItem, OpenRequest
from mshield.services.signing.shown import Shown
from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import Epoch, Hex16, Hex32, Hex65, ProtocolWire, Wire, body_of
from mshield.web.caller import address_of, concerning
from mshield.web.context import context_of
from mshield.web.dpop import unspent_caller_of
from mshield.web.phone.keys import key_id
from mshield.web.router import Router

router: Final = Router("phone")
_WRONG_PINS: Final = {"address": 200, "network": 1_000, "everybody": 10_000, "window": HOUR_MS}
"""Far more than the mistakes of an office that signs all day behind one address."""


class CommittedItem(Wire, frozen=True):
    """A document and the phone's commitment to its nonce."""

    sid: Hex16
    c: Hex32


class OpenMessage(ProtocolWire, frozen=True):
    """`open`, phone to server."""

    rn: Hex32
    otp: Hex32
    epoch: Epoch
    items: Annotated[tuple[CommittedItem, ...], msgspec.Meta(min_length=1, max_length=64)]


class NonceItem(Wire, frozen=True):
    """The server's nonce for a document, with the proof (A, z) that it knows its logarithm."""

    sid: Hex16
    Q2: Hex65
    A: Hex65
    z: Hex32


class OpenedMessage(Wire, frozen=True):
    """`open`, server to phone. `left` are the PIN tries left; `next_epoch` is null unless a refresh may ride along."""

    items: tuple[NonceItem, ...]
    left: Annotated[int, msgspec.Meta(ge=0, le=MAX_FAILURES)]
    next_epoch: Epoch | None


Page = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGES)]


class PagesShown(Wire, frozen=True):
    """Which of `count` pages were on the screen: spans of first and last page, in order, with a page between them."""

    count: Page
    shown: Annotated[tuple[tuple[Page, Page], ...], msgspec.Meta(max_length=MAX_PAGES // 2)]


class PartialItem(Wire, frozen=True):
    """The phone's half of a signature, with the opening of its commitment.

    Of a document that has `drawn`: what its person confirmed besides, and the digest of what was shown (protocol, "What
    was shown"); of one with pages that is signed `unread`, which of them were on the screen.
    """

    sid: Hex16
    Q1: Hex65
    rho: Hex32
    s_prime: Hex32
    confirmed: Confirmed | msgspec.UnsetType = msgspec.UNSET
    shown: Hex32 | msgspec.UnsetType = msgspec.UNSET
    pages: PagesShown | msgspec.UnsetType = msgspec.UNSET


class ExcludedItem(Wire, frozen=True):
    """A document that its person doesn't sign, and why, in their words; one line of 1 to 200 characters."""

    sid: Hex16
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class FinishMessage(ProtocolWire, frozen=True):
    """`finish`, phone to server.

    `excluded` are documents that are left out of their request for good, beside at least one of it that is signed.
    """

    items: Annotated[tuple[PartialItem, ...], msgspec.Meta(min_length=1, max_length=64)]
    tau: Hex32 | None
    excluded: (
        Annotated[tuple[ExcludedItem, ...], msgspec.Meta(min_length=1, max_length=63)] | msgspec.UnsetType
    ) = msgspec.UNSET


class SignatureItem(Wire, frozen=True):
    """A signature (r, s); or `error` for a document that was closed meanwhile."""

    sid: Hex16
    r: Hex32 | msgspec.UnsetType = msgspec.UNSET
    s: Hex32 | msgspec.UnsetType = msgspec.UNSET
    error: str | msgspec.UnsetType = msgspec.UNSET


class FinishedMessage(Wire, frozen=True):
    """`finish`, server to phone, with the next one-time value."""

    items: tuple[SignatureItem, ...]
    otp: Hex32


@router.post(
    "/keys/{uid}/open",
    summary="Open a signing session",
    operation_id="openSigning",
    knows_repeats=True,
    asks=openapi.takes(OpenMessage),
    answers=openapi.answers(OpenedMessage, "The server's nonces") | openapi.problems(429),
)
async def open_signing(request: Request, uid: str) -> Response:
    """Protocol MSHIELD/v1, "Signing: open". The PIN is asked for after this, with `left` shown.

    Takes no Idempotency-Key: a repeat opens a new session in place of the old one, and nothing is counted. 429
    `too_many_requests` also where too many wrong PINs came from this address or network within an hour.
    """
    caller, context = await unspent_caller_of(request), context_of(request)
    concerning(request, uid)
    now = context.clock()
    if wait := _wrong_pins(request).wait(address_of(request), now=now):
        raise errors.TooManyRequests(retry_after=wait)
    message = await body_of(request, OpenMessage)
    opened = await context.signing.open(
        caller,
        key_id(uid),
        OpenRequest(
            rn=bytes.fromhex(message.rn),
            otp=bytes.fromhex(message.otp),
            epoch=message.epoch,
            items=tuple([OpenItem(bytes.fromhex(item.sid), bytes.fromhex(item.c)) for item in message.items]),
        ),
        now=now,
    )
    answer = OpenedMessage(
        items=tuple(
            [
                NonceItem(nonce.sid.hex(), nonce.Q2.hex(), nonce.proof.A.hex(), f"{nonce.proof.z:064x}")
                for nonce in opened.items
            ]
        ),
        left=opened.left,
        next_epoch=opened.next_epoch,
    )
    return JsonAnswer(answer)


@router.post(
    "/keys/{uid}/finish",
    summary="Finish a signing session",
    operation_id="finishSigning",
    knows_repeats=True,
    asks=openapi.takes(FinishMessage),
    answers=openapi.answers(FinishedMessage, "The signatures"),
)
async def finish_signing(request: Request, uid: str) -> Response:
    """Protocol MSHIELD/v1, "Signing: finish".

    Takes no Idempotency-Key: by the protocol a repeat of the same bytes gets the same answer and counts no try.
    Documents of a batch may be left out, with a reason (`excluded`): with the signatures of the others they are
    declined for good, and the business system's result says so.
    """
    caller, context = await unspent_caller_of(request), context_of(request)
    concerning(request, uid)
    message = await body_of(request, FinishMessage)
    finish = FinishRequest(
        tuple(map(_item, message.items)),
        _tau(message.tau),
        _shown(message.items),
        _excluded(message.excluded),
    )
    try:
        return JsonAnswer(await context.signing.finish(caller, key_id(uid), finish, now=context.clock()))
    except (errors.WrongPin, errors.PinLocked):
        _wrong_pins(request).spend(address_of(request), now=context.clock())
        raise


def allowance_of_wrong_pins() -> Allowance:
    """How many wrong PINs a process takes, beside the five of each key; for its application's state."""
    return Allowance(**_WRONG_PINS)


def _wrong_pins(request: Request) -> Allowance:
    return cast("Allowance", request.app.state.wrong_pins)


def _item(item: PartialItem) -> FinishItem:
    return FinishItem(
        bytes.fromhex(item.sid), bytes.fromhex(item.Q1), bytes.fromhex(item.rho), int(item.s_prime, 16)
    )


def _shown(items: tuple[PartialItem, ...]) -> dict[bytes, Shown]:
    shown: dict[bytes, Shown] = {}
    for item in items:
        if item.shown is msgspec.UNSET and item.confirmed is msgspec.UNSET and item.pages is msgspec.UNSET:
            continue
        if item.shown is msgspec.UNSET or item.confirmed is msgspec.UNSET:
            raise errors.Malformed(field="shown")
        pages = None if item.pages is msgspec.UNSET else Pages(item.pages.count, item.pages.shown)
        shown[bytes.fromhex(item.sid)] = Shown(item.confirmed, bytes.fromhex(item.shown), pages)
    return shown


def _excluded(items: tuple[ExcludedItem, ...] | msgspec.UnsetType) -> dict[bytes, str]:
    if items is msgspec.UNSET:
        return {}
    return checked_reasons((bytes.fromhex(item.sid), item.reason) for item in items)


def _tau(text: str | None) -> int | None:
    try:
        return cosign.parse_tau(None if text is None else bytes.fromhex(text))
    except gm_errors.Malformed as error:
        raise errors.Malformed(field="tau") from error
