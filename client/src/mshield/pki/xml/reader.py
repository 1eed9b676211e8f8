"""Reader of XML 1.0 with namespaces into a flat list of items, in order; no DOCTYPE, no recursion, linear time.

Prefixes, declarations and processing instructions are kept for Canonical XML; comments aren't.
"""

import re
from typing import Final, NamedTuple

from mshield.pki.errors import XmlError

MAX_OCTETS: Final = 8 * 1024 * 1024
MAX_DEPTH: Final = 256
MAX_ATTRIBUTES: Final = 1000
"""Limit on attributes and declarations of one element."""

XML_NAMESPACE: Final = "http://www.w3.org/XML/1998/namespace"
_XMLNS: Final = "http://www.w3.org/2000/xmlns/"
_S: Final = "[ \\t\\n]"
_START: Final = (
    "A-Z_a-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02ff\u0370-\u037d\u037f-\u1fff\u200c\u200d\u2070-\u218f"
    "\u2c00-\u2fef\u3001-\ud7ff\uf900-\ufdcf\ufdf0-\ufffd\U00010000-\U000effff"
)
_NAME: Final = f"[{_START}][{_START}\\-.0-9\u00b7\u0300-\u036f\u203f-\u2040]*"
_QUALIFIED: Final = f"(?:({_NAME}):)?({_NAME})"
_NOT_CHAR: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION: Final = re.compile(
    rf"<\?xml{_S}+version{_S}*={_S}*(?:'1\.0'|\"1\.0\")"
    rf"(?:{_S}+encoding{_S}*={_S}*(?:'[Uu][Tt][Ff]-8'|\"[Uu][Tt][Ff]-8\"))?"
    rf"(?:{_S}+standalone{_S}*={_S}*(?:'(?:yes|no)'|\"(?:yes|no)\"))?{_S}*\?>"
)
_OPENING: Final = re.compile(f"<{_QUALIFIED}")
_ATTRIBUTE: Final = re.compile(f"{_S}+{_QUALIFIED}{_S}*={_S}*(?:\"([^<\"]*)\"|'([^<']*)')")
_OPENING_END: Final = re.compile(f"{_S}*(/?)>")
_CLOSING: Final = re.compile(f"</{_QUALIFIED}{_S}*>")
_INSTRUCTION: Final = re.compile(rf"<\?({_NAME})(?:{_S}+|(?=\?>))")
_REFERENCE: Final = re.compile("&(?:([^;]{1,10});)?")
_DECIMAL: Final = re.compile("#[0-9]+")
_HEXADECIMAL: Final = re.compile("#x[0-9A-Fa-f]+")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_ABSOLUTE: Final = re.compile("[A-Za-z][A-Za-z0-9+.-]*:")


class Attribute(NamedTuple):
    """An attribute; `namespace` is empty without a prefix."""

    prefix: str
    local: str
    namespace: str
    value: str


class Start(NamedTuple):
    """A start tag; `parent` is the index of the parent's start in the list, -1 for none."""

    prefix: str
    local: str
    namespace: str
    declared: tuple[tuple[str, str], ...]
    attributes: tuple[Attribute, ...]
    parent: int


class End(NamedTuple):
    """An end tag; `start` is the index of its start tag."""

    start: int


class Instruction(NamedTuple):
    """A processing instruction."""

    target: str
    data: str


Item = Start | End | Instruction | str
"""An item of a document; a str is text."""


class Document(NamedTuple):
    """All items, and the index of each start's end; comments are left out."""

    items: list[Item]
    ends: dict[int, int]
    root: int
    has_comments: bool = False


def read_xml(octets: bytes) -> Document:
    """Parses a document. Raises: XmlError (`xml_structure`)."""
    if len(octets) > MAX_OCTETS:
        raise XmlError("xml_structure", "too long", reason="too_long")
    try:
        text = octets.decode().removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise XmlError("xml_structure", "not UTF-8", reason="not_utf_8") from error
    if _NOT_CHAR.search(text) is not None:
        raise XmlError("xml_structure", "a character that XML doesn't allow")
    return _Reading(text.replace("\r\n", "\n").replace("\r", "\n")).document()


