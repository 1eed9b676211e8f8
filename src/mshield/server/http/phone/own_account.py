"""Operations on one's own account: closing it, and exporting the stored data."""

from typing import Annotated, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.phone.accounts import SmsCode
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.router import Router
from mshield.server.retention.erase_person import DataPartMessage
from mshield.wire.messages import Hex16

router: Final = Router("phone")


class ClosingMessage(Wire, frozen=True):
    """Effects of closing the account: what ends, what is erased, and what is kept.

    `due_at` (ms) is set once closing was requested, which can be undone until then.

    `by` is how to confirm it: the PIN of this phone's shield if the shield may sign, else an SMS code.
    """

    due_at: int | None
    days: Annotated[int, msgspec.Meta(description="number of days in which it can be undone")]
    shields: tuple[str, ...]
    erased: tuple[DataPartMessage, ...]
    kept: tuple[DataPartMessage, ...]
    by: Literal["pin", "sms_code"]


class CloseMessage(Wire, frozen=True):
    """An SMS code of purpose `close`, sent to the account's number, or a signed task of this purpose."""

    sms_code: SmsCode | None = None
    sid: Hex16 | None = None


class ClosingAskedMessage(Wire, frozen=True):
    """Time at which the account will be closed, in ms."""

    due_at: int


class ExportMessage(Wire, frozen=True):
    """An SMS code of purpose `export`, sent to the account's number."""

    sms_code: SmsCode


class OwnDataMessage(Wire, frozen=True):
    """All stored data of the account: rows by part, times in ms; only the newest 5 000 signatures."""

    form: str
    exported_at: int
    data: dict[str, list[dict[str, str | int | None]]]


@router.get(
    "/account/closing",
    summary="Preview closing my account",
    operation_id="getClosing",
    answers=openapi.answers(ClosingMessage, "What ends, what is erased, and what is kept"),
)
async def closing(request: Request) -> Response:
    """Shows what closing would do, without changing anything."""
    login, context = await phone_of(request), context_of(request)
    preview = await context.retention.close_account.preview(login, now=context.clock())
    waiting = preview.waiting
    answer = ClosingMessage(
        None if waiting is None else waiting.due_at,
        context.settings.accounts.closing_days,
        preview.shields,
        preview.erasure.erased,
        preview.erasure.kept,
        "pin" if preview.by_pin else "sms_code",
    )
    return JsonAnswer(answer)


@router.post(
    "/account/closing",
    summary="Close my account",
    operation_id="closeAccount",
    asks=openapi.takes(CloseMessage),
    answers=openapi.answers(ClosingAskedMessage, "Closing scheduled", status=201),
)
async def close(request: Request) -> Response:
    """Schedules the closing, and notifies the owner by SMS.

    Until it takes effect some days later, the account works and closing can be undone.
    """
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, CloseMessage)
    sid = None if body.sid is None else bytes.fromhex(body.sid)
    due_at = await context.retention.close_account.ask(
        login, sid=sid, sms_code=body.sms_code, now=context.clock()
    )
    return JsonAnswer(ClosingAskedMessage(due_at), 201)


@router.delete(
    "/account/closing",
    summary="Undo closing my account",
    operation_id="undoClosing",
    answers=openapi.answers(None, "Closing cancelled", status=204),
)
async def undo(request: Request) -> Response:
    """Cancels the closing; possible until it takes effect."""
    login, context = await phone_of(request), context_of(request)
    await context.retention.close_account.undo(login.account_id, now=context.clock())
    return no_content()


@router.post(
    "/account/export",
    summary="Export my data",
    operation_id="exportOwnData",
    asks=openapi.takes(ExportMessage),
    answers=openapi.answers(OwnDataMessage, "All stored data"),
)
async def export(request: Request) -> Response:
    """Returns the stored data, with the ID number in the clear, because it is the owner's own."""
    login, context = await phone_of(request), context_of(request)
    body = await body_of(request, ExportMessage)
    data = await context.retention.own_data(login.account_id, sms_code=body.sms_code, now=context.clock())
    rows = {part: [dict(row) for row in part_rows] for part, part_rows in data.items()}
    return JsonAnswer(OwnDataMessage("mshield-own-data/v1", context.clock(), rows))
