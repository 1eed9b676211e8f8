"""Strict JSON reader without recursion: refuses what RFC 8259 leaves open (repeated names, lone surrogates).

Library readers accept several of these, and lose how a number was written.
"""

import json
import re
from typing import Final

from mshield.views import limits


class Number(str):
    """A number as it was written."""

    __slots__ = ()


Json = dict[str, "Json"] | list["Json"] | str | bool | None
"""A JSON value; numbers are `Number`, which is a `str`."""

_WHITE: Final = "[ \\t\\n\\r]*+"
_STRING: Final = r'"([^"\\\x00-\x1f]*+(?:\\(?:["\\/bfnrt]|u[0-9A-Fa-f]{4})[^"\\\x00-\x1f]*+)*+)"'
_NUMBER: Final = r"(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?+(?:[eE][+-]?[0-9]++)?+)"
_ITEM: Final = f"{_WHITE}(?:{_STRING}|{_NUMBER}|(true|false|null)|([{{\\[])){_WHITE}([,}}\\]])?+"
_VALUE: Final = re.compile(_ITEM)
"""A value or its beginning, and the mark after it: groups string, number, literal, opening mark, next mark."""
_NAME: Final = re.compile(f"{_WHITE}{_STRING}{_WHITE}:")
_MARK: Final = re.compile(f"{_WHITE}([,}}\\]])")
_REST: Final = re.compile(_WHITE)
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_LITERALS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}


class NotJson(ValueError):
    """The octets aren't strict JSON, or exceed a limit."""


def read_json(octets: bytes, *, as_content: bool) -> Json:
    """Parses JSON. As content, the names "" and "[]" and long names are refused too. Raises: NotJson."""
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise NotJson("not UTF-8") from error
    return _Reading(text, as_content=as_content).value()


class _Reading:
    """State of reading one text; open values are on an explicit stack, so depth uses no call stack."""

    def __init__(self, text: str, *, as_content: bool) -> None:
        self._text = text
        self._at = 0
        self._as_content = as_content
        self._open: list[dict[str, Json] | list[Json]] = []
        self._count = 0

    def value(self) -> Json:
        """Returns the only value of the text."""
        root, mark = self._next()
        while self._open:
            mark = self._closed(mark)
            if not self._open:
                break
            top = self._open[-1]
            if isinstance(top, dict):
                name = self._name(top)
                top[name] = None  # reserves its place: an object opened here is filled later
                top[name], mark = self._next()
            else:
                value, mark = self._next()
                top.append(value)
        if mark or _REST.fullmatch(self._text, self._at) is None:
            raise NotJson("more than one value")
        return root

    def _next(self) -> tuple[Json, str | None]:
        """Reads a value, and the mark directly after it if there is one."""
        match = _VALUE.match(self._text, self._at)
        if match is None:
            raise self._not_json()
        self._at = match.end()
        self._count += 1
        if self._count > limits.NODES or len(self._open) >= limits.DEPTH:
            raise NotJson("too many values, or too deep")
        string, number, literal, opens, mark = match.groups()
        if string is not None:
            return _unescape(string), mark
        if number is not None:
            return Number(number), mark
        if literal is not None:
            return _LITERALS[literal], mark
        opened: dict[str, Json] | list[Json] = {} if opens == "{" else []
        self._open.append(opened)
        if mark is None or mark == ",":
            # The value just opened is still empty, so a comma is not allowed here.
            self._at = match.end(4)
            mark = ","
        return opened, mark

    def _closed(self, mark: str | None) -> str | None:
        """Closes all values that end here; afterwards another value follows, or none is open."""
        while self._open:
            if mark is None:
                match = _MARK.match(self._text, self._at)
                if match is None:
                    raise self._not_json()
                mark, self._at = match[1], match.end()
            if mark == ",":
                return None
            if mark != ("}" if isinstance(self._open[-1], dict) else "]"):
                raise self._not_json()
            self._open.pop()
            mark = None
        return None

    def _name(self, top: dict[str, Json]) -> str:
        match = _NAME.match(self._text, self._at)
        if match is None:
            raise self._not_json()
        self._at = match.end()
        name = _unescape(match[1])
        if self._as_content and (name in {"", "[]"} or len(name) > limits.NAME):
            raise NotJson("a name that content must not have")
        if name in top:
            raise NotJson("a name twice")
        return name

    def _not_json(self) -> NotJson:
        return NotJson(f"not JSON at character {self._at}")


def _unescape(text: str) -> str:
    if "\\" not in text:
        return text
    result: str = json.loads(
        f'"{text}"'
    )  # its form is checked already, and the library pairs surrogates correctly
    if _SURROGATE.search(result) is not None:
        raise NotJson("a lone surrogate")
    return result
