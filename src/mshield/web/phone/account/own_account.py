"""What one does with one's own account: closing it, and a copy of what is kept."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.operations.erase_person import Part
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, filled, no_content
from mshield.web.body import Hex16, Wire, body_of
from mshield.web.context import context_of
from mshield.web.phone.account.accounts import SmsCode
from mshield.web.phone.authentication import phone_of
from mshield.web.router import Router

router: Final = Router("phone")


class DataPartMessage(Wire, frozen=True):
    """A kind of data: how much there is; of what stays, why."""

    name: str
    rows: int
    zh: str
    en: str
    why_zh: str
    why_en: str


class ClosingMessage(Wire, frozen=True):
    """What closing ends, erases and leaves; `due_at` (ms) where it is asked for: until then it can be undone.

    `by`: what it is asked for with: the PIN of this phone's shield, where that may sign, else an SMS code.
    """

    due_at: int | None
    days: Annotated[int, msgspec.Meta(description="for how long it can be undone")]
    shields: tuple[str, ...]
    erased: tuple[DataPartMessage, ...]
    kept: tuple[DataPartMessage, ...]
    by: Literal["pin", "sms_code"]


class CloseMessage(Wire, frozen=True):
    """One of them: a code of purpose `close`, sent to the account's number, or a signed task of this purpose."""

    sms_code: SmsCode | None = None
    sid: Hex16 | None = None


class ClosingAskedMessage(Wire, frozen=True):
    """When it will be done, ms."""

    due_at: int


class ExportMessage(Wire, frozen=True):
    """A code of purpose `export`, sent to the account's number."""

    sms_code: SmsCode


class OwnDataMessage(Wire, frozen=True):
    """All that is kept of the account: rows by part, times in ms; of signatures the newest 5 000."""

    form: str
    exported_at: int
    data: dict[str, list[dict[str, str | int | None]]]


@router.get(
    "/account/closing",
    summary="What closing my account would do",
    operation_id="getClosing",
    answers=openapi.answers(ClosingMessage, "What ends, is erased and stays"),
)
async def closing(request: Request) -> Response:
    """Changes nothing."""
    login, context = await phone_of(request), context_of(request)
    foreseen = await context.operations.close_account.foresee(login, now=context.clock())
    waiting = foreseen.waiting
    answer = ClosingMessage(
        None if waiting is None else waiting.due_at,
        context.settings.closing_days,
        foreseen.shields,
        tuple(map(_part, foreseen.erasure.erased)),
        tuple(map(_part, foreseen.erasure.kept)),
        "pin" if foreseen.by_pin else "sms_code",
    )
    return JsonAnswer(answer)


@router.post(
    "/account/closing",
    summary="Close my account",
    operation_id="closeAccount",
    asks=openapi.takes(CloseMessage),
    answers=openapi.answers(ClosingAskedMessage, "Asked for", status=201),
)
async def close(request: Request) -> Response:
    """Done after some days, in which it works as before and can be undone; its owner is told by SMS."""
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, CloseMessage)
    sid = None if body.sid is None else bytes.fromhex(body.sid)
    due_at = await context.operations.close_account.ask(
        login, sid=sid, sms_code=body.sms_code, now=context.clock()
    )
    return JsonAnswer(ClosingAskedMessage(due_at), 201)


@router.delete(
    "/account/closing",
    summary="Keep my account after all",
    operation_id="undoClosing",
    answers=openapi.answers(None, "Undone", status=204),
)
async def undo(request: Request) -> Response:
    """Until it is done."""
    login, context = await phone_of(request), context_of(request)
    await context.operations.close_account.undo(login.account_id, now=context.clock())
    return no_content()


@router.post(
    "/account/export",
    summary="A copy of my data",
    operation_id="exportOwnData",
    asks=openapi.takes(ExportMessage),
    answers=openapi.answers(OwnDataMessage, "All that is kept"),
)
async def export(request: Request) -> Response:
    """With the id number in the clear: it is its owner's."""
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, ExportMessage)
    data = await context.operations.own_data(login.account_id, sms_code=body.sms_code, now=context.clock())
    rows = {part: [dict(row) for row in of_part] for part, of_part in data.items()}
    return JsonAnswer(OwnDataMessage("mshield-own-data/v1", context.clock(), rows))


def _part(part: Part) -> DataPartMessage:
    return filled(DataPartMessage, part)
