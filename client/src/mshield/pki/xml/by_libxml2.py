"""Canonical XML by libxml2, if that is installed: handles every usual spelling at the speed of C.

libxml2 accepts more than may be signed. This module checks for whatever libxml2 reads differently from
`read_xml` or silently ignores. In doubt it returns None instead of refusing: the reader decides, and gives
the reason.
"""

import re
import threading
from typing import TYPE_CHECKING, Final

from mshield.pki.xml.canonical import DSIG, MAX_CONTENT, MAX_DEPTH
from mshield.pki.xml.reader import MAX_ATTRIBUTES, MAX_OCTETS

if TYPE_CHECKING:
    from lxml.etree import XMLParser, XPath

_DECLARATION: Final = re.compile(
    rb"<\?xml[ \t\r\n]+version[ \t\r\n]*=[ \t\r\n]*(?:'1\.0'|\"1\.0\")"
    rb"(?:[ \t\r\n]+encoding[ \t\r\n]*=[ \t\r\n]*(?:'[Uu][Tt][Ff]-8'|\"[Uu][Tt][Ff]-8\"))?"
    rb"(?:[ \t\r\n]+standalone[ \t\r\n]*=[ \t\r\n]*(?:'(?:yes|no)'|\"(?:yes|no)\"))?[ \t\r\n]*\?>"
)
_OF_XML: Final = re.compile(rb"xml(?:ns(?::([^\s=]+))?\s*=\s*([\"'])([^\"'<]*)(.?)|:)", re.DOTALL)
"""Matches every declaration and every name in `xml:`, and lookalikes; no match can contain another one."""

_ABSOLUTE: Final = re.compile(rb"[A-Za-z][A-Za-z0-9+.-]*:[^&]*")
_LONG_REFERENCE: Final = re.compile(rb"&#[0-9A-Fa-fx]{10}")
"""A numeric reference longer than any that `read_xml` accepts."""

_RUN: Final = re.compile(rb"<[^<]{%d,}" % (4 * MAX_ATTRIBUTES))
"""A tag long enough to have too many attributes."""

_RESERVED: Final = frozenset({b"xml", b"xmlns"})
_SIGNATURES: Final = DSIG.encode()


class _Tools(threading.local):
    """One parser per thread, since a parser reads one document at a time."""

    def __init__(self) -> None:
        from lxml import etree  # noqa: PLC0415  # optional for clients

        self.parser: XMLParser = etree.XMLParser(
            encoding="utf-8", collect_ids=False, load_dtd=False, no_network=True, resolve_entities="internal"
        )
        self.is_deep: XPath = etree.XPath(f"boolean({'/*' * (MAX_DEPTH + 1)})")
        self.write = etree.tostring
        self.errors = (etree.XMLSyntaxError, etree.C14NError)


_tools: _Tools | None
try:
    _tools = _Tools()
except ImportError:
    _tools = None


def canonical_by_libxml2(octets: bytes) -> bytes | None:
    """Returns the canonical form; None if libxml2 is missing, or if the reader must decide about the document."""
    if _tools is None or len(octets) > MAX_OCTETS:
        return None
    body = _body(octets)
    if body is None or not _has_usual_namespaces(body) or not _has_few_attributes(body):
        return None
    try:
        _tools.parser.feed(body)
        root = _tools.parser.close()
        if len(_tools.parser.error_log) or root.getnext() is not None or _tools.is_deep(root):
            return None
        content: bytes = _tools.write(root.getroottree(), method="c14n", with_comments=True)
    except _tools.errors:
        return None
    return content if len(content) <= MAX_CONTENT and _has_just_elements(content) else None


def _body(octets: bytes) -> bytes | None:
    """Returns the octets from the document element on; None if a DOCTYPE or anything unusual precedes it."""
    octets = octets.removeprefix(b"\xef\xbb\xbf")
    declaration = _DECLARATION.match(octets)
    body = octets[0 if declaration is None else declaration.end() :].strip(b" \t\r\n")
    if body[:1] != b"<" or body[1:2] in {b"!", b"?"}:
        return None
    return None if b"&" in body and _LONG_REFERENCE.search(body) else body


def _has_usual_namespaces(body: bytes) -> bool:
    """Reports whether all declarations are written plainly and may be signed, and no name is in `xml:`."""
    for prefix, quote, uri, end in set(_OF_XML.findall(body)):
        is_none = not uri and not prefix
        if not quote or end != quote or prefix in _RESERVED or not (is_none or _ABSOLUTE.fullmatch(uri)):
            return False
        if (uri == _SIGNATURES and b"Signature" in body) or (prefix == b"ds" and uri != _SIGNATURES):
            return False
    return True


def _has_few_attributes(body: bytes) -> bool:
    if body.count(b"=") <= MAX_ATTRIBUTES:
        return True
    return all(run.count(b"=") <= MAX_ATTRIBUTES for run in _RUN.findall(body))


def _has_just_elements(content: bytes) -> bool:
    """Reports whether canonical octets have no comment and no instruction; `<` begins only markup there."""
    return not ((b"!" in content and b"<!" in content) or (b"?" in content and b"<?" in content))
