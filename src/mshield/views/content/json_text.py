"""JSON read strictly, without recursion: what RFC 8259 leaves open (a name twice, lone surrogates) is refused.

A library's reader takes several of these, and loses how a number was written.
"""

import json
import re
from typing import Final

from mshield.views import limits


class Number(str):
    """A number as it was written."""

    __slots__ = ()


Json = dict[str, "Json"] | list["Json"] | str | bool | None
"""A value; numbers are `Number`, a `str`."""

_TOKEN: Final = re.compile(
    r"""[ \t\n\r]*(?:
    "(?P<string>[^"\\\x00-\x1f]*(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*)*)"
    |(?P<number>-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?)
    |(?P<literal>true|false|null)
    |(?P<mark>[{}\[\]:,]))""",
    re.VERBOSE,
)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_WHITE: Final = re.compile(r"[ \t\n\r]*")


class NotJson(ValueError):
    """Octets that are not of the strict form, or over a limit."""


def read_json(octets: bytes, *, as_content: bool) -> Json:
    """The value; `NotJson` for anything else. As content, the names "" and "[]" and long ones are refused too."""
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8") from error
    return _Reading(text, as_content=as_content).value()


class _Reading:
    """One text being read: what is open stands on a stack, so that depth costs no stack of the machine."""

    def __init__(self, text: str, *, as_content: bool) -> None:
        self._text = text
        self._at = 0
        self._as_content = as_content
        self._open: list[dict[str, Json] | list[Json]] = []
        self._count = 0

    def value(self) -> Json:
        """The one value of the text."""
        root = value = self._next_value(self._token())
        while self._open:
            top = self._open[-1]
            just_opened = value is top
            value = self._first(top) if just_opened else self._following(top)
        if _WHITE.fullmatch(self._text, self._at) is None:
            raise NotJson("more than one value")
        return root

    def _token(self) -> re.Match[str]:
        match = _TOKEN.match(self._text, self._at)
        if match is None:
            raise NotJson(f"not JSON at character {self._at}")
        self._at = match.end()
        return match

    def _mark(self, token: re.Match[str], marks: str) -> str:
        mark = token["mark"]
        if mark is None or mark not in marks:
            raise NotJson(f"not JSON at character {token.start()}")
        return mark

    def _next_value(self, token: re.Match[str]) -> Json:
        self._count += 1
        if self._count > limits.NODES or len(self._open) >= limits.DEPTH:
            raise NotJson("too many values, or too deep")
        kind = token.lastgroup
        if kind == "string":
            return _unescaped(token["string"])
        if kind == "number":
            return Number(token["number"])
        if kind == "literal":
            return _LITERALS[token["literal"]]
        opened: dict[str, Json] | list[Json] = {} if self._mark(token, "{[") == "{" else []
        self._open.append(opened)
        return opened

    def _first(self, top: dict[str, Json] | list[Json]) -> Json:
        token = self._token()
        if token["mark"] == ("}" if isinstance(top, dict) else "]"):
            self._open.pop()
            return None
        return self._put(top, token)

    def _following(self, top: dict[str, Json] | list[Json]) -> Json:
        if self._mark(self._token(), ",}" if isinstance(top, dict) else ",]") != ",":
            self._open.pop()
            return None
        return self._put(top, self._token())

    def _put(self, top: dict[str, Json] | list[Json], token: re.Match[str]) -> Json:
        if isinstance(top, list):
            value = self._next_value(token)
            top.append(value)
            return value
        name = self._name(token)
        if name in top:
            raise NotJson("a name twice")
        self._mark(self._token(), ":")
        value = self._next_value(self._token())
        top[name] = value
        return value

    def _name(self, token: re.Match[str]) -> str:
        if token.lastgroup != "string":
            raise NotJson(f"not JSON at character {token.start()}")
        name = _unescaped(token["string"])
        if self._as_content and (name in {"", "[]"} or len(name) > limits.NAME):
            raise NotJson("a name that content may not have")
        return name


def _unescaped(text: str) -> str:
    if "\\" not in text:
        return text
    result: str = json.loads(f'"{text}"')  # its form is checked; a library's pairing of surrogates is right
    if _SURROGATE.search(result) is not None:
        raise NotJson("a lone surrogate")
    return result
