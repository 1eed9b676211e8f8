"""Scan to sign (R16): one PIN for one or more declarations; the state changes when the signature is verified.

Only `settle` turns a request's end into the declarations' state. Browser and webhook both call it: the first one
changes the state, the other has no effect.
"""

from typing import Final

import msgspec
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mshield.client import AsyncBusinessClient, ClientError, Created, NetworkError, VerificationError

from .advice import advice
from .document import as_document, to_send
from .login import pc_of
from .pages import message, page
from .sessions import Session
from .settings import Settings
from .store import Signing, Store

MOST: Final = 64
"""Largest number of documents that the service accepts under one PIN."""
_FAILED: Final = ("没有签名", "Not signed")


async def begin(request: Request) -> Response:
    """Requests the signatures from the shield that logged in here, and no other."""
    session: Session = request.state.session
    person = session.require_person()
    form = await request.form()
    session.require_token(form)
    store: Store = request.app.state.store
    chosen = [int(each) for each in map(str, form.getlist("id")) if each.isascii() and each.isdigit()]
    found = [store.declaration(each, person.credit_code) for each in dict.fromkeys(chosen)]
    ready = [each for each in found if each is not None and each.is_editable]
    if not ready or len(ready) != len(found) or len(ready) > MOST:
        return _nothing_to_sign(request)
    sent = [to_send(place, each.id, each.number, each.declared, person) for place, each in enumerate(ready)]
    shield: AsyncBusinessClient = request.app.state.shield
    try:
        created = await shield.request_signature(
            [as_document(each) for each in sent],
            pc=pc_of(request),
            shield_number=person.shield_number,
            lifetime=request.app.state.settings.seconds,
        )
    except ClientError as error:
        return _failed(request, error)
    made = store.add_signing(
        request_id=created.id,
        created=msgspec.json.encode(created),
        credit_code=person.credit_code,
        asked_by=person.name,
        sent=sent,
    )
    if made is None:  # a colleague was quicker
        await shield.cancel(created.id)
        return _nothing_to_sign(request)
    return RedirectResponse(f"/signings/{made}", 303)


async def show(request: Request) -> Response:
    """Shows the code to scan, or the outcome."""
    signing = _own(request)
    if signing is None:
        return missing(request)
    if signing.state != "waiting":
        return RedirectResponse(_after(request, signing), 303)
    created = msgspec.json.decode(signing.created, type=Created)
    sent = request.app.state.store.sent(signing.id)
    return page(request, "sign.html", asked=created, signing=signing, sent=sent)


async def check(request: Request) -> Response:
    """Looks at the request's state when the page reports its end, which proves nothing."""
    session: Session = request.state.session
    session.require_person()
    session.require_token(await request.form())
    signing = _own(request)
    if signing is None:
        return missing(request)
    try:
        await settle(request.app.state, signing)
    except ClientError as error:
        return _failed(request, error)
    return RedirectResponse(_after(request, signing), 303)


async def cancel(request: Request) -> Response:
    """Withdraws the request; the declarations become drafts again."""
    session: Session = request.state.session
    session.require_person()
    session.require_token(await request.form())
    signing = _own(request)
    if signing is None:
        return missing(request)
    shield: AsyncBusinessClient = request.app.state.shield
    try:
        await shield.cancel(signing.request_id)
    except NetworkError as error:
        return _failed(request, error)
    except ClientError as error:
        if error.code != "request_closed":  # ended already: settle finds out how
            return _failed(request, error)
    return await _settled(request, signing)


async def _settled(request: Request, signing: Signing) -> Response:
    try:
        await settle(request.app.state, signing)
    except ClientError as error:
        return _failed(request, error)
    return RedirectResponse(_after(request, signing), 303)


async def code(request: Request) -> Response:
    """Opens the phone app, as at the login; only in the demo."""
    signing = _own(request)
    if not request.app.state.settings.demo or signing is None or signing.state != "waiting":
        return Response(status_code=404)
    return RedirectResponse(msgspec.json.decode(signing.created, type=Created).qr, 303)


class Parts:
    """Parts of the application's state that `settle` needs."""

    store: Store
    shield: AsyncBusinessClient
    settings: Settings


async def settle(parts: Parts, signing: Signing) -> None:
    """Updates the declarations by their request's outcome; no effect while it is open. Raises: ClientError."""
    status = await parts.shield.status(signing.request_id)
    if status.state in {"waiting", "scanned"}:
        return
    if status.state != "signed":
        parts.store.end_signing(signing.id, status.state, reason=status.reason)  # type: ignore[arg-type]  # the service answers with these states alone
        return
    result = await parts.shield.result(signing.request_id)
    sent = parts.store.sent(signing.id)
    try:
        verified = result.verify(
            roots=[parts.settings.root],
            documents=[as_document(each) for each in sent],  # as sent: no other signed document is accepted
            expected_credit_code=signing.credit_code,
            expected_name=signing.asked_by,
            partly=True,  # each declaration by itself: some may be signed and others not
        )
    except VerificationError as error:
        parts.store.end_signing(signing.id, "unverified", reason=error.code)
        return
    parts.store.end_signing(
        signing.id,
        "signed",
        reason="；".join(result.declined.values()) or None,
        signer=verified[0].name,
        files={
            place: each.file if each.format == "xml" else each.cms
            for place, each in enumerate(result.documents)
            if each.is_signed
        },
    )


def missing(request: Request) -> Response:
    """Returns the page for something that doesn't exist or belongs to another enterprise."""
    return message(
        request,
        title=("没有找到", "Not found"),
        what=(
            "没有这份报关单，或它属于其他企业。",
            "There is no such declaration, or it is another enterprise's.",
        ),
        then=("请回到列表。", "Go back to the list."),
        status=404,
        link=("/declarations", "报关单列表", "List of declarations"),
    )


def _own(request: Request) -> Signing | None:
    session: Session = request.state.session
    store: Store = request.app.state.store
    return store.signing(request.path_params["signing_id"], session.require_person().credit_code)


def _after(request: Request, signing: Signing) -> str:
    """Returns the next page: the code until the phone has answered, then the declaration, or the list of several."""
    store: Store = request.app.state.store
    now = store.signing(signing.id, signing.credit_code)
    if now is not None and now.state == "waiting":
        return f"/signings/{signing.id}"
    sent = store.sent(signing.id)
    return (
        f"/declarations/{sent[0].declaration_id}" if len(sent) == 1 else f"/declarations?signing={signing.id}"
    )


def _nothing_to_sign(request: Request) -> Response:
    return message(
        request,
        title=_FAILED,
        what=(
            "没有可以签名的报关单：请先勾选；正在等待签名和已签名的不能再签。一次最多 64 份。",
            "Nothing to sign: choose some. Those that wait or are signed can't be signed again; at most 64 at once.",
        ),
        then=("请回到列表重新选择。", "Go back to the list and choose again."),
        status=409,
        link=("/declarations", "报关单列表", "List of declarations"),
    )


def _failed(request: Request, error: ClientError) -> Response:
    found = advice(error)
    return message(
        request,
        title=_FAILED,
        what=found.what,
        then=found.next,
        status=found.status,
        link=("/declarations", "报关单列表", "List of declarations"),
        small=error.code,
    )


ROUTES = (
    Route("/signings", begin, methods=["POST"]),
    Route("/signings/{signing_id:int}", show),
    Route("/signings/{signing_id:int}/check", check, methods=["POST"]),
    Route("/signings/{signing_id:int}/cancel", cancel, methods=["POST"]),
    Route("/signings/{signing_id:int}/code", code),
)
