"""Query parameters as structs: each field is a parameter, with its constraints and its description."""

import re
from functools import cache
from typing import Annotated, Any, Final, TypeVar, get_args, get_origin

import msgspec
from msgspec.inspect import IntType, Metadata, type_info
from starlette.requests import Request

from mshield.server.errors import InvalidRequest, Json

Q = TypeVar("Q", bound="Query")
_INTEGER: Final = re.compile(r"-?[0-9]{1,19}")


class Query(msgspec.Struct, frozen=True):
    """The query parameters of a route; unknown ones are ignored."""


class StrictQuery(Query, frozen=True, forbid_unknown_fields=True):
    """`Query` that refuses unknown names, so that an unfiltered list isn't mistaken for a filtered one."""


def query_of(request: Request, kind: type[Q]) -> Q:
    """Parses the query; of a repeated parameter the last value is used.

    Raises: InvalidRequest (naming each wrong parameter).
    """
    empty: Q | None = None if request.scope["query_string"] else _empty(kind)
    if empty is not None:
        return empty
    texts = dict(request.query_params) if request.scope["query_string"] else {}
    values: dict[str, Any] = {}
    wrong: list[Json] = []
    for field in _fields(kind):
        text = texts.pop(field.name, None)
        if text is None:
            wrong += [f"query.{field.name}"] * field.required
            continue
        try:
            values[field.name] = _value(text, field)
        except ValueError:  # msgspec's errors are ValueErrors
            wrong.append(f"query.{field.name}")
    if kind.__struct_config__.forbid_unknown_fields:
        wrong += [f"query.{name}" for name in texts]
    if wrong:
        raise InvalidRequest(fields=wrong)
    return kind(**values)


class _Field(msgspec.Struct, frozen=True):
    name: str
    type: Any
    is_number: bool
    required: bool


@cache
def _empty(kind: type[Q]) -> Q | None:
    """Returns the values of an empty query, cached; None if a parameter is required."""
    return None if any(field.required for field in _fields(kind)) else kind()


@cache
def _fields(kind: type[Query]) -> tuple[_Field, ...]:
    fields = []
    for field in msgspec.structs.fields(kind):
        of_a_text = _without_none(field.type)
        info = type_info(of_a_text)
        inner = info.type if isinstance(info, Metadata) else info
        fields.append(_Field(field.name, of_a_text, isinstance(inner, IntType), field.required))
    return tuple(fields)


def _without_none(kind: Any) -> Any:
    """Removes None from a type, because no text in a query means None."""
    if get_origin(kind) is Annotated:
        inner, *metas = get_args(kind)
        return Annotated[_without_none(inner), *metas]
    kinds = [one for one in get_args(kind) if one is not type(None)]
    return kinds[0] if type(None) in get_args(kind) else kind


def _value(text: str, field: _Field) -> Any:
    if not field.is_number:
        return msgspec.convert(text, field.type, strict=False)  # not strict, because a bool arrives as text
    if not _INTEGER.fullmatch(text):
        raise ValueError("no decimal number")
    return msgspec.convert(int(text), field.type)
