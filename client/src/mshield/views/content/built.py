"""Builds the tree from XML that another reader has already parsed and checked.

Only the limits of views are enforced here; all other checks are the other reader's task.
"""

from collections.abc import Sequence
from typing import Final

from mshield.views import limits
from mshield.views.content.tree import Node
from mshield.views.errors import ViewError
from mshield.views.text import WHITE

Declaration = tuple[str, str]
"""Prefix (empty for the default) and namespace (empty for none)."""

Attribute = tuple[str, str, str, str]
"""Prefix, local name, namespace, value."""

_RESERVED: Final = 2
"""Number of prefixes always in scope: `xml` and the default."""


class TreeBuilder:
    """Accepts start tags, texts and end tags in order. Raises ViewError (`content`) over a limit."""

    def __init__(self) -> None:
        self._open: list[tuple[Node, list[str], list[Node], list[str]]] = []
        self._in_scope: dict[str, int] = {}
        self._count = 0
        self._root: Node | None = None

    @property
    def root(self) -> Node:
        """The root, available after its end tag."""
        assert self._root is not None  # noqa: S101  # the caller guarantees it
        return self._root

    def start(
        self,
        name: tuple[str, str, str],
        declared: Sequence[Declaration],
        attributes: Sequence[Attribute],
    ) -> None:
        """Adds a start tag; `name` is prefix, local name, namespace."""
        prefix, local, namespace = name
        too_many = len(self._open) >= limits.DEPTH or len(declared) + len(attributes) > limits.ATTRIBUTES
        if too_many or prefix == "xml":
            raise ViewError("content")
        _require_short(prefix, local)
        self._declare(declared)
        parent = self._open[-1] if self._open else None
        node = self._counted(Node(f"{{{namespace}}}{local}", None if parent is None else parent[0]))
        node.attributes = [self._attribute(node, attribute) for attribute in attributes]
        if parent is None:
            self._root = node
        else:
            parent[2].append(node)
        self._open.append((node, [], [], [prefix for prefix, _ in declared]))

    def text(self, text: str) -> None:
        """Adds text whose references are resolved."""
        self._open[-1][1].append(text)

    def end(self) -> None:
        """Ends the innermost open element."""
        node, texts, parts, declared = self._open.pop()
        text = "".join(texts)
        if not parts:
            node.text = text
        elif text.strip(WHITE):
            raise ViewError("content")
        else:
            node.children = parts
        for prefix in declared:
            self._in_scope[prefix] -= 1
            if not self._in_scope[prefix]:
                del self._in_scope[prefix]

    def _declare(self, declared: Sequence[Declaration]) -> None:
        for prefix, namespace in declared:
            _require_short("xmlns" if prefix else "", prefix or "xmlns")
            if len(namespace) > limits.NAME:
                raise ViewError("content")
            self._in_scope[prefix] = self._in_scope.get(prefix, 0) + 1
        named = len(self._in_scope) - ("" in self._in_scope)
        if named + _RESERVED > limits.PREFIXES:
            raise ViewError("content")

    def _attribute(self, node: Node, attribute: Attribute) -> Node:
        prefix, local, namespace, value = attribute
        _require_short(prefix, local)
        return self._counted(Node(f"@{{{namespace}}}{local}", node, value))

    def _counted(self, node: Node) -> Node:
        self._count += 1
        if self._count > limits.NODES:
            raise ViewError("content")
        return node


def _require_short(prefix: str, local: str) -> None:
    if len(prefix) + len(local) + bool(prefix) > limits.NAME:
        raise ViewError("content")
