"""The protocol's own tasks, which the phone asks for itself: PIN change and confirmation of a key."""

from typing import Any, Final, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.accounts.session import authenticate_phone
from mshield.web import openapi
from mshield.web.body import ProtocolWire, decode
from mshield.web.context import context_of
from mshield.web.dpop import caller_of
from mshield.web.phone.keys import key_id
from mshield.web.phone.requests import TaskMessage, task_message
from mshield.web.router import Router

router: Final = Router("phone")
_SECURITY: Final[dict[str, Any]] = {"security": [{"phone": []}]}
_NO_STORE: Final = {"Cache-Control": "no-store"}


class InternalTaskMessage(ProtocolWire, frozen=True):
    """`refresh`: the PIN is changed (修改 PIN 码); `confirm`: the phone shows that it holds the certified key."""

    purpose: Literal["refresh", "confirm"]


@router.post(
    "/keys/{uid}/tasks",
    summary="Ask for a PIN change or a confirmation",
    operation_id="askInternally",
    asks=openapi.takes(InternalTaskMessage) | _SECURITY,
    answers=openapi.answers(TaskMessage, "The task to sign", status=201)
    | openapi.problems(400, 401, 403, 404, 409, 503),
)
async def ask_internally(request: Request, uid: str) -> Response:
    """The task is signed by `open` and `finish` like any document. A repeat gives the one that still waits."""
    caller = await caller_of(request)
    message = decode(await request.body(), InternalTaskMessage)
    context = context_of(request)
    now = context.clock()
    sid = await context.signing.ask_internally(caller, key_id(uid), message.purpose, now=now)
    login = await authenticate_phone(context.db, caller, now=now)
    answer = task_message(await context.requests.answer.task(login, sid))
    return Response(msgspec.json.encode(answer), 201, _NO_STORE, media_type="application/json")
