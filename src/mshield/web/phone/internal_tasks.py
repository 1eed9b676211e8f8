"""The protocol's own tasks, which the phone asks for itself: PIN change and confirmation of a key."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.web import openapi
from mshield.web.answers import JsonAnswer
from mshield.web.body import ProtocolWire, body_of
from mshield.web.context import context_of
from mshield.web.dpop import caller_of
from mshield.web.phone.authentication import phone_of
from mshield.web.phone.keys import key_id
from mshield.web.phone.requests import TaskMessage, task_message
from mshield.web.router import Router

router: Final = Router("phone")


class InternalTaskMessage(ProtocolWire, frozen=True):
    """`refresh`: the PIN is changed (修改 PIN 码); `confirm`: the phone shows that it holds the certified key.

    `close`: the account is closed (注销账号) by `POST /account/closing`; `device`: it isn't my device (不是我的), by
    `POST /devices/{shield_number}/disowned`.
    """

    purpose: Literal["refresh", "confirm", "close", "device"]


@router.post(
    "/keys/{uid}/tasks",
    summary="Ask for a PIN change or a confirmation",
    operation_id="askInternally",
    asks=openapi.takes(InternalTaskMessage),
    answers=openapi.answers(TaskMessage, "The task to sign", status=201),
)
async def ask_internally(request: Request, uid: str) -> Response:
    """The task is signed by `open` and `finish` like any document. A repeat gives the one that still waits."""
    caller, context = await caller_of(request), context_of(request)
    message = await body_of(request, InternalTaskMessage)
    sid = await context.signing.ask_internally(caller, key_id(uid), message.purpose, now=context.clock())
    task = await context.requests.answer.task(await phone_of(request), sid)
    return JsonAnswer(task_message(task), 201)
