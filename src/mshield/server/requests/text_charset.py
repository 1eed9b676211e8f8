"""Charset in which a phone reads a text to be signed: UTF-8, GB 18030 or ASCII, as stated in what is signed.

A signature over the content alone doesn't cover its media type, so the type must not determine how the bytes
are decoded: such a text is UTF-8, or XML that declares its own encoding.
"""

import re
from functools import lru_cache
from typing import Final

from mshield.server.requests.errors import CharsetRefused
from mshield.wire.text_charset import is_xml

_NAMES: Final = {
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "gb18030": "gb18030",
    "gbk": "gb18030",
    "gb2312": "gb18030",
    "us-ascii": "ascii",
    "ascii": "ascii",
}
_JSON: Final = re.compile(r"application/json|.*\+json")
_CHARSET: Final = re.compile(r"charset=([a-z0-9-]+)")
_DECLARED: Final = re.compile(rb"(?:\xef\xbb\xbf)?<\?xml[^>]*\sencoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_SEARCHED_BYTES: Final = 100
"""Number of bytes that are searched for the XML declaration."""


def check_charset(media_type: str, content: bytes | None, *, is_type_signed: bool) -> None:
    """Raises CharsetRefused if a text's charset is unsupported or contradictory, or its bytes don't decode.

    Without content, only the media type is checked.
    """
    of_text, of_xml, is_json, typed = _parse_media_type(media_type)
    if not of_text:
        return
    declared = _declared_encoding(content) if of_xml and content is not None else None
    charset = _agreed_charset(typed, declared)
    if charset == "gb18030" and (is_json or (declared is None and not is_type_signed)):
        raise CharsetRefused
    if content is not None:
        try:
            content.decode(charset)
        except UnicodeDecodeError as error:
            raise CharsetRefused from error


def _agreed_charset(*names: str | None) -> str:
    """Returns the charset that all given names agree on, by default UTF-8. Raises: CharsetRefused."""
    charsets = {_NAMES.get(name) for name in names if name is not None} or {"utf-8"}
    charset = charsets.pop()
    if charset is None or charsets:
        raise CharsetRefused
    return charset


def _declared_encoding(content: bytes) -> str | None:
    """Returns the encoding named in an XML declaration, if any."""
    match = _DECLARED.match(content[:_SEARCHED_BYTES])
    return None if match is None else match[1].decode("ascii").lower()


@lru_cache(maxsize=256)
def _parse_media_type(media_type: str) -> tuple[bool, bool, bool, str | None]:
    """Reports whether a media type is text, XML, JSON, and returns the charset that it names."""
    kind, _, parameters = media_type.lower().partition(";")
    of_xml, is_json = is_xml(kind), _JSON.fullmatch(kind.strip()) is not None
    typed = _CHARSET.search(parameters)
    of_text = of_xml or is_json or kind.startswith("text/")
    return of_text, of_xml, is_json, None if typed is None else typed[1]
