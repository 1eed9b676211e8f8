"""What content says, as facts that an asker's words are held against."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mshield.views.comparing.tokens import squash, tight, tokens
from mshield.views.content.tree import COMMENT, Node, in_order
from mshield.views.reading import Drawing
from mshield.views.values import Decimal

Amount = tuple[Decimal, str]


@dataclass(slots=True)
class Facts:
    """Of a list of texts; `counts` are of what stands repeated, `apart` whether an amount may stand in two places."""

    counts: frozenset[int] = frozenset()
    apart: bool = False
    tights: set[str] = field(default_factory=set)
    numbers: set[Decimal] = field(default_factory=set)
    dates: set[str] = field(default_factory=set)
    currencies: set[str] = field(default_factory=set)
    amounts: set[Amount] = field(default_factory=set)
    amount_numbers: set[Decimal] = field(default_factory=set)
    identifiers: set[str] = field(default_factory=set)
    squashes: str = ""

    @classmethod
    def of(
        cls, texts: Iterable[str], *, counts: frozenset[int] = frozenset(), apart: bool = False
    ) -> "Facts":
        """The facts of the texts."""
        facts = cls(counts, apart)
        squashes = []
        for text in dict.fromkeys(texts):
            facts.tights.add(tight(text))
            squashes.append(squash(text))
            facts._add_tokens(text)
        facts.squashes = "\n".join(squashes)
        return facts

    def _add_tokens(self, text: str) -> None:
        for token in tokens(text):
            if token.currency is not None:
                self.currencies.add(token.currency)
            if token.number is not None and token.currency is not None:
                self.amounts.add((token.number, token.currency))
                self.amount_numbers.add(token.number)
            elif token.number is not None:
                self.numbers.add(token.number)
            elif token.kind == "date":
                self.dates.add(token.text)
            elif token.kind == "identifier":
                self.identifiers.add(token.text)


@dataclass(frozen=True, slots=True)
class Row:
    """A drawn row that an asker's line may stand for: what it says as facts, and as a reader sees it."""

    label: str
    texts: tuple[str, ...]
    shown: str
    is_amount: bool
    unit: bool


def content_facts(root: Node) -> Facts:
    """The facts of content without a view."""
    texts = []
    counts: set[int] = set()
    for node in in_order(root):
        if node.name != COMMENT and node.text is not None and node.text != "":
            texts.append(node.text)
        counts.update(len(parts) for name, parts in node.by_name.items() if name != COMMENT)
    return Facts.of(texts, counts=frozenset(counts), apart=True)


def drawn_facts(answer: Mapping[str, Any], counts: frozenset[int]) -> Facts:
    """The facts of drawn lines."""
    texts = [answer["title"]]
    for part in answer["body"]:
        cells = part["rows"] if "rows" in part else (cell for line in part["lines"] for cell in line if cell)
        for cell in cells:
            texts.extend(_texts(cell))
    for one in _totals(answer):
        texts.extend(_texts(one))
    texts.extend(line["value"] for line in answer["rest"])
    return Facts.of(texts, counts=counts)


def drawn_counts(answer: Mapping[str, Any]) -> frozenset[int]:
    """How many lines the drawn tables have."""
    return frozenset(len(part["lines"]) for part in answer["body"] if "lines" in part)


def drawn_rows(answer: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """All rows that have a label, and of these the amount's values."""
    amount = answer["amount"]
    values = [] if amount is None else [_row(amount["label"], one) for one in amount["values"]]
    rows = [*values]
    for part in answer["body"]:
        rows.extend(_row(row["label"], row) for row in part.get("rows", ()) if "missing" not in row)
    for check in answer["checks"]:
        rows.extend(_row(check["label"], one) for one in check["declared"])
    return rows, values


def _totals(answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    if answer["amount"] is not None:
        yield from answer["amount"]["values"]
    for check in answer["checks"]:
        yield from check["declared"]


def _row(label: str, cell: Mapping[str, Any]) -> Row:
    kind = _kind(cell)
    return Row(label, tuple(_texts(cell)), _shown(kind, cell), kind == "amount", bool(cell.get("unit")))


def _kind(cell: Mapping[str, Any]) -> str:
    """As what it is drawn; values of the amount and of checks don't say it."""
    kind: str = cell.get("as") or ("decimal" if cell["currency"] is None else "amount")
    return kind


def _texts(cell: Mapping[str, Any]) -> list[str]:
    if "missing" in cell:
        return []
    kind = _kind(cell)
    if kind == "text":
        return [cell["value"]]
    if kind == "date":
        return [cell["text"]]
    if kind == "code":
        return [text for name in ("code", "name", "says") if (text := cell.get(name)) is not None]
    if kind == "amount":
        return [f"{cell['number']} {cell['currency']}"]
    unit = cell.get("unit")
    return [cell["number"]] if unit is None else [f"{cell['number']} {unit}", cell["number"], unit]


def _shown(kind: str, cell: Drawing | Mapping[str, Any]) -> str:
    if kind == "text":
        return str(cell["value"])
    if kind == "code":
        return str(cell["code"]) if cell["name"] is None else f"{cell['name']}（{cell['code']}）"
    if kind == "amount":
        return f"{cell['name']} {cell['text']}"
    unit = cell.get("unit")
    return str(cell["text"]) if unit is None else f"{cell['text']} {unit}"
