"""Declarations: list, form, a declaration with its state, and downloads of a signed one."""

from typing import Any, Final

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from mshield.client import AsyncBusinessClient, ClientError

from . import codes
from .advice import advice, next_step, what_failed
from .fields import HEAD, LINE
from .form import (
    EXAMPLE,
    MOST_LINES,
    Form,
    empty_form,
    form_of,
    line_total,
    read_form,
    shown_price,
    total,
    typed_total,
)
from .pages import headers, message, page
from .sessions import Session, in_language
from .signing import missing, settle
from .store import Declaration, Signing, Store, now

_XML: Final = ("application/xml", "-signed.xml")
_P7S: Final = ("application/pkcs7-signature", ".p7s")
"""Signed file of an import and of an export: media type and file extension."""


async def home(request: Request) -> Response:
    """Redirects `/` to the list, which leads to the login if nobody is logged in."""
    return RedirectResponse(in_language(request, "/declarations"), 303)


async def show_list(request: Request) -> Response:
    """Lists the enterprise's declarations."""
    session: Session = request.state.session
    person = session.require_person()
    store: Store = request.app.state.store
    await _look_after(request, person.credit_code)
    rows = [(each, total(each.declared["lines"])) for each in store.declarations(person.credit_code)]
    chosen = request.query_params.get("signing", "")
    batch = store.signing(int(chosen), person.credit_code) if chosen.isascii() and chosen.isdigit() else None
    return page(request, "list.html", rows=rows, codes=codes, batch=batch, **_unverified(batch))


async def show(request: Request) -> Response:
    """Shows one declaration and its state."""
    found = _own(request)
    if found is None:
        return missing(request)
    session: Session = request.state.session
    store: Store = request.app.state.store
    signing = None
    if found.signing_id is not None:
        signing = store.signing(found.signing_id, session.require_person().credit_code)
    lines = [(each, shown_price(each), line_total(each)) for each in found.declared["lines"]]
    return page(
        request,
        "declaration.html",
        declaration=found,
        signing=signing,
        lines=lines,
        total=total(found.declared["lines"]),
        codes=codes,
        head=HEAD,
        **_unverified(signing),
    )


def _unverified(signing: Signing | None) -> dict[str, Any]:
    """Returns what failed in a rejected signature, and what to do next."""
    if signing is None or signing.state != "unverified":
        return {}
    code = signing.reason or ""
    return {"failed": what_failed(code), "reason": next_step(code)}


async def new(request: Request) -> Response:
    """Shows an empty form, or one filled with the invented example."""
    request.state.session.require_person()
    form = form_of(EXAMPLE) if "example" in request.query_params else empty_form()
    return _form_page(request, form, None)


async def edit(request: Request) -> Response:
    """Shows the form of a declaration that can still be changed."""
    found = _own(request)
    if found is None:
        return missing(request)
    if not found.is_editable:
        return _closed(request, found)
    return _form_page(request, form_of(found.declared), found)


async def save(request: Request) -> Response:
    """Stores a new or changed declaration; if there are errors, shows the form again with each at its field.

    The form is also shown again, unsaved, after adding or removing a line or switching the language.
    """
    session: Session = request.state.session
    person = session.require_person()
    given = await request.form()
    session.require_token(given)
    store: Store = request.app.state.store
    found = None
    if "declaration_id" in request.path_params:
        found = _own(request)
        if found is None:
            return missing(request)
    form = read_form(given)
    if (at := _unfinished(request, form, given)) is not None:
        return _form_page(request, form, found, at=at)
    if not form.check():
        return _form_page(request, form, found, status=422)
    if found is None:
        made = store.add_declaration(person.credit_code, form.checked)
        return RedirectResponse(f"/declarations/{made}", 303)
    if not store.change_declaration(found.id, person.credit_code, form.checked):
        return _closed(request, found)
    return RedirectResponse(f"/declarations/{found.id}", 303)


def _unfinished(request: Request, form: Form, given: FormData) -> str | None:
    """Carries out a button other than save. Returns the name of the field to focus, if any."""
    if "lang" in request.query_params:
        if "checked" in given:  # the errors shown to the user
            form.check()
        return ""
    if "add" in given and len(form.lines) < MOST_LINES:
        form.lines.append({"currency": form.lines[0]["currency"]})
        return f"lines-{len(form.lines) - 1}-hs"
    removed = str(given.get("remove", ""))
    if removed.isascii() and removed.isdigit() and int(removed) < len(form.lines) > 1:
        del form.lines[int(removed)]
        return "add"
    return None


