"""Binding the certificate to the account (绑定证书, manual 2.3.1.4, R8)."""

from typing import Annotated, Final

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mshield.services.certificates.bind import Binding
from mshield.web import openapi
from mshield.web.answers import JsonAnswer, no_content
from mshield.web.body import Hex16, Wire, body_of
from mshield.web.context import context_of
from mshield.web.phone.authentication import phone_of
from mshield.web.phone.keys import named
from mshield.web.phone.requests import TaskMessage, task_message
from mshield.web.router import Router

router: Final = Router("phone")


class BindMessage(Wire, frozen=True):
    """`client_id` names one business system; null binds for all of them."""

    client_id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)] | None


class BindingMessage(Wire, frozen=True):
    """A binding in force; `serial` is the certificate that signed it. Times in ms."""

    sid: Hex16
    serial: str
    client_id: str | None
    system_name: str | None
    bound_at: int


@router.post(
    "/bindings",
    summary="Bind the certificate to the account",
    operation_id="bind",
    asks=openapi.takes(BindMessage),
    answers=openapi.answers(TaskMessage, "The statement to sign", status=201) | openapi.problems(404),
)
async def bind(request: Request) -> Response:
    """Manual 2.3.1.4. The phone signs the statement by `open` and `finish`; from then on the certificate is bound."""
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
    """Needs no PIN: it only takes something away."""
    login, context = await phone_of(request), context_of(request)
    await context.certificates.bind.unbind(login, named(sid), now=context.clock())
    return no_content()


def binding_message(binding: Binding) -> BindingMessage:
    """A binding as my page shows it."""
    return BindingMessage(
        sid=binding.sid.hex(),
        serial=binding.serial,
        client_id=binding.client_id,
        system_name=binding.system_name,
        bound_at=binding.bound_at,
    )
