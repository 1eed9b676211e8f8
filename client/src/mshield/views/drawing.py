"""Renders content by its view; every implementation produces the same octets."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from mshield.gm.sm3 import sm3
from mshield.views import limits
from mshield.views.canonical import canonical
from mshield.views.content.tree import Node, json_tree
from mshield.views.content.xml_text import xml_tree
from mshield.views.coverage import Coverage, cover
from mshield.views.errors import ViewError
from mshield.views.paths import nodes_at
from mshield.views.reading import Drawing, Reading, currency_members, number_members
from mshield.views.text import trimmed
from mshield.views.values import Decimal
from mshield.views.view import Amount, Cell, Check, Group, Source, Table, Term, View

Sums = dict[str | None, Decimal]
"""Sums by currency, in the order of first occurrence."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Rendered lines: as members, as canonical octets, and the SM3 digest of these (32 bytes)."""

    answer: Drawing
    octets: bytes
    digest: bytes


def read_content(content: bytes, kind: Literal["xml", "json"]) -> Node:
    """Parses content of that kind. Raises: ViewError (`content`)."""
    return (xml_tree if kind == "xml" else json_tree)(content)


ReadContent = Callable[[bytes, Literal["xml", "json"]], Node]
"""A function like `read_content`; callers pass another one if the content was parsed already."""


def draw(view: View, content: bytes, read: ReadContent = read_content) -> Drawn:
    """Renders the content. Raises: ViewError for the first fault, in the order of the rules."""
    root = read(content, view.content)
    for leaf in _required_leaves(view, root):
        leaf.drawn = True
    answer = _Drawing(view, root).answer()
    octets = canonical(answer)
    return Drawn(answer, octets, sm3(octets))


def fitting(views: Iterable[View], content: bytes) -> list[View]:
    """Returns the views whose kind, root and `require` match; parses the content once per kind."""
    roots: dict[str, Node] = {}
    views = list(views)
    for kind in {view.content for view in views}:
        with suppress(ViewError):
            roots[kind] = read_content(content, kind)
    return [view for view in views if (root := roots.get(view.content)) is not None and _fits(view, root)]


def _fits(view: View, root: Node) -> bool:
    try:
        _required_leaves(view, root)
    except ViewError:
        return False
    return True


def _required_leaves(view: View, root: Node) -> list[Node]:
    """Returns the leaves that `require` names. Raises: ViewError (`other_document`) if the root or a leaf differs."""
    if view.root is not None and root.name != view.root:
        raise ViewError("other_document", "/root")
    leaves = []
    for number, require in enumerate(view.require):
        nodes = nodes_at(root, require.path.steps)
        text = nodes[0].text if len(nodes) == 1 else None
        if text is None or trimmed(text) != require.text:
            raise ViewError("other_document", f"/require/{number}")
        leaves.append(nodes[0])
    return leaves


