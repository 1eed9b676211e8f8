"""Content as a tree of nodes: a node is a leaf with a text, or has parts.

A name is one string: in XML `{namespace}local`, `@{namespace}local` of an attribute, `#comment`; in JSON a member's
name, or `[]` of an item. No local name of XML has `{`, `}`, `@` or `#`, so names can't be mixed up.
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
    """A place of the content. `text` is None where it has parts; `void` is JSON's null, {} or []."""

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
        """Whether it is a leaf that says nothing."""
        return self.void or (self.text is not None and not self.text.strip(WHITE))

    def named(self, name: str) -> Sequence["Node"]:
        """Its attributes, elements, members or items of that name, in document order."""
        table = self._by_name
        return (self.by_name if table is None else table).get(name, ())

    @property
    def by_name(self) -> dict[str, list["Node"]]:
        """The table of what it has, made once."""
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
    """All nodes in document order: a node, its attributes as written, then comments and parts."""
    waiting = [root]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))
        waiting.extend(reversed(node.attributes))


def json_tree(octets: bytes) -> Node:
    """The tree of JSON content; `ViewError` for what is refused."""
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
    """A member whose value is an array is as many nodes of its name; an array elsewhere has items."""
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
