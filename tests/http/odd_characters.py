"""Calls with characters that no database stores or that are rarely expected, in each place of a text."""

import base64
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote, urlencode

from schemathesis import APIOperation

_TEXTS: Final = ("\0", "a\0b", "\u202e\U0001f600", "\ufffe", "e\u0301" * 9)
_JSON_TEXTS: Final = (*_TEXTS, "\ud800", "\udfff\ud800")
"""Half a surrogate pair is possible only in JSON: elsewhere its bytes are invalid UTF-8."""

WRITTEN: Final = (*map(quote, _TEXTS), "%ff", "%ed%a0%80", "%C0%80", "%")
"""The texts as percent-encoded in a URL or form."""

_FORM: Final = "application/x-www-form-urlencoded"
_OF_THE_PROOF: Final = {"DPoP", "Authorization"}
Call = tuple[str, dict[str, str], bytes]
"""URL, headers and body."""


def odd_calls(operation: APIOperation[Any, Any, Any, Any], known: Mapping[str, str]) -> Iterator[Call]:
    """Yields calls with an odd text as each parameter, as credentials, and in each place of the body."""
    names = re.findall(r"\{(\w+)\}", operation.path)
    good = {name: known.get(name, "x") for name in names}
    path = operation.path.format_map(good)
    media = operation.definition.raw.get("requestBody", {}).get("content", {})
    kind, body = next(((each, _body(each, media[each])) for each in media), ("", b""))
    plain = {"Content-Type": kind} if kind else {}
    for odd in WRITTEN:
        for name in names:
            yield operation.path.format_map(good | {name: odd}), plain, body
        for parameter in operation.definition.raw.get("parameters", []):
            if parameter["in"] == "query":
                yield f"{path}?{parameter['name']}={odd}", plain, body
            elif parameter["in"] == "header" and parameter["name"] not in _OF_THE_PROOF:
                yield path, plain | {parameter["name"]: unquote(odd, "latin-1")}, body
    yield path, plain | {"Authorization": f"Basic {base64.b64encode(bytes(1) + b'a:x').decode()}"}, body
    for each in media:
        for changed in _forms(media[each]) if each == _FORM else _documents(media[each]):
            yield path, {"Content-Type": each}, changed


def _body(kind: str, media: Mapping[str, Any]) -> bytes:
    """Returns a valid body."""
    if kind == _FORM:
        return urlencode(dict.fromkeys(media["schema"]["properties"], "x")).encode()
    found = next((each["value"] for each in media.get("examples", {}).values()), None)
    return b"x" if found is None else json.dumps(found).encode()


def _forms(media: Mapping[str, Any]) -> Iterator[bytes]:
    fields = dict.fromkeys(media["schema"]["properties"], "x")
    for name in fields:
        others = urlencode({each: value for each, value in fields.items() if each != name})
        yield from (f"{others}&{name}={odd}".encode() for odd in WRITTEN)


def _documents(media: Mapping[str, Any]) -> Iterator[bytes]:
    for example in media.get("examples", {}).values():
        for odd in _JSON_TEXTS:
            yield from (json.dumps(changed).encode() for changed in _with_each_text(example["value"], odd))


def _with_each_text(value: object, odd: str) -> Iterator[object]:
    """Yields the value once for each text in it, with that text replaced."""
    match value:
        case str():
            yield odd
        case list():
            for at, each in enumerate(value):
                yield from ([*value[:at], made, *value[at + 1 :]] for made in _with_each_text(each, odd))
        case dict():
            for name, each in value.items():
                yield from ({**value, name: made} for made in _with_each_text(each, odd))
