"""Repeating a call safely (R17): any changing call takes an `Idempotency-Key`, and a repeat gets the first's answer.

One mechanism at the edge of the routes, which know nothing of it. It stands behind the shortcut: the hot routes have
rules of their own for repeats (co-signing by the protocol, a business system's request by its row, a scan by its
phone).
"""

import hashlib
import logging
import re
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.routing import APIRoute, APIRouter
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from mshield.domain import errors
from mshield.services.context import Context
from mshield.services.process.repeated_calls import AnswerOnce, Begun, KeptAnswer
from mshield.web import openapi
from mshield.web.dpop import who_of
from mshield.web.shortcut import is_hot

PREFIXES: Final = ("/api/phone/", "/api/portal/", "/api/register/", "/api/console/", "/api/business/")
"""Whose changing calls take a key."""

_CHANGING: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_KEY: Final = re.compile(r"[\x21-\x7e]{1,128}")
_PASSING: Final = frozenset(
    {"unauthenticated", "invalid_proof", "wrong_staff_token", "forbidden", "malformed", "invalid_request"}
    | {"busy", "retry", "in_progress"}
)
"""Refusals before anything was done, besides those by status 429 and 5xx: their repeat is carried out."""

_log = logging.getLogger(__name__)
_PARAMETER: Final[dict[str, Any]] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "Any value of the caller's, new for each operation, the same when the network lost the answer and "
    "the call is repeated: within a day the repeat gets the first call's answer, and nothing is done twice. With other "
    "content it is 422 `idempotency_mismatch`; while the first is under way, 409 `in_progress` with Retry-After. What "
    "was refused before anything was done (401 `unauthenticated`, 429, 5xx) is tried anew",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[\\x21-\\x7e]+$"},
}


class Idempotency:
    """ASGI: answers repeats, and keeps the answers of first calls before they are sent."""

    def __init__(
        self, app: ASGIApp, *, state: FastAPI, refuse: Callable[[Request, Exception], Awaitable[Response]]
    ) -> None:
        """`refuse` makes the answer to any error."""
        self._app, self._state, self._refuse = app, state, refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if (
            scope["type"] != "http"
            or scope["method"] not in _CHANGING
            or not scope["path"].startswith(PREFIXES)
            or (key := _header(scope, b"idempotency-key")) is None
        ):
            await self._app(scope, receive, send)
            return
        scope["app"], scope["mshield.context"] = self._state, self._state.state.context
        request = Request(scope, receive)
        try:
            body = await request.body()
            known = await self._begin(request, key, body)
        except Exception as error:  # noqa: BLE001  # as the framework does: every error is an answer
            await (await self._refuse(request, error))(scope, receive, send)
            return
        if isinstance(known, KeptAnswer):
            await _send(known, send, replayed=True)
            return
        await self._carry_out(known, scope, _replayed(body, receive), send)

    async def _begin(self, request: Request, key: str, body: bytes) -> Begun | KeptAnswer:
        if not _KEY.fullmatch(key):
            raise errors.InvalidRequest(fields=["Idempotency-Key"])
        context: Context = request.scope["mshield.context"]
        head = f"{request.method} {request.scope['path']}?{request.url.query}\n"
        return await context.answer_once.begin(
            who=await _who(request), key=key, content=head.encode() + body, now=context.clock()
        )

    async def _carry_out(self, begun: Begun, scope: Scope, receive: Receive, send: Send) -> None:
        context: Context = scope["mshield.context"]
        messages: list[Message] = []

        async def collect(message: Message) -> None:
            messages.append(message)

        try:
            await self._app(scope, receive, collect)
        finally:
            # Also where the framework raises after it has answered 500.
            answer = _answer(messages)
            await _settle(
                context.answer_once, begun, None if answer is None or _passes(answer, scope) else answer
            )
            if answer is not None:
                await _send(answer, send, replayed=False)


def describe(document: dict[str, Any], routers: Mapping[str, Iterable[APIRouter]]) -> None:
    """Adds the key to each operation of the OpenAPI document that takes it; `routers` by their prefix."""
    for prefix, group in routers.items():
        for route in (each for router in group for each in router.routes if isinstance(each, APIRoute)):
            path = prefix + route.path
            if path.startswith(PREFIXES) and route.include_in_schema and not is_hot(route.endpoint):
                for method in _CHANGING & (route.methods or set()):
                    _add_key(document["paths"][path][method.lower()])


def _add_key(operation: dict[str, Any]) -> None:
    operation["parameters"] = [*operation.get("parameters", ()), _PARAMETER]
    answers = {str(status): answer for status, answer in openapi.problems(409, 422).items()}
    operation["responses"] = {**operation["responses"], **answers}


async def _settle(answer_once: AnswerOnce, begun: Begun, answer: KeptAnswer | None) -> None:
    """Keeps the answer, or forgets the call. The call is done: its caller gets the answer even if neither works."""
    try:
        if answer is None:
            await answer_once.abandon(begun)
        else:
            await answer_once.keep(begun, answer)
    except Exception as error:  # noqa: BLE001  # the database's, or the keyring's
        _log.error("an answer could not be kept for its repeat: %s", type(error).__name__)


async def _who(request: Request) -> str:
    """Whose call it is: the device by its proof, else what the call authenticates with, else the address.

    A stored answer goes to nobody who doesn't show the same again.
    """
    if "dpop" in request.headers:
        return await who_of(request)
    for name in ("authorization", "cookie"):
        if (shown := request.headers.get(name)) is not None:
            return f"{name} {hashlib.sha256(shown.encode()).hexdigest()}"
    return f"address {request.client.host if request.client is not None else ''}"


def _header(scope: Scope, wanted: bytes) -> str | None:
    found = [value for name, value in scope["headers"] if name == wanted]
    return ",".join(value.decode("latin-1") for value in found) if found else None


def _passes(answer: KeptAnswer, scope: Scope) -> bool:
    passing: bool = scope.get("mshield.problem") in _PASSING
    return passing or answer.status == 429 or answer.status >= 500


def _answer(messages: list[Message]) -> KeptAnswer | None:
    """The whole answer, or None where there is none."""
    if not messages or messages[-1].get("more_body", False) or messages[-1]["type"] != "http.response.body":
        return None
    start = messages[0]
    body = b"".join(message.get("body", b"") for message in messages[1:])
    return KeptAnswer(start["status"], tuple((name, value) for name, value in start["headers"]), body)


async def _send(answer: KeptAnswer, send: Send, *, replayed: bool) -> None:
    mark = [(b"idempotency-replayed", b"true")] if replayed else []
    headers = [*answer.headers, *mark]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body, "more_body": False})


def _replayed(body: bytes, receive: Receive) -> Receive:
    """The body that was read already, then whatever comes."""
    given = False

    async def again() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return again
