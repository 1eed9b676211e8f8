"""Fast path to canonical XML for most documents: elements with child elements or text, and at most one attribute.

Such elements are already canonical. The document element may have any attributes, and declares all prefixes.
Regular expressions remove the elements from the inside out; the rest, the document element's tags, is read
and written by the general code. A document that doesn't fit isn't refused: libxml2 (`by_libxml2.py`) or the
reader handles it.
"""

import re
from typing import Final

from mshield.pki.errors import XmlError
from mshield.pki.xml.canonical import DSIG, canonical_document, require_signable
from mshield.pki.xml.reader import Start, read_xml

MAX_PLAIN: Final = 64 * 1024
"""Size limit in octets; a larger document is read in its own thread anyway."""

_DEPTH: Final = 24
"""Number of passes, and so the nesting depth handled here; 64 levels are allowed."""

_CHINESE: Final = rb"(?:\xe4[\xb8-\xbf][\x80-\xbf]|[\xe5-\xe9][\x80-\xbf][\x80-\xbf])"
"""U+4E00 to U+9FFF, allowed anywhere in names."""

_PART: Final = rb"(?:[A-Za-z_]|%b)[A-Za-z0-9._-]*+(?:%b[A-Za-z0-9._-]*+)*+" % (_CHINESE, _CHINESE)
_NAME: Final = rb"%b(?::%b)?+" % (_PART, _PART)
_ATTRIBUTE: Final = rb"(?: (?!xmlns=)%b=\"[^\"<>&\t\n\x00]*+\")?+" % _PART
"""At most one attribute, as Canonical XML writes it: the order of several would have to be checked."""

_DECLARATION: Final = re.compile(
    rb"<\?xml version=(?:'1\.0'|\"1\.0\")(?: encoding=(?:'[Uu][Tt][Ff]-8'|\"[Uu][Tt][Ff]-8\"))?"
    rb"(?: standalone=(?:'(?:yes|no)'|\"(?:yes|no)\"))? ?\?>"
)
_SIMPLE: Final = re.compile(rb"<([A-Za-z_][A-Za-z0-9._-]*+(?::[A-Za-z_][A-Za-z0-9._-]*+)?+)>[^<>]*+</\1>")
_LEAF: Final = re.compile(rb"<(%b)%b>[^<>]*+</\1>" % (_NAME, _ATTRIBUTE))
_EMPTY: Final = re.compile(rb"<((%b)%b) ?/>" % (_NAME, _ATTRIBUTE))
_ROOT: Final = re.compile(rb"<(%b)[^<>]*(?<!/)>" % _NAME)
_SPELLED: Final = rb"[ \t\n]+(%b)(?::(%b))?+=\"([^\"<>&\t\n]*+)\"" % (_PART, _PART)
_ATTRIBUTES: Final = re.compile(_SPELLED)
_ALL_ATTRIBUTES: Final = re.compile(rb"(?:%b)*+[ \t\n]*" % _SPELLED)
_FOREIGN: Final = re.compile(rb"(?!http://www\.w3\.org/(?:XML/1998|2000/))[A-Za-z][A-Za-z0-9+.-]*:")
"""An absolute namespace, neither XML's own nor that of its signatures."""

_PREFIX: Final = re.compile(rb"<(%b):" % _PART)
_TAKEN: Final = b"\x00"
"""Placeholder for a removed element; no document has this octet. Without it `<a<b></b>></a>` would become `<a></a>`."""
_ODD_END: Final = re.compile(rb"[ \t\r\n/]>")
_SAMPLE: Final = 1024
"""Number of octets examined to find how a document's tags are written."""

_CHARACTERS: Final = bytes((0x09, 0x0A, *range(0x20, 0x100)))
_REFERENCES: Final = (b"&amp;", b"&lt;", b"&gt;")


