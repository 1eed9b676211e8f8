"""Binding the certificate to the account (绑定证书, manual 2.3.1.4, R8)."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.server.http import openapi
from mshield.server.http.answers import JsonAnswer, no_content
from mshield.server.http.body import Wire, body_of
from mshield.server.http.caller import context_of
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.phone.keys import named
from mshield.server.http.phone.requests import task_message
from mshield.server.http.router import Router
from mshield.wire.phone.requests import TaskMessage

router: Final = Router("phone")


class BindMessage(Wire, frozen=True):
    """`client_id` names one business system; null binds for all of them."""

    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None


@router.post(
    "/bindings",
    summary="Bind the certificate to the account",
    operation_id="bind",
    asks=openapi.takes(BindMessage),
    answers=openapi.answers(TaskMessage, "The statement to sign", status=201) | openapi.problems(404),
)
async def bind(request: Request) -> Response:
    """Creates a statement (manual 2.3.1.4).

    When the phone has signed it by `open` and `finish`, the certificate is bound.
    """
    login, context = await phone_of(request), context_of(request)
    message, now = await body_of(request, BindMessage), context.clock()
    sid = await context.certificates.bind.ask(login, client_id=message.client_id, now=now)
    answer = task_message(await context.requests.answer.task(login, sid))
    return JsonAnswer(answer, 201)


@router.delete(
    "/bindings/{sid}",
    summary="Unbind the certificate",
    operation_id="unbind",
    answers=openapi.answers(None, "Unbound", status=204),
)
async def unbind(request: Request, sid: str) -> Response:
    """Removes a binding. No PIN is needed, because this only removes a permission."""
    login, context = await phone_of(request), context_of(request)
    await context.certificates.bind.unbind(login, named(sid), now=context.clock())
    return no_content()
