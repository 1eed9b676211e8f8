"""A business system's calls: ask for a login or a signature, follow it, fetch the result (R15, R16)."""

import base64
import binascii
from typing import Annotated, Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.domain import errors
from mshield.domain.certificates import shield
from mshield.domain.errors import Json
from mshield.domain.systems.addresses import MAX_URI, is_ip_address
from mshield.pki.signatures.formats import (
    PDF,
    AskedOptions,
    Format,
    OptionRefused,
    complete,
    may_be_elsewhere,
)
from mshield.services.requests.ask import Asked
from mshield.services.requests.document import AskedView, Document
from mshield.services.requests.follow import Followed
from mshield.web import idempotency_key, openapi
from mshield.web.answers import JsonAnswer, no_content
from mshield.web.body import Hex32, Wire, body_of
from mshield.web.business.authentication import known_system, system_of
from mshield.web.business.results import ResultMessage, ResultWanted, options_wanted, result_message
from mshield.web.business.return_code import PARAMETER as RETURN_CODE
from mshield.web.business.return_code import return_code_of
from mshield.web.context import context_of
from mshield.web.router import Router
from mshield.web.waiting.held import held_calls_of
from mshield.web.waiting.long_poll import PARAMETERS, LongPoll, seconds_of

router: Final = Router("business")
_LONGEST_LOGIN: Final = 300


Text = Annotated[str, msgspec.Meta(min_length=1, max_length=256)]
MediaType = Annotated[
    str,
    # \\Z, since $ also matches before a line's end.
    msgspec.Meta(pattern=r"^[a-z0-9.+-]+/[a-zA-Z0-9.+-]+(; ?charset=[A-Za-z0-9-]+)?\Z", max_length=128),
]

_ADDRESS_FORMAT: Final[dict[str, Any]] = {"anyOf": [{"format": "ipv4"}, {"format": "ipv6"}]}
Content = Annotated[str, msgspec.Meta(min_length=4, extra_json_schema={"format": "byte"})]


class DisplayLine(Wire, frozen=True):
    """One line of what the phone shows of a document."""

    label: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    value: Annotated[str, msgspec.Meta(max_length=512)]


class AskedViewMessage(Wire, frozen=True):
    """A view (展示规则) that is registered for you: a version of it, or without one the newest in force."""

    id: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9./-]{1,80}\Z")]
    version: Annotated[int, msgspec.Meta(ge=1, lt=10**9)] | None = None


class DocumentMessage(Wire, frozen=True):
    """A document to sign.

    `format` `raw`: the signature is over exactly the content's bytes. `cms`, `cms_detached`: over signed attributes
    that bind content, title and display, in a CMS with the content inside or not. `gb35275`, `gb35275_detached`: the
    same in a SignedData of GB/T 35275, or with `options` over the content; `gb35275_digest`: over SM3 of the content.
    `xml`: an E-Port XML signature, in the content's canonical form; XML that can't have one is refused, `invalid_xml`.
    `pdf`: in the PDF itself, as one signature more.
    Of a detached one with signed attributes the content may stay with the business system: `digest_sm3` and `size` in
    bytes stand in for `content_b64`. `options` are told in formats.md.
    `view` draws the content; who has one in force for it has to name it. `display` are your words beside it, which the
    phone compares with the content.
    """

    title: Text
    media_type: MediaType
    content_b64: Content | None = None
    display: Annotated[tuple[DisplayLine, ...], msgspec.Meta(max_length=64)] = ()
    format: Format = "raw"
    options: AskedOptions = AskedOptions()
    digest_sm3: Hex32 | None = None
    size: Annotated[int, msgspec.Meta(ge=0, lt=2**53)] | None = None
    view: AskedViewMessage | None = None


class PcMessage(Wire, frozen=True):
    """The PC on whose screen the QR stands, as the business system sees it; `address` is IPv4 or IPv6, without port."""

    address: Annotated[str, msgspec.Meta(max_length=64, extra_json_schema=_ADDRESS_FORMAT)]
    browser: Annotated[str, msgspec.Meta(max_length=256)]


