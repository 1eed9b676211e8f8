"""Canonical XML 1.0 without comments, inclusive and exclusive, of a document or of one element in its context."""

from collections.abc import Iterable, Iterator
from typing import Final

from mshield.pki.errors import XmlError
from mshield.pki.xml.reader import (
    XML_NAMESPACE,
    Attribute,
    Document,
    End,
    Instruction,
    Start,
    read_xml,
)

DSIG: Final = "http://www.w3.org/2000/09/xmldsig#"
EPORT: Final = "http://www.chinaport.gov.cn/2022/04/xmldsig#"
INCLUSIVE: Final = "http://www.w3.org/TR/2001/REC-xml-c14n-20010315"
EXCLUSIVE: Final = "http://www.w3.org/2001/10/xml-exc-c14n#"
MAX_CONTENT: Final = 4 * 1024 * 1024
"""Limit in octets on signed content."""

MAX_DEPTH: Final = 64
_TEXT: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#xD;"})
_VALUE: Final = str.maketrans(
    {"&": "&amp;", "<": "&lt;", '"': "&quot;", "\t": "&#x9;", "\n": "&#xA;", "\r": "&#xD;"}
)


def canonical_document(document: Document, *, exclusive: bool = False, without: int | None = None) -> bytes:
    """Returns the document's canonical form, leaving out the element that starts at `without`."""
    items = document.items
    gap = range(0) if without is None else range(without, document.ends[without] + 1)
    writer = _Writer(exclusive=exclusive)
    parts: list[str] = []
    for place, item in enumerate(items):
        if place in gap:
            continue
        text = writer.written(item)
        if isinstance(item, Instruction) and not writer.is_inside:
            text = f"{text}\n" if place < document.root else f"\n{text}"
        parts.append(text)
    return "".join(parts).encode()


def canonical_element(document: Document, start: int, *, exclusive: bool) -> bytes:
    """Returns the element's canonical form in its context: the inclusive form has what the element inherits."""
    items = document.items
    above = list(_above(document, start))
    scope: dict[str, str] = {}
    inherited: dict[str, Attribute] = {}
    for one in reversed(above):
        scope.update(one.declared)
        inherited |= {a.local: a for a in one.attributes if a.namespace == XML_NAMESPACE}
    writer = _Writer(exclusive=exclusive, scope=scope)
    first = items[start]
    assert isinstance(first, Start)  # noqa: S101  # the caller guarantees it
    if not exclusive:
        own = {a.local for a in first.attributes if a.namespace == XML_NAMESPACE}
        more = tuple(a for local, a in inherited.items() if local not in own)
        declared = tuple((scope | dict(first.declared)).items())
        first = first._replace(declared=declared, attributes=first.attributes + more)
        writer = _Writer(exclusive=False)
    parts = [writer.written(first)]
    parts.extend(writer.written(items[place]) for place in range(start + 1, document.ends[start] + 1))
    return "".join(parts).encode()


def require_canonical(content: bytes) -> Document:
    """Parses content that must be canonical and signable as E-Port XML. Raises: XmlError (`xml_structure`)."""
    if len(content) > MAX_CONTENT:
        raise XmlError("xml_structure", "longer than 4 MiB")
    document = read_xml(content)
    require_signable(document)
    if canonical_document(document) != content:
        raise XmlError("xml_structure", "not canonical")
    return document


def require_signable(document: Document) -> None:
    """Checks that every part of the document may be signed. Raises: XmlError (`xml_structure`, with a reason)."""
    depth = 0
    for item in document.items:
        match item:
            case Instruction():
                raise XmlError("xml_structure", "a processing instruction", reason="instruction")
            case Start():
                depth += 1
                _require_signable(item, depth)
            case End():
                depth -= 1


def _require_signable(item: Start, depth: int) -> None:
    if depth > MAX_DEPTH:
        raise XmlError("xml_structure", "too deep", reason="too_deep")
    if (item.namespace, item.local) == (DSIG, "Signature"):
        raise XmlError("xml_structure", "the document already has a Signature", reason="signed")
    if any(a.namespace == XML_NAMESPACE for a in item.attributes):
        raise XmlError("xml_structure", "an attribute in the namespace xml:", reason="xml_attribute")
    if any(prefix == "ds" and uri != DSIG for prefix, uri in item.declared):
        raise XmlError("xml_structure", "ds is bound to another namespace", reason="ds_prefix")


def _above(document: Document, start: int) -> Iterator[Start]:
    """Yields the enclosing elements, innermost first."""
    item = document.items[start]
    while isinstance(item, Start) and item.parent >= 0:
        item = document.items[item.parent]
        assert isinstance(item, Start)  # noqa: S101  # for mypy: a parent is an element
        yield item


class _Writer:
    """Writer of single items; tracks the namespaces in scope, and those already written."""

    def __init__(self, *, exclusive: bool, scope: dict[str, str] | None = None) -> None:
        self._exclusive = exclusive
        self._scope: dict[str, str] = dict(scope or {})
        self._rendered: dict[str, str] = {}
        self._open: list[tuple[str, list[tuple[str, str | None]], list[tuple[str, str | None]]]] = []

    @property
    def is_inside(self) -> bool:
        """Whether an element is open."""
        return bool(self._open)

    def written(self, item: object) -> str:
        """Returns the item's canonical form."""
        match item:
            case Start():
                return self._start(item)
            case End():
                return self._end()
            case Instruction():
                return f"<?{item.target}{' ' if item.data else ''}{item.data}?>"
            case _:
                return str(item).translate(_TEXT)

    def _start(self, item: Start) -> str:
        hidden = _put(self._scope, item.declared)
        needed = self._used(item) if self._exclusive else item.declared
        new = [(prefix, uri) for prefix, uri in needed if self._rendered.get(prefix, "") != uri]
        rendered = _put(self._rendered, new)
        name = f"{item.prefix}:{item.local}" if item.prefix else item.local
        self._open.append((name, hidden, rendered))
        attributes = sorted(item.attributes, key=lambda a: (a.namespace, a.local))
        return "".join(
            (
                f"<{name}",
                *(_declaration(*one) for one in sorted(new)),
                *(
                    f' {a.prefix + ":" if a.prefix else ""}{a.local}="{a.value.translate(_VALUE)}"'
                    for a in attributes
                ),
                ">",
            )
        )

    def _used(self, item: Start) -> Iterable[tuple[str, str]]:
        """Returns the namespaces that the element's own names use."""
        prefixes = {item.prefix, *(a.prefix for a in item.attributes if a.prefix)} - {"xml"}
        return ((prefix, self._scope.get(prefix, "")) for prefix in prefixes)

    def _end(self) -> str:
        name, hidden, rendered = self._open.pop()
        for scope, before in ((self._scope, hidden), (self._rendered, rendered)):
            for prefix, uri in before:
                if uri is None:
                    del scope[prefix]
                else:
                    scope[prefix] = uri
        return f"</{name}>"


def _put(scope: dict[str, str], more: Iterable[tuple[str, str]]) -> list[tuple[str, str | None]]:
    """Sets the bindings in the scope and returns the previous ones, for restoring them at the end tag."""
    before: list[tuple[str, str | None]] = []
    for prefix, uri in more:
        before.append((prefix, scope.get(prefix)))
        scope[prefix] = uri
    return before


def namespace_value(uri: str) -> str:
    """Escapes a namespace for a canonical declaration."""
    return uri.translate(_VALUE)


def _declaration(prefix: str, uri: str) -> str:
    return f' xmlns{":" if prefix else ""}{prefix}="{namespace_value(uri)}"'