class _Drawing:
    """State of rendering one content."""

    def __init__(self, view: View, root: Node) -> None:
        self._view = view
        self._root = root
        self._reading = Reading()
        self._count = 0
        self._list: dict[str, object] = {"number": None, "party": None}

    def answer(self) -> Drawing:
        view = self._view
        amount = None if view.amount is None else self._amount(view.amount)
        body = [
            self._group(part, f"/body/{number}")
            if isinstance(part, Group)
            else self._table(part, f"/body/{number}")
            for number, part in enumerate(view.body)
        ]
        checks = [self._check(check, f"/checks/{number}") for number, check in enumerate(view.checks)]
        coverage = cover(self._root, view, room=limits.DRAWN - self._count)
        return {
            "type": "mshield-drawn/v1",
            "view": view.digest.hex(),
            "title": view.title,
            "amount": amount,
            "body": body,
            "list": self._list,
            "checks": checks,
            **_coverage_members(coverage),
        }

    def _amount(self, amount: Amount) -> Drawing:
        nodes = nodes_at(self._root, amount.path.steps)
        if not nodes:
            raise ViewError("missing", "/amount")
        if len(nodes) > 1 and not amount.sum:
            raise ViewError("duplicate", "/amount")
        term = Term(amount.path, amount.currency, amount.separators)
        sums = self._added(nodes, term, {}, "/amount", draws=not amount.sum)
        return {"label": amount.label, "computed": amount.sum, "values": _values(sums)}

    def _added(self, nodes: Iterable[Node], term: Term, sums: Sums, at: str, *, draws: bool = False) -> Sums:
        """Adds the nodes' numbers to the sums, by currency, and returns the sums."""
        for node in nodes:
            number = self._reading.number(node, at, separators=term.separators)
            code = self._code(node, term.currency, at, draws=draws)
            node.drawn |= draws
            before = sums.get(code)
            sums[code] = number if before is None else before + number
        return sums

    def _code(self, node: Node, source: Source | None, at: str, *, draws: bool) -> str | None:
        return None if source is None else self._reading.currency(node, source, at, draws=draws)

    def _group(self, group: Group, at: str) -> Drawing:
        rows: list[Drawing] = []
        for number, row in enumerate(group.rows):
            drawn = self._cell(self._root, row, f"{at}/rows/{number}")
            for one in drawn:
                one["label"] = row.label
                if row.role is not None:
                    one["role"] = row.role
            rows.extend(drawn)
            if row.role is not None and drawn:
                self._list[row.role] = _list_text(drawn[0])
        return {"label": group.label, "rows": rows}

    def _table(self, table: Table, at: str) -> Drawing:
        nodes = nodes_at(self._root, table.path.steps)
        if not nodes and not table.may_be_empty:
            raise ViewError("missing", at)
        columns = [(column, f"{at}/columns/{number}") for number, column in enumerate(table.columns)]
        lines = []
        for node in nodes:
            cells = (self._cell(node, column, place) for column, place in columns)
            lines.append([drawn[0] if drawn else None for drawn in cells])
        heads = [{"label": column.label, "at": column.at} for column in table.columns]
        return {"label": table.label, "columns": heads, "lines": lines}

    def _cell(self, start: Node, cell: Cell, at: str) -> list[Drawing]:
        """Renders a row or column of a node: several drawings only with `many`, empty if it is left out."""
        nodes = nodes_at(start, cell.path.steps)
        if len(nodes) > 1 and not cell.many:
            raise ViewError("duplicate", at)
        drawings = []
        for node in nodes:
            drawing = self._reading.cell(node, cell, at)
            if drawing is not None:
                self._counted(at)
                drawings.append(drawing)
        if drawings:
            return drawings
        if cell.missing == "refuse":
            raise ViewError("missing", at)
        self._counted(at)
        return [] if cell.missing == "skip" else [{"as": cell.kind, "missing": True}]

    def _counted(self, at: str) -> None:
        self._count += 1
        if self._count > limits.DRAWN:
            raise ViewError("limit", at)

    def _check(self, check: Check, at: str) -> Drawing:
        sums: Sums = {}
        count = 0
        for term in check.sum:
            nodes = self._term(term, at)
            count += len(nodes)
            self._added(nodes, term, sums, at)
        declared = self._added(self._term(check.equals, at), check.equals, {}, at)
        agrees = {code: sum_.reduced for code, sum_ in sums.items()} == {
            code: sum_.reduced for code, sum_ in declared.items()
        }
        return {
            "label": check.label,
            "agrees": agrees,
            "count": count,
            "sum": _values(sums),
            "declared": _values(declared),
        }

    def _term(self, term: Term, at: str) -> Sequence[Node]:
        nodes = nodes_at(self._root, term.path.steps)
        if not nodes:
            raise ViewError("missing", at)
        return nodes


def _values(sums: Sums) -> list[Drawing]:
    return [currency_members(code) | number_members(number) for code, number in sums.items()]


def _list_text(drawing: Drawing) -> object:
    """Returns the text of a row with a role for a list of documents; None if it is missing."""
    if drawing["as"] == "text":
        return drawing.get("value")
    return drawing.get("name") or drawing.get("code")


def _coverage_members(coverage: Coverage) -> Drawing:
    return {
        "rest": [{"path": path, "value": value} for path, value in coverage.rest],
        "not_shown": [{"path": path, "count": count} for path, count in coverage.not_shown.items()],
        "not_shown_more": coverage.not_shown_more,
    }