def plain_canonical(octets: bytes) -> bytes | None:
    """Returns the canonical form; None if another reader must decide whether the document is valid."""
    if len(octets) > MAX_PLAIN:
        return None
    body = _body(octets)
    if body is None:
        return None
    root = _ROOT.match(body)
    closing = b"" if root is None else b"</%b>" % root[1]
    if root is None or len(body) < root.end() + len(closing) or not body.endswith(closing):
        return None
    left = body[root.end() : -len(closing)]
    left, taken = _SIMPLE.subn(_TAKEN, left)  # most elements, at low cost
    elements = 1 + taken
    for _ in range(_DEPTH):
        left, taken = _LEAF.subn(_TAKEN, left)
        elements += taken
        if not taken:
            break
    if b"<" in left or b">" in left:
        return None
    start, prefixes = _quick_start(root[0], root[1]) or _start(root[0], root[1])
    if start is None or not _are_declared(body, elements, prefixes):
        return None
    return start + body[root.end() :]


def looks_plain(octets: bytes) -> bool:
    """Guesses cheaply whether `plain_canonical` knows the document's form."""
    declared = _DECLARATION.match(octets)
    end = octets.find(b">", 0 if declared is None else declared.end()) + 1
    # libxml2 handles CDATA, references, and attributes below the document element better.
    if b"!" in octets or b"&" in octets or octets.find(b"=", end) >= 0:
        return False
    return _ODD_END.search(octets, end, end + _SAMPLE) is None


def _body(octets: bytes) -> bytes | None:
    """Returns the octets from the document element on, with normalized line ends; None if something doesn't fit."""
    octets = octets.removeprefix(b"\xef\xbb\xbf")
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    try:
        text = octets.decode()
    except UnicodeDecodeError:
        return None
    declaration = _DECLARATION.match(octets)
    body = octets[0 if declaration is None else declaration.end() :].strip(b" \t\n")
    if octets.translate(None, _CHARACTERS) or "\ufffe" in text or "\uffff" in text:
        return None
    if b"&" in body and body.count(b"&") != sum(body.count(one) for one in _REFERENCES):
        return None
    return _EMPTY.sub(rb"<\1></\2>", body) if b"/>" in body else body


def _quick_start(written: bytes, name: bytes) -> tuple[bytes, frozenset[bytes]] | None:
    """Does as `_start` for a tag without prefixed attributes; None for others, and for tags that `_start` refuses."""
    attributes = written[1 + len(name) : -1]
    if _ALL_ATTRIBUTES.fullmatch(attributes) is None:
        return None
    declared: list[tuple[bytes, bytes]] = []
    own: list[tuple[bytes, bytes]] = []
    for first, second, value in _ATTRIBUTES.findall(attributes):
        if first != b"xmlns":
            if second:
                return None
            own.append((first, value))
        elif _FOREIGN.match(value) is None or second in {b"xml", b"xmlns", b"ds"}:
            return None
        else:
            declared.append((second, value))
    prefixes = dict(declared)
    if len(prefixes) < len(declared) or len(dict(own)) < len(own):
        return None
    parts = [b"<", name]
    parts += [b' xmlns%b%b="%b"' % (b":" if one else b"", one, uri) for one, uri in sorted(declared)]
    parts += [b' %b="%b"' % one for one in sorted(own)]
    return b"".join((*parts, b">")), frozenset(prefixes) - {b""}


def _start(written: bytes, name: bytes) -> tuple[bytes | None, frozenset[bytes]]:
    """Returns the document element's start tag in canonical form (None if refused), and the prefixes it declares."""
    try:
        document = read_xml(b"%b</%b>" % (written, name))
        require_signable(document)
    except XmlError:
        return None, frozenset()
    item = document.items[document.root]
    assert isinstance(item, Start)  # noqa: S101  # a root is an element
    if any(uri == DSIG for _, uri in item.declared):
        return None, frozenset()
    prefixes = frozenset(prefix.encode() for prefix, _ in item.declared if prefix)
    return canonical_document(document)[: -len(name) - 3], prefixes


def _are_declared(body: bytes, elements: int, prefixes: frozenset[bytes]) -> bool:
    """Reports whether the document element declares the prefixes of all these elements."""
    for prefix in prefixes:
        elements -= body.count(b"<%b:" % prefix)
        if not elements:
            return True
    return prefixes.issuperset(_PREFIX.findall(body))
