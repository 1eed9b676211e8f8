"""The operations of routes as OpenAPI writes them: what each declares, and what follows from its parameters."""

import inspect
import re
from collections.abc import Iterable
from copy import deepcopy
from typing import Any, Final

import msgspec

from mshield.web import idempotency_key
from mshield.web.audiences import AUDIENCES, CSRF_HEADER
from mshield.web.openapi.messages import problems
from mshield.web.query import Query
from mshield.web.router import Route

VERSION: Final = "3.1.0"
Operation = dict[str, Any]
_PLAIN_PARAMETER: Final = re.compile(r"\{\w+\}")


def paths_of(routes: Iterable[Route]) -> dict[str, dict[str, Operation]]:
    """The operations of all routes that are part of an API, by address and method."""
    paths: dict[str, dict[str, Operation]] = {}
    for route in routes:
        if route.audience is not None:
            paths.setdefault(route.template, {})[route.method.lower()] = _operation(route)
    return paths


def as_sent(schema: Any) -> Any:
    """A schema as it goes out.

    msgspec leaves tuples, patterns that end as Python alone writes it, and docstrings as Python keeps them, which
    before 3.13 is with the indentation of their source.
    """
    return _cleaned(msgspec.json.decode(msgspec.json.encode(schema).replace(rb'\\Z"', b'$"')))


def _cleaned(node: Any) -> Any:
    if isinstance(node, dict):
        return {
            name: inspect.cleandoc(child)
            if name == "description" and isinstance(child, str)
            else _cleaned(child)
            for name, child in node.items()
        }
    return [_cleaned(child) for child in node] if isinstance(node, list) else node


def _operation(route: Route) -> Operation:
    asked = deepcopy(dict(route.asks))
    parameters = [*_path(route), *_query(route.query), *asked.pop("parameters", ()), *_csrf(route)]
    answers = {str(status): deepcopy(answer) for status, answer in route.answers.items()}
    if _PLAIN_PARAMETER.search(route.path):
        answers = {**_refusals(404), **answers}  # what it names may not exist
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
        **asked,
        **({"security": deepcopy(list(route.security))} if route.security else {}),
        "responses": answers,
    }


def _refusals(*statuses: int) -> dict[str, Any]:
    return {str(status): answer for status, answer in problems(*statuses).items()}


def _csrf(route: Route) -> list[dict[str, Any]]:
    """The header of a change that only a cookie can authenticate."""
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
    """Whether a query can be wrong."""
    return any(parameter["schema"] != {"type": "string"} for parameter in _query(kind))


def _schema(kind: Any) -> dict[str, Any]:
    schema: dict[str, Any] = as_sent(msgspec.json.schema(kind))
    return schema


def _parameter(name: str, place: str, schema: dict[str, Any], *, required: bool) -> dict[str, Any]:
    if schema.get("default", "") is None:
        del schema["default"]
    described = {"description": schema["description"]} if "description" in schema else {}
    return {"name": name, "in": place, "required": required, **described, "schema": schema}
