"""Reads the leaves of one content as a view requires, and marks what is rendered."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from mshield.views.content.tree import Node
from mshield.views.currencies import CODES, drawn_name
from mshield.views.errors import ViewError
from mshield.views.paths import Path, nodes_at
from mshield.views.text import WHITE, trimmed
from mshield.views.values import Decimal, date, decimal
from mshield.views.view import Cell, Source

Drawing = dict[str, object]
"""Rendering of one leaf, as the members that it adds to the answer's JSON."""


def currency_members(code: str | None) -> Drawing:
    """Returns code and name of a currency; both None without a currency."""
    return {"currency": code, "name": None if code is None else drawn_name(code)}


def number_members(number: Decimal) -> Drawing:
    """Returns a number without and with separators."""
    return {"number": number.number, "text": number.text}


class Reading:
    """State of reading for one rendering. Caches side paths, since many rows may use the same one of a parent."""

    def __init__(self) -> None:
        self._sides: dict[tuple[int, tuple[str, ...]], Sequence[Node]] = {}

    def leaf(self, node: Node, at: str) -> str:
        """Returns the trimmed text. Raises: ViewError (`value`) if the node has parts."""
        if node.text is None:
            raise ViewError("value", at)
        return trimmed(node.text)

    def number(self, node: Node, at: str, *, separators: bool) -> Decimal:
        """Returns the number of a leaf. Raises: ViewError (`value`) for anything else, including an empty leaf."""
        if node.text is None:
            raise ViewError("value", at)
        number = None if node.void else decimal(node.text.strip(WHITE), separators=separators)
        if number is None:
            raise ViewError("value", at)
        return number

    def side(self, node: Node, path: Path, at: str, *, draws: bool) -> str:
        """Returns the trimmed text of the only leaf at a path. Raises: ViewError (`missing`, `duplicate`, `value`)."""
        start: Node | None = node
        for _ in range(path.ups):
            start = start.parent if start is not None else None
        if start is None:
            raise ViewError("missing", at)
        key = (id(start), path.steps)
        nodes = self._sides.get(key)
        if nodes is None:
            nodes = self._sides[key] = nodes_at(start, path.steps)
        if len(nodes) > 1:
            raise ViewError("duplicate", at)
        if not nodes or nodes[0].empty:
            raise ViewError("missing", at)
        text = self.leaf(nodes[0], at)
        nodes[0].drawn |= draws
        return text

    def currency(self, node: Node, source: Source, at: str, *, draws: bool) -> str:
        """Returns the code of a currency. Raises: ViewError (`currency`, and as `side`)."""
        if source.fixed is not None:
            return source.fixed
        text = self.side(node, source.path, at, draws=draws)
        code = source.names.get(text) or CODES.get(text)
        if code is None:
            raise ViewError("currency", at)
        return code

    def cell(self, node: Node, cell: Cell, at: str) -> Drawing | None:
        """Renders a node as a row or column; None if it is empty. Marks it as rendered in either case."""
        if node.text is None:
            raise ViewError("value", at)
        text = node.text.strip(WHITE)
        node.drawn = True
        if not text or node.void:
            return None
        return _READERS[cell.kind](self, node, text, cell, at)


def _text(_reading: Reading, node: Node, _text: str, _cell: Cell, _at: str) -> Drawing:
    return {"as": "text", "value": node.text}


def _decimal(reading: Reading, node: Node, _text: str, cell: Cell, at: str) -> Drawing:
    number = reading.number(node, at, separators=cell.separators)
    unit = None
    if cell.unit is not None:
        unit = cell.unit.fixed or _unit(reading, node, cell.unit, at)
    return {"as": "decimal", "number": number.number, "text": number.text, "unit": unit}


def _unit(reading: Reading, node: Node, source: Source, at: str) -> str:
    text = reading.side(node, source.path, at, draws=True)
    return source.names.get(text, text)


def _amount(reading: Reading, node: Node, _text: str, cell: Cell, at: str) -> Drawing:
    number = reading.number(node, at, separators=cell.separators)
    code = None if cell.currency is None else reading.currency(node, cell.currency, at, draws=True)
    return {"as": "amount"} | currency_members(code) | number_members(number)


def _date(_reading: Reading, _node: Node, text: str, _cell: Cell, at: str) -> Drawing:
    drawn = date(text)
    if drawn is None:
        raise ViewError("value", at)
    return {"as": "date", "text": drawn}


def _code(reading: Reading, node: Node, text: str, cell: Cell, at: str) -> Drawing:
    name = cell.names.get(text)
    if name is None and cell.refuses_unknown:
        raise ViewError("code", at)
    drawing: Drawing = {"as": "code", "code": text, "name": name}
    if cell.says is not None:
        says = reading.side(node, cell.says, at, draws=True)
        drawing |= {"says": says, "conflict": name is not None and name != says}
    return drawing


_READERS: Final[Mapping[str, Callable[[Reading, Node, str, Cell, str], Drawing]]] = {
    "text": _text,
    "decimal": _decimal,
    "amount": _amount,
    "date": _date,
    "code": _code,
}
