"""Compares each call of an in-process application with its OpenAPI document, both request and response.

An undocumented status, code or shape fails the test that met it.
"""

import json
import re
from collections import defaultdict
from functools import cache, lru_cache
from typing import Any, Final

import httpx
import jsonschema_rs
from starlette.applications import Starlette

from mshield.server.main import create_app
from mshield.server.settings.settings import Settings

_REFUSED: Final = 400
_METHOD_NOT_ALLOWED: Final = 405
_FAULT: Final = 500
_PARAMETER: Final = re.compile(r"\\\{\w+\\\}")
_REFERENCE: Final = re.compile(r'"#/components/schemas/([^"/]+)"')
_HEADERS: Final = {"retry-after", "location", "www-authenticate"}
"""Response headers that callers act on, so the document must list them."""
_HOW: Final = "errors of an operation are in src/mshield/server/http/openapi/examples, see CONTRIBUTING.md"
Operation = dict[str, Any]
Pattern = tuple[re.Pattern[str], Operation]
ANSWERED: Final[set[str]] = set()
"""Ids of operations answered without a refusal so far in this process."""


@cache
def document() -> dict[str, Any]:
    """Returns the whole OpenAPI document."""
    whole: dict[str, Any] = create_app(Settings()).state.documents.of()
    return whole


@cache
def _operations() -> tuple[dict[tuple[str, int], list[Pattern]], dict[str, list[Pattern]]]:
    """Returns patterns of operations: by method and number of segments, and by method only.

    Those of the first have one segment per parameter, like the routes.
    """
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
    """Returns the operation of a call; None if there is none."""
    short, long = _operations()
    for patterns in (short.get((method, path.count("/")), ()), long.get(method, ())):
        for pattern, operation in patterns:
            if pattern.fullmatch(path):
                return operation
    return None


@lru_cache(maxsize=1000)
def _validator(schema: str) -> jsonschema_rs.Draft202012Validator:
    parsed = json.loads(schema)
    return jsonschema_rs.Draft202012Validator(
        {**parsed, "components": {"schemas": _referenced_schemas(parsed)}}
    )


def _referenced_schemas(schema: dict[str, Any]) -> dict[str, Any]:
    """Returns the document's schemas that `schema` refers to, directly or indirectly.

    Parsing all of them would take longer than the check itself.
    """
    schemas = document()["components"]["schemas"]
    schemas_by_name: dict[str, Any] = {}
    left = _REFERENCE.findall(json.dumps(schema))
    while left:
        if (name := left.pop()) not in schemas_by_name:
            schemas_by_name[name] = schemas[name]
            left += _REFERENCE.findall(json.dumps(schemas[name]))
    return schemas_by_name


def faults(schema: dict[str, Any], value: object) -> list[str]:
    """Returns the errors of a value under a schema of the document."""
    validator = _validator(json.dumps(schema))
    return [
        f"{'/'.join(map(str, each.instance_path))}: {each.message}" for each in validator.iter_errors(value)
    ]


def check(request: httpx.Request, sent: bytes, answer: httpx.Response) -> None:
    """Asserts that a call is as documented."""
    operation = operation_of(request.method, request.url.path)
    if operation is None or answer.status_code in {_METHOD_NOT_ALLOWED, _FAULT}:
        return
    label = f"{operation['operationId']} {answer.status_code}"
    described = operation["responses"].get(str(answer.status_code))
    assert described is not None, f"{label} isn't documented ({_HOW}): {answer.text[:300]}"
    undocumented = _HEADERS & {name.lower() for name in answer.headers} - {
        name.lower() for name in described.get("headers", {})
    }
    assert not undocumented, f"{label}: headers that aren't documented: {undocumented}"
    _check_body(described.get("content", {}), answer.headers.get("content-type", ""), answer.content, label)
    if answer.status_code < _REFUSED:
        ANSWERED.add(operation["operationId"])
    if answer.status_code < _REFUSED and "requestBody" in operation:
        body_schemas = operation["requestBody"]["content"]
        _check_body(body_schemas, request.headers.get("content-type", ""), sent, f"{label}, the request")


def _check_body(content: dict[str, Any], media_type: str, body: bytes, told: str) -> None:
    kind = media_type.partition(";")[0].strip().lower()
    if not content:
        assert not body, f"{told}: a body that isn't documented"
        return
    assert kind in content, f"{told}: {kind or 'no type'} isn't documented"
    if kind.endswith("json"):
        wrong = faults(content[kind]["schema"], json.loads(body))
        assert not wrong, f"{told} isn't as documented ({_HOW}): {wrong}"


class Conforming(httpx.AsyncBaseTransport):
    """Transport that passes calls to the application and checks each."""

    def __init__(self, app: Starlette, *, client: tuple[str, int] = ("127.0.0.1", 123)) -> None:
        """`client` is the address of the calls."""
        self._inner = httpx.ASGITransport(app, raise_app_exceptions=False, client=client)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Passes on one call and checks it."""
        sent = await request.aread()
        answer = await self._inner.handle_async_request(request)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        body = b"".join([part async for part in answer.stream])
        whole = httpx.Response(answer.status_code, headers=answer.headers, content=body)
        check(request, sent, whole)
        return whole