class CreateMessage(Wire, frozen=True):
    """A login takes no documents, a signature 1 to 64.

    `channel` `app`: another app on the same phone hands the request over by its link, and needs a bound certificate.
    `shield_number`: the request for a signature also waits in that shield's inbox (待办), and no other can take it.
    `return_url`: with `app`, and only then, where the shield's app leads back to; one that you registered.
    `lifetime`: seconds that the request lives, a login at most 300.
    """

    kind: Literal["login", "signature"]
    documents: Annotated[tuple[DocumentMessage, ...], msgspec.Meta(max_length=64)] = ()
    pc: PcMessage | None = None
    channel: Literal["qr", "app"] = "qr"
    shield_number: Annotated[str, msgspec.Meta(pattern=f"^{shield.PATTERN}$")] | None = None
    return_url: Annotated[str, msgspec.Meta(min_length=1, max_length=MAX_URI)] | None = None
    lifetime: Annotated[int, msgspec.Meta(ge=30, le=86_400)] | None = None


class CreatedMessage(Wire, frozen=True):
    """What the QR code of each second is made from, and `number`, two digits to show beside it.

    The text is `{qr_origin}/q/{id}?t={t}&c={c}`: t the seconds since the request began, c the first 16 bytes of
    HMAC-SHA-256(qr_secret, t as decimal digits) as base64url. `age` (ms) is how long ago the request began when this
    was answered, so that no clocks need to agree. `qr_secret` stays on the server; `status_token` is for the page.
    A request by channel `app` has `app_link` in their place: the link that opens the shield's app on this phone.
    """

    id: str
    kind: Literal["login", "signature"]
    state: str
    number: str
    age: int
    expires_at: int
    status_token: str
    qr_origin: str | msgspec.UnsetType = msgspec.UNSET
    qr_secret: Hex32 | msgspec.UnsetType = msgspec.UNSET
    app_link: str | msgspec.UnsetType = msgspec.UNSET


class StateMessage(Wire, frozen=True):
    """waiting, scanned, signed, declined, expired or cancelled; `reason` for declined: declined or not_me."""

    id: str
    kind: Literal["login", "signature"]
    state: str
    reason: str | None
    expires_at: int


@router.post(
    "/requests",
    summary="Ask for a login or a signature",
    operation_id="createRequest",
    knows_repeats=True,
    known_first=known_system,
    asks=openapi.takes(CreateMessage) | {"parameters": [idempotency_key.BY_ROW]},
    answers=openapi.answers(CreatedMessage, "The request", status=201) | openapi.problems(413, 429),
)
async def create(request: Request) -> Response:
    """The request lives 120 s (a setting). Show its QR code, which changes every second, and wait on its state."""
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    message = await body_of(request, CreateMessage)
    _check(message)
    asked = await context.requests.ask.create(
        system,
        kind=message.kind,
        channel=message.channel,
        documents=tuple(_document(document) for document in message.documents),
        shield_number=message.shield_number,
        return_url=message.return_url,
        lifetime=message.lifetime,
        pc_address=message.pc.address if message.pc else None,
        pc_browser=message.pc.browser if message.pc else None,
        idempotency_key=idempotency_key.key_of(request),
        body=await request.body(),
        now=now,
    )
    # By now: where its commit waited, as for a standby, codes that count from its beginning would be refused.
    return JsonAnswer(_created(asked, message.kind, now=context.clock()), 201)


@router.get(
    "/requests/{request_id}",
    summary="The state of a request",
    operation_id="getRequest",
    asks={"parameters": PARAMETERS},
    answers=openapi.answers(StateMessage, "The state") | openapi.problems(422, 429),
)
async def state(request: Request, request_id: str) -> Response:
    """With `wait` the answer comes when the state differs from `state`, or after that many seconds."""
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    seconds, client_id = seconds_of(request), system.client_id
    if not seconds:
        return _state(await context.requests.follow.state(request_id, client_id=client_id, now=now))
    poll = LongPoll(
        context,
        request_id,
        lambda at: context.requests.follow.state(request_id, client_id=client_id, now=at),
        asker="system",
        known=request.query_params.get("state", "waiting"),
        seconds=seconds,
        tell=_state,
    )
    return await held_calls_of(request).hold(poll)


