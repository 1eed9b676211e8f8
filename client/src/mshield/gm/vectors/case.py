"""One case of a vector file, with typed, strict access to its fields.

`done` reports the fields that a check didn't read, so that a field added to the format is never ignored.
"""

import re
from collections.abc import Mapping
from typing import Final

from mshield.gm.sm2 import Signature

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


class CaseFailure(Exception):
    """The result of a case differs from its vector."""


def expect(what: str, actual: object, expected: object) -> None:
    """Fails the case unless both are equal. Raises: CaseFailure."""
    if actual != expected:
        raise CaseFailure(f"{what} is {_show(actual)} instead of {_show(expected)}")


class Case:
    """A JSON object, or a bare JSON value for sections that list such values. Accessors raise CaseFailure."""

    def __init__(self, value: object, file: Mapping[str, object] | None = None) -> None:
        """Wraps a parsed JSON value of the given file."""
        self._value = value
        self._file = file or {}
        self._read: set[str] = set()

    def has(self, name: str) -> bool:
        """Reports whether the field is there and not null. An absent or null field counts as read."""
        value = self._fields().get(name)
        if value is None:
            self._read.add(name)
        return value is not None

    def octets(self, name: str, length: int | None = None) -> bytes:
        """Returns a lower-case hex field as bytes, of exactly `length` bytes if that is given."""
        return _unhex(name, self._get(name), length)

    def number(self, name: str) -> int:
        """Returns a 32-byte hex field as a number."""
        return int.from_bytes(self.octets(name, 32), "big")

    def integer(self, name: str) -> int:
        """Returns a JSON integer."""
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise CaseFailure(f"{name} is no integer")
        return value

    def flag(self, name: str) -> bool:
        """Returns a JSON boolean."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise CaseFailure(f"{name} is no boolean")
        return value

    def text(self, name: str) -> str:
        """Returns a JSON string."""
        value = self._get(name)
        if not isinstance(value, str):
            raise CaseFailure(f"{name} is no string")
        return value

    def section(self, name: str) -> list["Case"] | None:
        """Returns the cases of another section of the same file, or None if the file lacks it."""
        content = self._file.get(name)
        return [Case(value, self._file) for value in content] if isinstance(content, list) else None

    def items(self, name: str) -> list["Case"]:
        """Returns a JSON array, each element as its own case."""
        value = self._get(name)
        if not isinstance(value, list):
            raise CaseFailure(f"{name} is no array")
        return [Case(element) for element in value]

    def signature(self) -> Signature:
        """Returns the fields `r` and `s`, without checking their range."""
        return Signature(self.number("r"), self.number("s"))

    @property
    def value(self) -> object:
        """The case itself as parsed."""
        return self._value

    def bare_octets(self, length: int | None = None) -> bytes:
        """Returns the case itself, a hex string, as bytes."""
        return _unhex("the value", self._value, length)

    def done(self) -> None:
        """Fails the case if a field was not read. Raises: CaseFailure."""
        unread = sorted(self._fields().keys() - self._read)
        if unread:
            raise CaseFailure(f"unknown fields: {', '.join(unread)}")

    def _get(self, name: str) -> object:
        fields = self._fields()
        if name not in fields:
            raise CaseFailure(f"{name} is missing")
        self._read.add(name)
        return fields[name]

    def _fields(self) -> dict[str, object]:
        if not isinstance(self._value, dict):
            raise CaseFailure("not a JSON object")
        return self._value


def _unhex(name: str, value: object, length: int | None) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise CaseFailure(f"{name} is not lower-case hex")
    raw = bytes.fromhex(value)
    if length is not None and len(raw) != length:
        raise CaseFailure(f"{name} has {len(raw)} bytes instead of {length}")
    return raw


def _show(value: object) -> str:
    if isinstance(value, bytes):
        return value.hex()
    return f"{value:064x}" if isinstance(value, int) and not isinstance(value, bool) else repr(value)
