"""Holds each call of an in-process application against its OpenAPI document: what was accepted, what came back.

A status, a code or a shape that the document doesn't tell fails the test that met it.
"""

import json
import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import Any, Final

import httpx
import jsonschema_rs
from starlette.applications import Starlette

from mshield.main import create_app
from mshield.settings import Settings

_REFUSED: Final = 400
_METHOD_NOT_ALLOWED: Final = 405
_FAULT: Final = 500
_PARAMETER: Final = re.compile(r"\\\{\w+\\\}")
_REFERENCE: Final = re.compile(r'"#/components/schemas/([^"/]+)"')
_HEADERS: Final = {"retry-after", "location", "www-authenticate"}
"""By these a caller goes on, so the document tells where each can be."""
_HOW: Final = "errors of an operation stand in src/mshield/web/openapi/examples, see CONTRIBUTING.md"
Operation = dict[str, Any]
Pattern = tuple[re.Pattern[str], Operation]
ANSWERED: Final[set[str]] = set()
"""Ids of the operations that were answered and not refused, in this process so far."""


@cache
def document() -> dict[str, Any]:
    """The whole document."""
    made: dict[str, Any] = create_app(Settings()).state.documents.of()
    return made


@cache
def _operations() -> tuple[dict[tuple[str, int], list[Pattern]], dict[str, list[Pattern]]]:
    """By method and number of segments those of one segment per parameter, as the routes are; by method all."""
    short: dict[tuple[str, int], list[Pattern]] = defaultdict(list)
    long: dict[str, list[Pattern]] = defaultdict(list)
    for path, item in document()["paths"].items():
        escaped = re.escape(path)
        for method, operation in item.items():
            pattern = re.compile(_PARAMETER.sub("[^/]+", escaped))
            short[method.upper(), path.count("/")].append((pattern, operation))
            long[method.upper()].append((re.compile(_PARAMETER.sub(".+", escaped)), operation))
    return short, long


def operation_of(method: str, path: str) -> Operation | None:
    """The operation that a call is for."""
    short, long = _operations()
    for patterns in (short.get((method, path.count("/")), ()), long.get(method, ())):
        for pattern, operation in patterns:
            if pattern.fullmatch(path):
                return operation
    return None


@lru_cache(maxsize=1000)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    asked = json.loads(schema)
    return jsonschema_rs.Draft202012Validator({**asked, "components": {"schemas": _named_in(asked)}})


def _named_in(schema: dict[str, Any]) -> dict[str, Any]:
    """The document's schemas that it refers to, and those that they do: to read all takes longer than to check."""
    schemas = document()["components"]["schemas"]
    named: dict[str, Any] = {}
    left = _REFERENCE.findall(json.dumps(schema))
    while left:
        if (name := left.pop()) not in named:
            named[name] = schemas[name]
            left += _REFERENCE.findall(json.dumps(schemas[name]))
    return named


def faults(schema: dict[str, Any], value: object) -> list[str]:
    """What is wrong with a value by a schema of the document."""
    validator = _validator(json.dumps(schema))
    return [
        f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in validator.iter_errors(value)
    ]


def check(request: httpx.Request, sent: bytes, answer: httpx.Response) -> None:
    """Fails where the document doesn't tell of this call."""
    operation = operation_of(request.method, request.url.path)
    if operation is None or answer.status_code in {_METHOD_NOT_ALLOWED, _FAULT}:
        return
    told = f"{operation['operationId']} {answer.status_code}"
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, f"{told} isn't documented ({_HOW}): {answer.text[:300]}"
    silent = _HEADERS & {name.lower() for name in answer.headers} - {
        name.lower() for name in described.get("headers", {})
    }
    assert not silent, f"{told}: headers that aren't documented: {silent}"
    _hold(described.get("content", {}), answer.headers.get("content-type", ""), answer.content, told)
    if answer.status_code < _REFUSED:
        ANSWERED.add(operation["operationId"])
    if answer.status_code < _REFUSED and "requestBody" in operation:
        asked = operation["requestBody"]["content"]
        _hold(asked, request.headers.get("content-type", ""), sent, f"{told}, the request")


def _hold(content: dict[str, Any], media_type: str, body: bytes, told: str) -> None:
    kind = media_type.partition(";")[0].strip().lower()
    if not content:
        assert not body, f"{told}: a body that isn't documented"
        return
    assert kind in content, f"{told}: {kind or 'no type'} isn't documented"
    if kind.endswith("json"):
        wrong = faults(content[kind]["schema"], json.loads(body))
        assert not wrong, f"{told} isn't as documented ({_HOW}): {wrong}"


class Conforming(httpx.AsyncBaseTransport):
    """Carries calls to the application and checks each."""

    def __init__(self, app: Starlette, *, client: tuple[str, int] = ("127.0.0.1", 123)) -> None:
        """`client` is the address that the calls come from."""
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Carries one call."""
        sent = await request.aread()
        answer = await self._inner.handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        body = b"".join([part async for part in answer.stream])
        whole = httpx.Response(answer.status_code, headers=answer.headers, content=body)
        check(request, sent, whole)
        return whole
