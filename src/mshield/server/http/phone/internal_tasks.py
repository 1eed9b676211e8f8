"""The protocol's own tasks, which the phone requests itself: PIN change, key confirmation and others."""

from typing import Final, Literal

from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer
from mshield.server.http.body import body_of
from mshield.server.http.caller import context_of
from mshield.server.http.dpop import caller_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.phone.keys import key_id
from mshield.server.http.phone.requests import task_message
from mshield.server.http.router import Router
from mshield.wire.messages import ProtocolWire
from mshield.wire.phone.requests import TaskMessage

router: Final = Router("phone")


class InternalTaskMessage(ProtocolWire, frozen=True):
    """`refresh`: change the PIN (修改 PIN 码); `confirm`: show that the phone holds the certified key.

    `close`: close the account (注销账号) by `POST /account/closing`; `device`: disown a device (不是我的) by `POST
    /devices/{shield_number}/disowned`.
    """

    purpose: Literal["refresh", "confirm", "close", "device"]


@router.post(
    "/keys/{uid}/tasks",
    summary="Create a task of the phone's own",
    operation_id="askInternally",
    asks=openapi.takes(InternalTaskMessage),
    answers=openapi.answers(TaskMessage, "The task to sign", status=201),
)
async def ask_internally(request: Request, uid: str) -> Response:
    """Creates a task, to be signed by `open` and `finish` like any document. A repeat returns the one still waiting."""
    caller, context = await caller_of(request), context_of(request)
    message = await body_of(request, InternalTaskMessage)
    sid = await context.signing.ask_internally(caller, key_id(uid), message.purpose, now=context.clock())
    task = await context.requests.answer.task(await phone_of(request), sid)
    return JsonAnswer(task_message(task), 201)
