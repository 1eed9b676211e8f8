"""Valid inputs with faults added, by Hypothesis, so that a failing input is reduced.

Structure first: parts of DER and JSON are dropped, doubled, moved, swapped with another input's, given
extreme values, wrong tags and lengths; then bits, cuts and pieces of the raw bytes.
"""

import json
from collections.abc import Iterator, Sequence
from copy import deepcopy
from typing import Any, Final, get_args

from hypothesis import strategies as st

from tests.fuzz.tlv import Length, Node, read

_MOST_CHANGES: Final = 3
_LENGTHS: Final = get_args(Length)
_TAGS: Final = (1, 2, 3, 4, 5, 6, 10, 12, 19, 22, 23, 24, 0x30, 0x31, 0x80, 0x82, 0xA0, 0xA1, 0xA3, 0x1F)
_CONTENTS: Final = (
    b"",
    b"\x00",
    b"\xff",
    b"\x80",
    b"\x00\x01",
    b"\x01" * 300,
    b"\x7f" * 1100,  # longer than any number in use
    b"\x55" * 5000,  # a number too long for Python to print
    b"\x81" * 200,
    b"20491231235959Z",
    b"99991231235959Z",
    b"00000101000000Z",
    b"500101000000Z",
    b"260230000000Z",
    b"\xc3\x28\xed\xa0\x80",
    b"\xd9\xa1" * 7,  # non-ASCII digits
)
_VALUES: Final[tuple[Any, ...]] = (
    *(None, True, False, 0, -1, 1.5, 2**53, 2**63, 2**64, 10**400, float("nan"), float("inf"), 1e300),
    *("", "\0", "\ud800", "\u202e", "x" * 5000, "{}", [], {}, [[]], {"": ""}),
)
DEEP: Final = 40
_ENDLESS: Final = 3000


@st.composite
def changed_bytes(draw: st.DrawFn, data: bytes) -> bytes:
    """Draws `data` with flipped bits, truncated, or with pieces inserted, removed or doubled."""
    at = draw(st.integers(0, max(0, len(data) - 1)))
    piece = data[at : at + draw(st.integers(1, 16))]
    rest = data[at + len(piece) :]
    match draw(st.integers(0, 5)):
        case 0 if piece:
            return data[:at] + bytes((piece[0] ^ draw(st.integers(1, 255)),)) + data[at + 1 :]
        case 1:
            return data[:at]
        case 2:
            return data[:at] + rest
        case 3:
            return data[:at] + piece * draw(st.integers(2, 50)) + rest
        case 4:
            return data[:at] + draw(st.binary(max_size=8)) + rest
        case _:
            return data + draw(st.binary(max_size=3))


@st.composite
def der(draw: st.DrawFn, inputs: Sequence[bytes], others: Sequence[bytes] = ()) -> bytes:
    """Draws one of these DER values, changed; some parts come from `others`."""
    trees = read(draw(st.sampled_from(inputs)))
    strange = read(draw(st.sampled_from([*inputs, *others])))
    for _ in range(draw(st.integers(0, _MOST_CHANGES))):
        _change(draw, trees, strange)
    data = b"".join(node.encode() for node in trees)
    return draw(changed_bytes(data)) if draw(st.integers(0, 3)) == 0 else data


def _change(draw: st.DrawFn, trees: list[Node], strange: list[Node]) -> None:
    nodes = [node for tree in trees for node in tree.walk()]
    if not nodes:
        return
    # Choose the depth first: outer values are few compared with those in names and extensions.
    node = draw(st.sampled_from(draw(st.sampled_from(_levels(trees)))))
    siblings = next((each.children for each in nodes if any(child is node for child in each.children)), trees)
    if draw(st.booleans()):
        _change_place(draw, node, siblings, strange)
    else:
        _change_value(draw, node)


def _levels(nodes: list[Node]) -> list[list[Node]]:
    levels = []
    while nodes:
        levels.append(nodes)
        nodes = [child for node in nodes for child in node.children]
    return levels


def _change_place(draw: st.DrawFn, node: Node, siblings: list[Node], strange: list[Node]) -> None:
    at = next(index for index, each in enumerate(siblings) if each is node)
    match draw(st.integers(0, 4)):
        case 0:
            del siblings[at]
        case 1:
            siblings[at:at] = [node] * draw(st.sampled_from((1, 2, 100)))
        case 2:
            to = draw(st.integers(0, len(siblings) - 1))
            siblings[at], siblings[to] = siblings[to], siblings[at]
        case 3:
            siblings[at] = deepcopy(draw(st.sampled_from([each for tree in strange for each in tree.walk()])))
        case _:
            siblings[at] = _nested(node, draw(st.sampled_from((1, DEEP))))


