"""Facts of content, with which the requester's description is compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mshield.views.comparing.tokens import Token, distinctive_tokens, fold, squash_of, tight_of
from mshield.views.content.tree import COMMENT, Node, in_order
from mshield.views.reading import Drawing
from mshield.views.values import Decimal

Amount = tuple[Decimal, str]


class Facts:
    """Facts of a list of texts; `counts` are numbers of repetitions.

    `apart` allows the number and the currency of an amount to occur separately. Each kind of fact is computed
    on first use: a line that occurs verbatim needs no tokens.
    """

    def __init__(
        self, texts: Iterable[str], *, counts: frozenset[int] = frozenset(), apart: bool = False
    ) -> None:
        self.counts = counts
        self.apart = apart
        self._folded = [fold(text) for text in dict.fromkeys(texts)]
        self._joined = "\n".join(self._folded)

    @cached_property
    def tights(self) -> frozenset[str]:
        """Each text without white space."""
        return frozenset(map(tight_of, self._folded))

    def say(self, words: str) -> bool:
        """Reports whether a text contains these squashed words; squashes the texts only if that can matter."""
        text = self._joined
        if words in text:
            return True
        return all(character in text for character in words) and words in self.squashes

    @cached_property
    def squashes(self) -> str:
        """Each text without white space and punctuation, one per line."""
        return "\n".join(map(squash_of, self._folded))

    @cached_property
    def _tokens(self) -> list[Token]:
        # Only `squashes` is searched for words, so these tokens may lack some.
        return distinctive_tokens(self._folded)

    @cached_property
    def numbers(self) -> frozenset[Decimal]:
        """Numbers that aren't part of an amount."""
        return frozenset(
            token.number for token in self._tokens if token.number is not None and token.currency is None
        )

    @cached_property
    def dates(self) -> frozenset[str]:
        """Dates as `YYYY-MM-DD`."""
        return frozenset(token.text for token in self._tokens if token.kind == "date")

    @cached_property
    def currencies(self) -> frozenset[str]:
        """Currencies, including those of amounts."""
        return frozenset(token.currency for token in self._tokens if token.currency is not None)

    @cached_property
    def amounts(self) -> frozenset[Amount]:
        """Pairs of adjacent number and currency."""
        return frozenset(
            (token.number, token.currency)
            for token in self._tokens
            if token.number is not None and token.currency is not None
        )

    @cached_property
    def amount_numbers(self) -> frozenset[Decimal]:
        """Numbers of amounts."""
        return frozenset(number for number, _ in self.amounts)

    @cached_property
    def identifiers(self) -> frozenset[str]:
        """Alphanumeric runs with a digit that aren't numbers."""
        return frozenset(token.text for token in self._tokens if token.kind == "identifier")


@dataclass(frozen=True, slots=True)
class Row:
    """A rendered row that a requester's line may refer to."""

    label: str
    cell: Mapping[str, Any]

    @property
    def texts(self) -> list[str]:
        """The row's texts, to be read as facts."""
        return _texts(self.cell)

    @property
    def shown(self) -> str:
        """The row's text as a reader sees it."""
        return _cell_text(_kind(self.cell), self.cell)

    @property
    def is_amount(self) -> bool:
        """Whether it has a currency."""
        return _kind(self.cell) == "amount"

    @property
    def unit(self) -> bool:
        """Whether it has a unit."""
        return bool(self.cell.get("unit"))


def content_facts(root: Node) -> Facts:
    """Returns the facts of content without a view."""
    texts = []
    counts: set[int] = set()
    for node in in_order(root):
        if node.name != COMMENT and node.text is not None and node.text != "":
            texts.append(node.text)
        if node.children or node.attributes:
            counts.update(len(parts) for name, parts in node.by_name.items() if name != COMMENT)
    return Facts(texts, counts=frozenset(counts), apart=True)


def drawn_facts(answer: Mapping[str, Any], counts: frozenset[int]) -> Facts:
    """Returns the facts of rendered lines."""
    texts = [answer["title"]]
    for part in answer["body"]:
        cells = part["rows"] if "rows" in part else (cell for line in part["lines"] for cell in line if cell)
        for cell in cells:
            texts.extend(_texts(cell))
    for one in _totals(answer):
        texts.extend(_texts(one))
    texts.extend(line["value"] for line in answer["rest"])
    return Facts(texts, counts=counts)


def drawn_counts(answer: Mapping[str, Any]) -> frozenset[int]:
    """Returns the numbers of lines of the rendered tables."""
    return frozenset(len(part["lines"]) for part in answer["body"] if "lines" in part)


def drawn_rows(answer: Mapping[str, Any]) -> tuple[list[Row], list[Row]]:
    """Returns all rows that have a label, and separately those of the amount's values."""
    amount = answer["amount"]
    values = [] if amount is None else [Row(amount["label"], one) for one in amount["values"]]
    rows = [*values]
    for part in answer["body"]:
        rows.extend(Row(row["label"], row) for row in part.get("rows", ()) if "missing" not in row)
    for check in answer["checks"]:
        rows.extend(Row(check["label"], one) for one in check["declared"])
    return rows, values


def _totals(answer: Mapping[str, Any]) -> Iterable[Mapping[str, Any]]:
    if answer["amount"] is not None:
        yield from answer["amount"]["values"]
    for check in answer["checks"]:
        yield from check["declared"]


def _kind(cell: Mapping[str, Any]) -> str:
    """Returns the cell's kind; for values of the amount and of checks, which lack `as`, it is derived."""
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


def _cell_text(kind: str, cell: Drawing | Mapping[str, Any]) -> str:
    if kind == "text":
        return str(cell["value"])
    if kind == "code":
        return str(cell["code"]) if cell["name"] is None else f"{cell['name']}（{cell['code']}）"
    if kind == "amount":
        return f"{cell['name']} {cell['text']}"
    unit = cell.get("unit")
    return str(cell["text"]) if unit is None else f"{cell['text']} {unit}"
