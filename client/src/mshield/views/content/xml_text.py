"""Strict reader of XML 1.0 with namespaces, without recursion and in linear time.

Python's own library isn't used: it knows only the names of the fourth edition, reads DOCTYPE, and drops
comments and the prefixes of names.
"""

import re
from typing import Final, NamedTuple

from mshield.views import limits
from mshield.views.content.tree import COMMENT, Node
from mshield.views.errors import ViewError
from mshield.views.text import NAME, WHITE

_S: Final = "[ \\t\\n]"
_NOT_CHAR: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_DECLARATION: Final = re.compile(
    rf"<\?xml{_S}+version{_S}*={_S}*(?:'1\.0'|\"1\.0\")"
    rf"(?:{_S}+encoding{_S}*={_S}*(?:'[Uu][Tt][Ff]-8'|\"[Uu][Tt][Ff]-8\"))?"
    rf"(?:{_S}+standalone{_S}*={_S}*(?:'(?:yes|no)'|\"(?:yes|no)\"))?{_S}*\?>"
)
_QUALIFIED: Final = f"(?:({NAME}):)?+({NAME})"
_OPENING: Final = re.compile(f"<{_QUALIFIED}")
_ATTRIBUTE: Final = re.compile(f"{_S}+{_QUALIFIED}{_S}*={_S}*(?:\"([^<\"]*)\"|'([^<']*)')")
_OPENING_END: Final = re.compile(f"{_S}*(/?)>")
_CLOSING: Final = re.compile(f"</{_QUALIFIED}{_S}*>")
_USUAL: Final = re.compile(
    f"(?P<white>{_S}*+)<(?:"
    f'(?P<name>(?:{NAME}:)?+{NAME})(?:{_S}++(?P<attribute>{NAME})="(?P<value>[^<"&\\t\\n]*+)")?+{_S}*+>'
    f"(?:(?P<text>[^<]*+)</(?P=name){_S}*+>)?+"
    f"|/(?P<closed>(?:{NAME}:)?+{NAME}){_S}*+>)"
)
"""Most common content: an element with at most one attribute; for a leaf also its text and end tag."""
_REFERENCE: Final = re.compile("&(?:([^;]{1,10});)?")
_DECIMAL: Final = re.compile("#[0-9]+")
_HEXADECIMAL: Final = re.compile("#x[0-9A-Fa-f]+")
_NAMED: Final = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}
_OF_XML: Final = frozenset({"http://www.w3.org/XML/1998/namespace", "http://www.w3.org/2000/xmlns/"})


_NOTHING: Final[list[tuple[str, str | None]]] = []


class _Written(NamedTuple):
    """An attribute or declaration as written."""

    prefix: str
    local: str
    value: str

    @property
    def declares(self) -> str | None:
        """The prefix that it declares, "" for the default; None for an attribute."""
        if self.prefix == "xmlns":
            return self.local
        return "" if not self.prefix and self.local == "xmlns" else None


class _Open(NamedTuple):
    """An open element, its text and parts so far, and the bindings that its declarations hide."""

    node: Node
    qualified: str
    texts: list[str]
    parts: list[Node]
    hidden: list[tuple[str, str | None]]


def xml_tree(octets: bytes) -> Node:
    """Parses XML content. Raises: ViewError (`content`)."""
    if len(octets) > limits.CONTENT_OCTETS:
        raise ViewError("content")
    try:
        text = octets.decode()
    except UnicodeDecodeError as error:
        raise ViewError("content") from error
    text = text.removeprefix("\ufeff")
    if _NOT_CHAR.search(text) is not None:
        raise ViewError("content")
    return _Reading(text.replace("\r\n", "\n").replace("\r", "\n")).root()


