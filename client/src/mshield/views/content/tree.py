"""Content as a tree of nodes: a node is a leaf with a text, or has parts.

A name is one string: in XML `{namespace}local`, `@{namespace}local` for an attribute, `#comment`; in JSON a
member's name, or `[]` for an item. XML local names can't contain `{`, `}`, `@` or `#`, so names are
unambiguous.
"""

from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from mshield.views import limits
from mshield.views.content.json_text import Json, NotJson, Number, read_json
from mshield.views.errors import ViewError
from mshield.views.text import WHITE

COMMENT: Final = "#comment"
ITEM: Final = "[]"


class Node(Struct, eq=False):
    """A node of the content. `text` is None if it has parts; `void` marks JSON's null, {} and []."""

    name: str
    parent: "Node | None"
    text: str | None = None
    void: bool = False
    attributes: Sequence["Node"] = ()
    children: Sequence["Node"] = ()
    drawn: bool = False
    _by_name: dict[str, list["Node"]] | None = None

    @property
    def empty(self) -> bool:
        """Whether it is a leaf without content."""
        return self.void or (self.text is not None and not self.text.strip(WHITE))

    def named(self, name: str) -> Sequence["Node"]:
        """Returns its attributes, elements, members or items of that name, in document order."""
        table = self._by_name
        return (self.by_name if table is None else table).get(name, ())

    @property
    def by_name(self) -> dict[str, list["Node"]]:
        """Attributes and children by name, indexed on first use."""
        table = self._by_name
        if table is None:
            table = self._by_name = {}
            for parts in (self.attributes, self.children):
                for part in parts:
                    same = table.get(part.name)
                    if same is None:
                        table[part.name] = [part]
                    else:
                        same.append(part)
        return table


def in_order(root: Node) -> Iterator[Node]:
    """Yields all nodes in document order: a node, its attributes as written, then comments and parts."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
        waiting.extend(reversed(node.attributes))


def json_tree(octets: bytes) -> Node:
    """Parses JSON content. Raises: ViewError (`content`)."""
    if len(octets) > limits.CONTENT_OCTETS:
        raise ViewError("content")
    try:
        value = read_json(octets, as_content=True)
    except NotJson as error:
        raise ViewError("content") from error
    root = Node("", None)
    waiting = [(root, value)]
    while waiting:
        node, value = waiting.pop()
        if isinstance(value, (dict, list)) and value:
            waiting.extend(_parts(node, value))
        else:
            _make_leaf(node, value)
    return root


def _parts(node: Node, value: dict[str, Json] | list[Json]) -> list[tuple[Node, Json]]:
    """Returns the parts: an array as a member's value becomes several nodes of that name; other arrays have items."""
    parts: list[tuple[Node, Json]] = []
    members = value.items() if isinstance(value, dict) else [(ITEM, item) for item in value]
    for name, member in members:
        several = member if isinstance(value, dict) and isinstance(member, list) and member else [member]
        parts.extend((Node(name, node), one) for one in several)
    node.children = [part for part, _ in parts]
    return parts


def _make_leaf(node: Node, value: Json) -> None:
    if isinstance(value, str):
        node.text = str(value) if isinstance(value, Number) else value
    elif isinstance(value, bool):
        node.text = "true" if value else "false"
    else:
        node.text = "null" if value is None else "{}" if isinstance(value, dict) else "[]"
        node.void = True