class _Reading:
    """State of reading one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        declaration = _DECLARATION.match(text)
        self._at = declaration.end() if declaration else 0
        self._items: list[Item] = []
        self._ends: dict[int, int] = {}
        self._open: list[tuple[int, tuple[str, str], list[tuple[str, str | None]]]] = []
        self._scope: dict[str, str] = {"xml": XML_NAMESPACE}
        self._root = -1
        self._has_comments = False

    def document(self) -> Document:
        end = len(self._text)
        while self._at < end:
            start = self._text.find("<", self._at)
            start = end if start < 0 else start
            if start > self._at:
                self._take_text(self._text[self._at : start])
                self._at = start
            else:
                self._take_markup()
        if self._root < 0 or self._open:
            raise _refused("no whole element")
        return Document(self._items, self._ends, self._root, self._has_comments)

    def _take_text(self, raw: str) -> None:
        if not self._open:
            if raw.strip(" \t\n"):
                raise _refused("text outside of the document element")
            return
        if "]]>" in raw:
            raise _refused("the end of a CDATA section that hasn't begun")
        self._items.append(_resolved(raw))

    def _take_markup(self) -> None:
        text, at = self._text, self._at
        if text.startswith("</", at):
            self._take_closing()
        elif text.startswith("<!--", at):
            self._pass_comment()
        elif text.startswith("<?", at):
            self._take_instruction()
        elif text.startswith("<![CDATA[", at) and self._open:
            end = self._after("]]>", at)
            self._items.append(text[at + 9 : end])
            self._at = end + 3
        elif text.startswith("<!DOCTYPE", at):
            raise _refused("a DOCTYPE", reason="doctype")
        else:
            self._take_opening()

    def _after(self, what: str, at: int) -> int:
        end = self._text.find(what, at)
        if end < 0:
            raise _refused(f"no {what}")
        return end

    def _pass_comment(self) -> None:
        end = self._after("--", self._at + 4)
        if not self._text.startswith("-->", end):
            raise _refused("-- in a comment")
        self._has_comments = True
        self._at = end + 3

    def _take_instruction(self) -> None:
        opening = _INSTRUCTION.match(self._text, self._at)
        if opening is None or opening[1].lower() == "xml":
            raise _refused("a processing instruction without a name")
        end = self._after("?>", opening.end())
        self._items.append(Instruction(opening[1], self._text[opening.end() : end]))
        self._at = end + 2

    def _take_opening(self) -> None:
        opening = _OPENING.match(self._text, self._at)
        if opening is None or (self._root >= 0 and not self._open) or len(self._open) >= MAX_DEPTH:
            raise _refused("no start tag, one after the document element, or one too deep")
        self._at = opening.end()
        written = self._attributes()
        end = _OPENING_END.match(self._text, self._at)
        if end is None:
            raise _refused("a start tag without end")
        self._at = end.end()
        qualified = (opening[1] or "", opening[2])
        self._begin(qualified, written)
        if end[1]:
            self._close()

    def _attributes(self) -> list[tuple[str, str, str]]:
        written: list[tuple[str, str, str]] = []
        names: set[tuple[str, str]] = set()
        while match := _ATTRIBUTE.match(self._text, self._at):
            self._at = match.end()
            raw = match[3] if match[3] is not None else match[4]
            prefix, local = match[1] or "", match[2]
            written.append((prefix, local, _resolved(raw.replace("\n", " ").replace("\t", " "))))
            names.add((prefix, local))
            if len(names) < len(written) or len(written) > MAX_ATTRIBUTES:
                raise _refused("an attribute twice, or too many")
        return written

    def _begin(self, qualified: tuple[str, str], written: list[tuple[str, str, str]]) -> None:
        declared: list[tuple[str, str]] = []
        hidden: list[tuple[str, str | None]] = []
        others: list[tuple[str, str, str]] = []
        for prefix, local, value in written:
            if prefix == "xmlns" or (not prefix and local == "xmlns"):
                name = local if prefix else ""
                _require_namespace(name, value)
                declared.append((name, value))
                hidden.append((name, self._scope.get(name)))
                self._scope[name] = value
            else:
                others.append((prefix, local, value))
        attributes = tuple(
            Attribute(prefix, local, self._namespace(prefix) if prefix else "", value)
            for prefix, local, value in others
        )
        if len({(a.namespace, a.local) for a in attributes}) != len(attributes):
            raise _refused("an attribute twice")
        place, parent = len(self._items), self._open[-1][0] if self._open else -1
        prefix, local = qualified
        namespace = self._namespace(prefix) if prefix else self._scope.get("", "")
        self._items.append(Start(prefix, local, namespace, tuple(declared), attributes, parent))
        if parent < 0:
            self._root = place
        self._open.append((place, qualified, hidden))

    def _namespace(self, prefix: str) -> str:
        namespace = self._scope.get(prefix)
        if namespace is None or prefix == "xmlns":
            raise _refused("a prefix that isn't declared")
        return namespace

    def _take_closing(self) -> None:
        closing = _CLOSING.match(self._text, self._at)
        if closing is None or not self._open or self._open[-1][1] != (closing[1] or "", closing[2]):
            raise _refused("the end tag names another element")
        self._at = closing.end()
        self._close()

    def _close(self) -> None:
        place, _, hidden = self._open.pop()
        self._ends[place] = len(self._items)
        self._items.append(End(place))
        for prefix, before in hidden:
            if before is None:
                del self._scope[prefix]
            else:
                self._scope[prefix] = before


def _require_namespace(prefix: str, uri: str) -> None:
    """Checks a declaration; relative namespaces are refused, since Canonical XML has no form for them."""
    refused = prefix in {"xml", "xmlns"} or uri in {XML_NAMESPACE, _XMLNS} or (prefix and not uri)
    if refused or (uri and _ABSOLUTE.match(uri) is None):
        raise _refused("a namespace that can't be declared, or a relative one")


def _resolved(raw: str) -> str:
    return _REFERENCE.sub(_character, raw) if "&" in raw else raw


def _character(reference: re.Match[str]) -> str:
    name = reference[1] or ""
    if name in _NAMED:
        return _NAMED[name]
    if _DECIMAL.fullmatch(name):
        code = int(name[1:])
    elif _HEXADECIMAL.fullmatch(name):
        code = int(f"0{name[1:]}", 0)
    else:
        raise _refused("an entity")
    if code > 0x10FFFF or 0xD800 <= code <= 0xDFFF or _NOT_CHAR.match(chr(code)) is not None:
        raise _refused("a reference to an invalid character")
    return chr(code)


def _refused(detail: str, *, reason: str = "not_well_formed") -> XmlError:
    return XmlError("xml_structure", detail, reason=reason)
