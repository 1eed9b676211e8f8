"""One case of a vector file: typed, strict access to its fields.

What a check does not read is reported by `done`, so that a field added to the format is never ignored.
"""

import re
from collections.abc import Mapping
from typing import Final

from mshield.gm.sm2 import Signature

_HEX: Final = re.compile(r"(?:[0-9a-f]{2})*")


class CaseFailure(Exception):
    """The case did not come out as its vector says."""


def expect(what: str, actual: object, expected: object) -> None:
    """Fail the case unless both are equal."""
    if actual != expected:
        raise CaseFailure(f"{what} is {_show(actual)} instead of {_show(expected)}")


class Case:
    """A JSON object, or a bare JSON value for sections that list such."""

    def __init__(self, value: object, file: Mapping[str, object] | None = None) -> None:
        """Wrap a parsed JSON value of the given file."""
        self._value = value
        self._file = file or {}
        self._read: set[str] = set()

    def has(self, name: str) -> bool:
        """Whether the field is there and not null; counts as reading it where it is null."""
        value = self._fields().get(name)
        if value is None:
            self._read.add(name)
        return value is not None

    def octets(self, name: str, length: int | None = None) -> bytes:
        """A lower-case hex field, of exactly `length` bytes if that is given."""
        return _unhex(name, self._get(name), length)

    def number(self, name: str) -> int:
        """A 32-byte hex field as a number."""
        return int.from_bytes(self.octets(name, 32), "big")

    def integer(self, name: str) -> int:
        """A JSON integer."""
        value = self._get(name)
        if not isinstance(value, int) or isinstance(value, bool):
            raise CaseFailure(f"{name} is no integer")
        return value

    def flag(self, name: str) -> bool:
        """A JSON boolean."""
        value = self._get(name)
        if not isinstance(value, bool):
            raise CaseFailure(f"{name} is no boolean")
        return value

    def text(self, name: str) -> str:
        """A JSON string."""
        value = self._get(name)
        if not isinstance(value, str):
            raise CaseFailure(f"{name} is no string")
        return value

    def section(self, name: str) -> list["Case"] | None:
        """The cases of another section of the same file; `None` if the file lacks it."""
        content = self._file.get(name)
        return [Case(value, self._file) for value in content] if isinstance(content, list) else None

    def items(self, name: str) -> list["Case"]:
        """A JSON array, each element as a case of its own."""
        value = self._get(name)
        if not isinstance(value, list):
            raise CaseFailure(f"{name} is no array")
        return [Case(element) for element in value]

    def signature(self) -> Signature:
        """The fields `r` and `s`, whatever their range."""
        return Signature(self.number("r"), self.number("s"))

    @property
    def value(self) -> object:
        """The case itself as parsed."""
        return self._value

    def bare_octets(self, length: int | None = None) -> bytes:
        """The case itself as hex."""
        return _unhex("the value", self._value, length)

    def done(self) -> None:
        """Fail if a field was not read."""
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