def _change_value(draw: st.DrawFn, node: Node) -> None:
    match draw(st.integers(0, 4)):
        case 0:
            node.tag = draw(st.sampled_from(_TAGS))
        case 1:
            node.length = draw(st.sampled_from(_LENGTHS))
        case 2:
            node.content, node.children = draw(st.sampled_from(_CONTENTS)), []
        case 3:
            node.children = [*node.children, Node(5)]  # more than allowed
        case _:
            node.content = draw(changed_bytes(node.content))


def each_place(data: bytes, *, depth: int = 9) -> Iterator[bytes]:
    """Yields a DER value with each part in turn longer, missing or with a longer header, down to `depth`."""
    for number in range(sum(map(len, _levels(read(data))[:depth]))):
        for change in (_longer, _missing, _padded):
            trees = read(data)
            change(trees, [node for level in _levels(trees)[:depth] for node in level][number])
            yield b"".join(node.encode() for node in trees)


def _longer(_: list[Node], node: Node) -> None:
    node.children = [*node.children, Node(5)]


def _padded(_: list[Node], node: Node) -> None:
    node.length = "padded"


def _missing(trees: list[Node], node: Node) -> None:
    for siblings in (trees, *(each.children for tree in trees for each in tree.walk())):
        siblings[:] = [each for each in siblings if each is not node]


def _nested(node: Node, depth: int) -> Node:
    for _ in range(depth):
        node = Node(0x30, children=[node])
    return node


@st.composite
def json_text(draw: st.DrawFn, inputs: Sequence[bytes]) -> bytes:
    """Draws one of these JSON texts, changed: values, names, repeats, nesting, then bytes."""
    value = json.loads(draw(st.sampled_from(inputs)))
    for _ in range(draw(st.integers(0, _MOST_CHANGES))):
        value = _changed_json(draw, value)
    text = json.dumps(value, ensure_ascii=draw(st.booleans()))
    if draw(st.integers(0, 4)) == 0:
        name = draw(st.sampled_from(sorted(value) if isinstance(value, dict) and value else [""]))
        text = text.replace("{", f"{{{json.dumps(name)}: {json.dumps(draw(st.sampled_from(_VALUES)))}, ", 1)
    if draw(st.integers(0, 9)) == 0:
        text = draw(st.sampled_from(("[", '{"a":'))) * _ENDLESS + text
    data = text.encode("utf-8", "surrogatepass")
    return draw(changed_bytes(data)) if draw(st.integers(0, 3)) == 0 else data


def _changed_json(draw: st.DrawFn, value: Any) -> Any:
    """Returns the value with one part changed, at a place drawn on the way down."""
    if isinstance(value, dict | list) and value and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(value) if isinstance(value, dict) else list(range(len(value)))))
        value[key] = _changed_json(draw, value[key])
        return value
    match draw(st.integers(0, 5)):
        case 0 if isinstance(value, dict) and value:
            del value[draw(st.sampled_from(sorted(value)))]
        case 1 if isinstance(value, dict):
            value[draw(st.sampled_from(("", "more", "__proto__", "\0")))] = 1
        case 2 if isinstance(value, list):
            value = value * draw(st.sampled_from((0, 2, 1000)))
        case 3 if isinstance(value, str) and value:
            value = _text(draw(changed_bytes(value.encode("utf-8", "surrogatepass"))))
        case 4:
            value = [value]
        case _:
            value = deepcopy(draw(st.sampled_from(_VALUES)))
    return value


def each_value(data: bytes) -> Iterator[bytes]:
    """Yields a JSON object with each of its values in turn missing or different."""
    fields = json.loads(data)
    for name in fields:
        yield json.dumps({other: value for other, value in fields.items() if other != name}).encode()
        others: tuple[Any, ...] = (None, True, 1.5, float("nan"), 2**64, "", "x", [fields[name]], {})
        for value in others:
            yield json.dumps(fields | {name: value}).encode()


def _text(data: bytes) -> str:
    return data.decode("utf-8", "surrogateescape")


def changed(inputs: Sequence[bytes]) -> st.SearchStrategy[bytes]:
    """Returns a strategy for one of these inputs of any form, changed once or twice."""
    once = st.sampled_from(inputs).flatmap(changed_bytes)
    return once | once.flatmap(changed_bytes)
