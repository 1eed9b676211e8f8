"""By which characters a phone reads a text that is to be signed: UTF-8, GB 18030 or ASCII, as what is signed says.

A signature over the content alone says nothing of its type, so the type may not choose what the same octets read as:
there a text is UTF-8, or XML that declares its encoding itself.
"""

import re
from functools import lru_cache
from typing import Final

from mshield.domain import errors

_NAMES: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "us-ascii": "ascii",
    "ascii": "ascii",
}
_XML: Final = re.compile(r"(?:text|application)/xml|.*\+xml")
_JSON: Final = re.compile(r"application/json|.*\+json")
_CHARSET: Final = re.compile(r"charset=([a-z0-9-]+)")
_DECLARED: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_LOOKED_AT: Final = 100
"""Octets in which XML says its encoding."""


def is_xml(media_type: str) -> bool:
    """Whether a media type says that a content is XML."""
    return _XML.fullmatch(media_type.lower().partition(";")[0].strip()) is not None


def check_charset(media_type: str, content: bytes | None, *, is_type_signed: bool) -> None:
    """Raises CharsetRefused for a text of another charset, of two, or of octets that aren't of it.

    Of a content that isn't there, what the type says is looked at alone.
    """
    of_text, of_xml, is_json, typed = _read(media_type)
    if not of_text:
        return
    declared = _declared(content) if of_xml and content is not None else None
    charset = _one_of(typed, declared)
    if charset == "gb18030" and (is_json or (declared is None and not is_type_signed)):
        raise errors.CharsetRefused
    if content is not None:
        try:
            content.decode(charset)
        except UnicodeDecodeError as error:
            raise errors.CharsetRefused from error


def _one_of(*names: str | None) -> str:
    """The charset that all names mean which are there; UTF-8 where none is. Raises CharsetRefused."""
    named = {_NAMES.get(name) for name in names if name is not None} or {"utf-8"}
    charset = named.pop()
    if charset is None or named:
        raise errors.CharsetRefused
    return charset


def _declared(content: bytes) -> str | None:
    """The encoding that an XML declaration names."""
    match = _DECLARED.match(content[:_LOOKED_AT])
    return None if match is None else match[1].decode("ascii").lower()


@lru_cache(maxsize=256)
def _read(media_type: str) -> tuple[bool, bool, bool, str | None]:
    """Whether a media type is of a text, of XML, of JSON; and the charset that it names."""
    kind, _, parameters = media_type.lower().partition(";")
    of_xml, is_json = is_xml(kind), _JSON.fullmatch(kind.strip()) is not None
    typed = _CHARSET.search(parameters)
    of_text = of_xml or is_json or kind.startswith("text/")
    return of_text, of_xml, is_json, None if typed is None else typed[1]