@router.get(
    "/requests/{request_id}/result",
    summary="What was signed, and by whom",
    operation_id="getResult",
    asks={"parameters": [RETURN_CODE]},
    answers=openapi.answers(ResultMessage, "The signatures with certificate, chain and OCSP answer"),
)
async def result(request: Request, request_id: str, query: ResultWanted) -> Response:
    """409 `not_signed` before the phone has signed. Verify it: the SDK's `verify()` does so offline.

    With options in the query the file comes in another wrapper, as often as you like: 422 `invalid_request` names one
    that no document's format takes, or that is unknown.

    A request by channel `app` has a result only for whom the shield's app led back, with `return_code`: 403
    `wrong_return_code` else.
    """
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    signed = await context.requests.result(
        system,
        request_id,
        return_code=return_code_of(request),
        options=options_wanted(request, query),
        now=now,
    )
    return JsonAnswer(result_message(signed))


@router.post(
    "/requests/{request_id}/cancel",
    summary="Cancel an open request",
    operation_id="cancelRequest",
    answers=openapi.answers(None, "Cancelled", status=204),
)
async def cancel(request: Request, request_id: str) -> Response:
    """A request that is signed, declined or expired stays so: 409 `request_closed`."""
    context = context_of(request)
    now = context.clock()
    system = await system_of(request, now=now)
    await context.requests.ask.cancel(system, request_id, now=now)
    return no_content()


def _state(followed: Followed) -> Response:
    kind: Literal["login", "signature"] = "login" if followed.kind == "login" else "signature"
    return JsonAnswer(StateMessage(followed.id, kind, followed.state, followed.reason, followed.expires_at))


def _check(message: CreateMessage) -> None:
    login = message.kind == "login"
    wrong: list[Json] = [
        name
        for name, is_wrong in (
            ("documents", login == bool(message.documents)),
            ("pc.address", message.pc is not None and not is_ip_address(message.pc.address)),
            ("return_url", (message.channel == "app") != (message.return_url is not None)),
            ("shield_number", message.shield_number is not None and (login or message.channel == "app")),
            ("lifetime", login and message.lifetime is not None and message.lifetime > _LONGEST_LOGIN),
        )
        if is_wrong
    ]
    if wrong:
        raise errors.InvalidRequest(fields=wrong)


def _created(asked: Asked, kind: Literal["login", "signature"], *, now: int) -> CreatedMessage:
    message = CreatedMessage(
        id=asked.id,
        kind=kind,
        state=asked.state,
        number=asked.number,
        age=max(0, now - asked.started_at),
        expires_at=asked.expires_at,
        status_token=asked.status_token,
    )
    if asked.channel == "app":
        return msgspec.structs.replace(message, app_link=asked.app_link)
    return msgspec.structs.replace(message, qr_origin=asked.origin, qr_secret=asked.qr_secret.hex())


def _document(message: DocumentMessage) -> Document:
    display = tuple((line.label, line.value) for line in message.display)
    view = None if message.view is None else AskedView(message.view.id, message.view.version)
    try:
        options = complete(message.format, message.options, display_oid=None)
    except OptionRefused as error:
        raise errors.InvalidRequest(fields=[f"options.{error.field}"]) from error
    if message.format == PDF and message.media_type != "application/pdf":
        raise errors.InvalidRequest(fields=["media_type"])
    digest, size = message.digest_sm3, message.size
    if message.content_b64 is None:
        if not may_be_elsewhere(message.format, options) or digest is None or size is None:
            raise errors.InvalidRequest(fields=["content_b64"])
        return Document(
            message.title,
            message.media_type,
            None,
            display,
            format=message.format,
            digest=bytes.fromhex(digest),
            size=size,
            view=view,
            options=message.options,
        )
    if (digest, size) != (None, None):
        raise errors.InvalidRequest(fields=["digest_sm3", "size"])
    content = _decoded(message.content_b64)
    return Document(
        message.title,
        message.media_type,
        content,
        display,
        format=message.format,
        view=view,
        options=message.options,
    )


def _decoded(content: str) -> bytes:
    try:
        return base64.b64decode(content, validate=True)
    except (binascii.Error, ValueError) as error:
        raise errors.InvalidRequest(fields=["content_b64"]) from error