async def delete(request: Request) -> Response:
    """Deletes a draft that was never sent for signing."""
    session: Session = request.state.session
    person = session.require_person()
    session.require_token(await request.form())
    found = _own(request)
    if found is None:
        return missing(request)
    store: Store = request.app.state.store
    if not store.delete_declaration(found.id, person.credit_code):
        return _closed(request, found)
    return RedirectResponse("/declarations", 303)


async def download(request: Request) -> Response:
    """Returns a file: the XML as sent, the signed file (XML, for an export CMS), or the evidence bundle."""
    found = _own(request)
    if found is None or found.signing_id is None:
        return missing(request)
    store: Store = request.app.state.store
    sent = next((each for each in store.sent(found.signing_id) if each.declaration_id == found.id), None)
    kind: str = request.path_params["kind"]
    if sent is None or kind not in {"xml", "signed", "evidence"} or (kind != "xml" and sent.file is None):
        return missing(request)
    if kind == "xml":
        return _file(request, sent.content, "application/xml", f"{found.number}.xml")
    if kind == "signed":
        media_type, end = _XML if found.is_import else _P7S
        return _file(request, sent.file or b"", media_type, f"{found.number}{end}")
    bundle = sent.evidence
    if bundle is None:
        session: Session = request.state.session
        signing = store.signing(found.signing_id, session.require_person().credit_code)
        shield: AsyncBusinessClient = request.app.state.shield
        try:
            evidence = await shield.evidence(signing.request_id if signing else "", document=sent.position)
        except ClientError as error:
            advised = advice(error)
            return message(
                request,
                title=("没有取到证据包", "No bundle of evidence"),
                what=advised.what,
                then=advised.next,
                status=advised.status,
                link=(f"/declarations/{found.id}", "回到报关单", "Back to the declaration"),
                small=error.code,
            )
        bundle = evidence.encode()
        store.keep_evidence(found.signing_id, sent.position, bundle)
    return _file(request, bundle, "application/json", f"{found.number}-evidence.json")


async def _look_after(request: Request, credit_code: str) -> None:
    """Looks up requests that must have ended without a webhook, so that nothing waits forever."""
    store: Store = request.app.state.store
    for each in store.open_signings(credit_code):
        if each.asked_at + request.app.state.settings.seconds * 1000 < now():
            try:
                await settle(request.app.state, each)
            except ClientError:
                return  # later


def _own(request: Request) -> Declaration | None:
    session: Session = request.state.session
    store: Store = request.app.state.store
    return store.declaration(request.path_params["declaration_id"], session.require_person().credit_code)


def _form_page(
    request: Request, form: Form, found: Declaration | None, *, status: int = 200, at: str = ""
) -> Response:
    totals = [typed_total(line) for line in form.lines]
    values: dict[str, Any] = {
        "form": form,
        "found": found,
        "head": HEAD,
        "line_fields": LINE,
        "totals": totals,
    }
    return page(request, "form.html", status=status, at=at, most=MOST_LINES, **values)


def _closed(request: Request, found: Declaration) -> Response:
    return message(
        request,
        title=("不能修改", "It can't be changed"),
        what=(
            "这份报关单正在等待签名，或已经签过名。",
            "This declaration waits for a signature, or was sent for one before.",
        ),
        then=("等待签名的可以先撤回。", "One that waits can be withdrawn first."),
        status=409,
        link=(f"/declarations/{found.id}", "回到报关单", "Back to the declaration"),
    )


def _file(request: Request, content: bytes, media_type: str, name: str) -> Response:
    more = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(content, media_type=media_type, headers=headers(request.app.state.settings) | more)


ROUTES = (
    Route("/", home),
    Route("/declarations", show_list),
    Route("/declarations", save, methods=["POST"]),
    Route("/declarations/new", new),
    Route("/declarations/{declaration_id:int}", show),
    Route("/declarations/{declaration_id:int}", save, methods=["POST"]),
    Route("/declarations/{declaration_id:int}/edit", edit),
    Route("/declarations/{declaration_id:int}/delete", delete, methods=["POST"]),
    Route("/declarations/{declaration_id:int}/{kind}", download),
)
