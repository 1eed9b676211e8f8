"""The phone's two calls of the co-signing protocol. Their bodies and answers are never stored, logged or cached."""

from typing import Annotated, Final, cast

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.gm import cosign
from mshield.gm import errors as gm_errors
from mshield.gm.cosign import FinishItem
from mshield.pki.signatures.display import MAX_PAGES, Confirmed, Pages
from mshield.server.errors import TooManyRequests
from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import address_of, context_of, note_subject
from mshield.server.http.dpop import unspent_caller_of
from mshield.server.http.phone.keys import key_id
from mshield.server.http.router import Router
from mshield.server.runtime.allowances import Allowance
from mshield.server.signing.documents import Shown
from mshield.server.signing.errors import Malformed, PinLocked, WrongPin
from mshield.server.signing.excluded import checked_reasons
from mshield.server.signing.finish import FinishRequest
from mshield.server.signing.open import OpenItem, OpenRequest
from mshield.server.values.lines import MAX_REASON
from mshield.wire.messages import Epoch, Hex16, Hex32, Hex65, ProtocolWire
from mshield.wire.phone.signing import FinishedMessage, NonceItem, OpenedMessage
from mshield.wire.times import HOUR_MS

router: Final = Router("phone")
_WRONG_PINS: Final = {"address": 200, "network": 1_000, "everybody": 10_000, "window": HOUR_MS}
"""Limits for wrong PINs, far above the mistakes of an office that signs all day from one address."""


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


Page = Annotated[int, msgspec.Meta(ge=1, le=MAX_PAGES)]


class PagesShown(Wire, frozen=True):
    """Pages shown on the screen, out of `count`: spans of first and last page, in order, not adjacent."""

    count: Page
    shown: Annotated[tuple[tuple[Page, Page], ...], msgspec.Meta(max_length=MAX_PAGES // 2)]


class PartialItem(Wire, frozen=True):
    """The phone's half of a signature, with the opening of its commitment.

    For a document with `drawn`: the person's additional confirmation, and the digest of the display
    (protocol, "What was shown"). For one with pages that is signed `unread`: the pages that were shown.
    """

    sid: Hex16
    Q1: Hex65
    rho: Hex32
    s_prime: Hex32
    confirmed: Confirmed | msgspec.UnsetType = msgspec.UNSET
    shown: Hex32 | msgspec.UnsetType = msgspec.UNSET
    pages: PagesShown | msgspec.UnsetType = msgspec.UNSET


class ExcludedItem(Wire, frozen=True):
    """A document that the person doesn't sign, with the reason in their words: one line of 1 to 200 characters."""

    sid: Hex16
    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_REASON)]


class FinishMessage(ProtocolWire, frozen=True):
    """`finish`, phone to server.

    `excluded` are documents permanently excluded from their request, in which at least one other document is
    signed.
    """

    items: Annotated[tuple[PartialItem, ...], msgspec.Meta(min_length=1, max_length=64)]
    tau: Hex32 | None
    excluded: (
        Annotated[tuple[ExcludedItem, ...], msgspec.Meta(min_length=1, max_length=63)] | msgspec.UnsetType
    ) = msgspec.UNSET


@router.post(
    "/keys/{uid}/open",
    summary="Open a signing session",
    operation_id="openSigning",
    knows_repeats=True,
    asks=openapi.takes(OpenMessage),
    answers=openapi.answers(OpenedMessage, "The server's nonces") | openapi.problems(429),
)
async def open_signing(request: Request, uid: str) -> Response:
    """Opens a session (protocol MSHIELD/v1, "Signing: open"). The phone then asks for the PIN and shows `left`.

    Takes no Idempotency-Key: a repeat opens a new session in place of the old one, and no attempt is counted.
    429 `too_many_requests` also if too many wrong PINs came from this address or network within an hour.
    """
    caller, context = await unspent_caller_of(request), context_of(request)
    note_subject(request, uid)
    now = context.clock()
    if wait := _wrong_pins(request).wait(address_of(request), now=now):
        raise TooManyRequests(retry_after=wait)
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
    """Finishes the session and returns the signatures (protocol MSHIELD/v1, "Signing: finish").

    Needs no Idempotency-Key: by the protocol a repeat of the same bytes gets the same answer without counting
    an attempt.

    Documents of a batch may be excluded with a reason (`excluded`): when the others are signed, they are
    permanently declined, and the business system's result says so.
    """
    caller, context = await unspent_caller_of(request), context_of(request)
    note_subject(request, uid)
    message = await body_of(request, FinishMessage)
    finish = FinishRequest(
        tuple(map(_item, message.items)),
        _tau(message.tau),
        _displays(message.items),
        _excluded(message.excluded),
    )
    try:
        return JsonAnswer(await context.signing.finish(caller, key_id(uid), finish, now=context.clock()))
    except (WrongPin, PinLocked):
        _wrong_pins(request).spend(address_of(request), now=context.clock())
        raise


def allowance_of_wrong_pins() -> Allowance:
    """Returns a process's limit for wrong PINs, besides the five of each key; it belongs into the app's state."""
    return Allowance(**_WRONG_PINS)


def _wrong_pins(request: Request) -> Allowance:
    return cast("Allowance", request.app.state.wrong_pins)


def _item(item: PartialItem) -> FinishItem:
    return FinishItem(
        bytes.fromhex(item.sid), bytes.fromhex(item.Q1), bytes.fromhex(item.rho), int(item.s_prime, 16)
    )


def _displays(items: tuple[PartialItem, ...]) -> dict[bytes, Shown]:
    shown: dict[bytes, Shown] = {}
    for item in items:
        if item.shown is msgspec.UNSET and item.confirmed is msgspec.UNSET and item.pages is msgspec.UNSET:
            continue
        if item.shown is msgspec.UNSET or item.confirmed is msgspec.UNSET:
            raise Malformed(field="shown")
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
        raise Malformed(field="tau") from error
