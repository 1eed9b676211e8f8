"""Converts routes to OpenAPI operations, from what they declare and what follows from their parameters."""

import inspect
import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

import msgspec

from mshield.server.http import idempotency_key
from mshield.server.http.audiences import AUDIENCES, CSRF_HEADER
from mshield.server.http.openapi.messages import problems
from mshield.server.http.query import Query
from mshield.server.http.router import Route

VERSION: Final = "3.1.0"
Operation = dict[str, Any]
_PLAIN_PARAMETER: Final = re.compile(r"\{\w+\}")


def paths_of(routes: Iterable[Route]) -> dict[str, dict[str, Operation]]:
    """Returns the operations of all routes that belong to an API, by path and method."""
    paths: dict[str, dict[str, Operation]] = {}
    for route in routes:
        if route.audience is not None:
            paths.setdefault(route.template, {})[route.method.lower()] = _operation(route)
    return paths


def as_sent(schema: Any) -> Any:
    r"""Returns a schema as it is published.

    msgspec leaves tuples, Python's `\Z` at the end of patterns, and docstrings with the indentation of their
    source (before Python 3.13). Every object is published as closed, also an `AnswerMessage`: the service
    sends no other fields.
    """
    return _cleaned(msgspec.json.decode(msgspec.json.encode(schema).replace(rb'\\Z"', b'$"')))


def _cleaned(node: Any) -> Any:
    if isinstance(node, dict):
        cleaned = {
            name: inspect.cleandoc(child)
            if name == "description" and isinstance(child, str)
            else _cleaned(child)
            for name, child in node.items()
        }
        if node.get("type") == "object" and isinstance(node.get("properties"), dict):
            cleaned.setdefault("additionalProperties", False)
        return cleaned
    return [_cleaned(child) for child in node] if isinstance(node, list) else node


def _operation(route: Route) -> Operation:
    body_parts = deepcopy(dict(route.asks))
    parameters = [*_path(route), *_query(route.query), *body_parts.pop("parameters", ()), *_csrf(route)]
    answers = {str(status): deepcopy(answer) for status, answer in route.answers.items()}
    if _PLAIN_PARAMETER.search(route.path):
        answers = {**_refusals(404), **answers}  # the object named in the path may not exist
    if route.checked or _has_bounds(route.query):
        answers = {**_refusals(422), **answers}
    if route.keeps_answer:
        parameters.append(idempotency_key.KEPT)
    return {
        "tags": [route.audience],
        "summary": route.summary,
        "description": inspect.cleandoc(route.endpoint.__doc__ or ""),
        "operationId": route.operation_id,
        **({"parameters": parameters} if parameters else {}),
        **body_parts,
        **({"security": deepcopy(list(route.security))} if route.security else {}),
        "responses": answers,
    }


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(status): answer for status, answer in problems(*statuses).items()}


def _csrf(route: Route) -> list[dict[str, Any]]:
    """Returns the CSRF header parameter if the operation is a change that only a cookie authenticates; else nothing."""
    audience = AUDIENCES[route.audience or ""]
    used = [audience.schemes[name] for way in route.security for name in way]
    if route.method == "GET" or not used or any(scheme.get("in") != "cookie" for scheme in used):
        return []
    return [
        {
            "name": CSRF_HEADER,
            "in": "header",
            "required": True,
            "description": f"`csrf_token` of the login or of `GET {audience.prefix}/session`",
            "schema": {"type": "string"},
        }
    ]


def _path(route: Route) -> list[dict[str, Any]]:
    return [
        _parameter(name, "path", _schema(route.checked.get(name, str)), required=True)
        for name in route.parameters
    ]


def _query(kind: type[Query] | None) -> list[dict[str, Any]]:
    if kind is None:
        return []
    ((_, components)) = msgspec.json.schema_components([kind])
    schema = as_sent(components)[kind.__name__]
    return [
        _parameter(name, "query", described, required=name in schema["required"])
        for name, described in schema["properties"].items()
    ]


def _has_bounds(kind: type[Query] | None) -> bool:
    """Reports whether any parameter of the query has a constraint that a value can violate."""
    return any(parameter["schema"] != {"type": "string"} for parameter in _query(kind))


def _schema(kind: Any) -> dict[str, Any]:
    schema: dict[str, Any] = as_sent(msgspec.json.schema(kind))
    return schema


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    if schema.get("default", "") is None:
        del schema["default"]
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": place, "required": required, **described, "schema": schema}