class _Reading:
    """State of reading one text from left to right."""

    def __init__(self, text: str) -> None:
        self._text = text
        declaration = _DECLARATION.match(text)
        self._at = declaration.end() if declaration else 0
        self._open: list[_Open] = []
        self._scope: dict[str, str] = {
            "xml": "",
            "": "",
        }  # "xml" only counts as a prefix, and is never looked up
        self._names: dict[
            str, str
        ] = {}  # expanded names of elements by their written names, valid while the scope is unchanged
        self._count = 0
        self._root: Node | None = None
        self._before: list[Node] = []  # comments before the root
        self._after: list[Node] = []

    def root(self) -> Node:
        """Parses the text and returns the root."""
        text, end = self._text, len(self._text)
        while self._at < end:
            if self._open and (usual := _USUAL.match(text, self._at)) is not None and self._take_usual(usual):
                continue
            start = text.find("<", self._at)
            start = end if start < 0 else start
            if start > self._at:
                self._take_text(text[self._at : start])
                self._at = start
            else:
                self._take_markup()
        if self._root is None or self._open:
            raise ViewError("content")
        self._root.children = [*self._before, *self._root.children, *self._after]
        return self._root

    def _take_usual(self, usual: re.Match[str]) -> bool:
        """Consumes an element's start or end tag, or a whole leaf; False if the general code must read it."""
        white, name, attribute, value, text, closed = usual.groups()
        if attribute == "xmlns":
            return False
        self._at = usual.end()
        if closed is not None:
            if white:
                self._open[-1].texts.append(white)
            self._end(closed)
            return True
        # White space beside elements is allowed and not kept.
        if len(self._open) >= limits.DEPTH:
            raise ViewError("content")
        above = self._open[-1]
        node = self._counted(Node(self._names.get(name) or self._named(name), above.node))
        above.parts.append(node)
        if attribute is not None:
            if len(attribute) > limits.NAME:
                raise ViewError("content")
            node.attributes = (self._counted(Node("@{}" + attribute, node, value)),)
        if text is None:
            self._open.append(_Open(node, name, [], [], _NOTHING))
        elif "]]>" in text:
            raise ViewError("content")
        else:
            node.text = _resolve_references(text) if "&" in text else text
        return True

    def _named(self, qualified: str) -> str:
        """Expands an element's written name and caches it until the scope changes."""
        if len(qualified) > limits.NAME:
            raise ViewError("content")
        prefix, _, local = qualified.rpartition(":")
        name = self._names[qualified] = self._expanded(prefix, local)
        return name

    def _take_text(self, raw: str) -> None:
        if not self._open:
            if raw.strip(WHITE):
                raise ViewError("content")
            return
        if "]]>" in raw:
            raise ViewError("content")
        self._open[-1].texts.append(_resolve_references(raw))

    def _take_markup(self) -> None:
        text, at = self._text, self._at
        if text.startswith("</", at):
            self._take_closing()
        elif text.startswith("<!--", at):
            self._take_comment()
        elif text.startswith("<![CDATA[", at) and self._open:
            end = text.find("]]>", at)
            if end < 0:
                raise ViewError("content")
            self._open[-1].texts.append(text[at + 9 : end])
            self._at = end + 3
        else:  # also refuses DOCTYPE and processing instructions
            self._take_opening()

    def _take_comment(self) -> None:
        start = self._at + 4
        end = self._text.find("--", start)
        if end < 0 or not self._text.startswith("-->", end):
            raise ViewError("content")
        self._at = end + 3
        parent = self._open[-1].node if self._open else self._root
        comment = self._counted(Node(COMMENT, parent, self._text[start:end]))
        outside = self._before if self._root is None else self._after
        (self._open[-1].parts if self._open else outside).append(comment)

    def _counted(self, node: Node) -> Node:
        self._count += 1
        if self._count > limits.NODES:
            raise ViewError("content")
        return node

    def _take_opening(self) -> None:
        opening = _OPENING.match(self._text, self._at)
        if opening is None or (self._root is not None and not self._open) or len(self._open) >= limits.DEPTH:
            raise ViewError("content")
        self._at = opening.end()
        written = self._attributes()
        end = _OPENING_END.match(self._text, self._at)
        if end is None:
            raise ViewError("content")
        self._at = end.end()
        hidden = self._declare(written)
        self._begin(opening[0][1:], written, hidden)
        if end[1]:
            self._close()

    def _attributes(self) -> list[_Written]:
        """Reads attributes and declarations as written, each name once."""
        written: list[_Written] = []
        names: set[tuple[str, str]] = set()
        while match := _ATTRIBUTE.match(self._text, self._at):
            self._at = match.end()
            prefix, local = _bounded(match[1] or "", match[2]), match[2]
            raw = match[3] if match[3] is not None else match[4]
            written.append(
                _Written(prefix, local, _resolve_references(raw.replace("\n", " ").replace("\t", " ")))
            )
            names.add((prefix, local))
            if len(names) < len(written) or len(written) > limits.ATTRIBUTES:
                raise ViewError("content")
        return written

    def _declare(self, written: list[_Written]) -> list[tuple[str, str | None]]:
        hidden: list[tuple[str, str | None]] = []
        for one in written:
            prefix = one.declares
            if prefix is None:
                continue
            refused = (prefix and not one.value) or prefix in {"xml", "xmlns"} or one.value in _OF_XML
            if refused or len(one.value) > limits.NAME:
                raise ViewError("content")
            hidden.append((prefix, self._scope.get(prefix)))
            self._scope[prefix] = one.value
        if hidden:
            self._names.clear()
        if len(self._scope) > limits.PREFIXES:
            raise ViewError("content")
        return hidden

    def _begin(self, qualified: str, written: list[_Written], hidden: list[tuple[str, str | None]]) -> None:
        parent = self._open[-1].node if self._open else None
        node = self._counted(Node(self._named(qualified), parent))
        names: set[str] = set()
        attributes: list[Node] = []
        for one in written:
            if one.declares is not None:
                continue
            name = "@" + (self._expanded(one.prefix, one.local) if one.prefix else "{}" + one.local)
            if name in names:
                raise ViewError("content")
            names.add(name)
            attributes.append(self._counted(Node(name, node, one.value)))
        if attributes:
            node.attributes = attributes
        if self._open:
            self._open[-1].parts.append(node)
        else:
            self._root = node
        self._open.append(_Open(node, qualified, [], [], hidden))

    def _expanded(self, prefix: str, local: str) -> str:
        namespace = self._scope.get(prefix)
        if namespace is None or prefix == "xml":
            raise ViewError("content")
        return f"{{{namespace}}}{local}"

    def _take_closing(self) -> None:
        closing = _CLOSING.match(self._text, self._at)
        if closing is None or not self._open:
            raise ViewError("content")
        self._at = closing.end()
        self._end(f"{closing[1]}:{closing[2]}" if closing[1] else closing[2])

    def _end(self, qualified: str) -> None:
        if self._open[-1].qualified != qualified:
            raise ViewError("content")
        self._close()

    def _close(self) -> None:
        node, _, texts, parts, hidden = self._open.pop()
        if parts:
            node.children = parts
        if not parts or all(part.name == COMMENT for part in parts):
            node.text = "".join(texts)
        elif texts and "".join(texts).strip(WHITE):
            raise ViewError("content")
        if hidden:
            self._names.clear()
        for prefix, before in hidden:
            if before is None:
                del self._scope[prefix]
            else:
                self._scope[prefix] = before


def _bounded(prefix: str, local: str) -> str:
    if len(prefix) + len(local) + bool(prefix) > limits.NAME:
        raise ViewError("content")
    return prefix


def _resolve_references(raw: str) -> str:
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
        raise ViewError("content")
    surrogate = 0xD800 <= code <= 0xDFFF
    if code > 0x10FFFF or surrogate or _NOT_CHAR.match(chr(code)) is not None:
        raise ViewError("content")
    return chr(code)
