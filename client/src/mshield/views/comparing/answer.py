"""Compares the requester's title and lines with the content, and marks what the content doesn't say."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

from mshield.gm.sm3 import sm3
from mshield.views import limits
from mshield.views.canonical import canonical
from mshield.views.comparing.facts import Facts, Row, content_facts, drawn_counts, drawn_facts, drawn_rows
from mshield.views.comparing.marks import Mark, marks_of
from mshield.views.comparing.tokens import fold, tight, tokens
from mshield.views.drawing import Drawn, ReadContent, draw, read_content
from mshield.views.errors import ViewError
from mshield.views.reading import Drawing
from mshield.views.view import View

ContentKind = Literal["xml", "json", "text"]
Line = tuple[str, str]
"""Label and value."""

_OF_TOTALS: Final = ("总价", "总额", "总值", "总金额", "合计", "总计", "价税", "应付", "total")


@dataclass(frozen=True, slots=True)
class Compared:
    """Result as members, canonical octets and digest (32 bytes); with `mismatch` the user must confirm."""

    answer: Drawing
    octets: bytes
    digest: bytes
    mismatch: bool


def compare(
    title: str,
    lines: Sequence[Line],
    content: bytes,
    *,
    view: View | None = None,
    kind: ContentKind,
    read: ReadContent = read_content,
) -> Compared:
    """Compares the requester's title and lines with the content, and marks what the content doesn't say.

    Raises: ViewError if the view can't render the content, ValueError for more than 64 lines.
    """
    if view is not None:
        return compare_drawn(title, lines, draw(view, content, read))
    _require_bounded(lines)
    facts = _facts(content, kind, read)
    return _result(
        [_line(label, value, marks_of(value, label, facts)) for label, value in (("", title), *lines)]
    )


def compare_drawn(title: str, lines: Sequence[Line], drawn: Drawn) -> Compared:
    """Compares the requester's title and lines with rendered lines. Raises: ValueError for more than 64 lines."""
    _require_bounded(lines)
    by = _OfView(drawn.answer)
    return _result([by.title(title), *(by.line(label, value) for label, value in lines)])


def _require_bounded(lines: Sequence[Line]) -> None:
    if len(lines) > limits.LINES:
        raise ValueError("at most 64 lines can be compared")


def _result(compared: list[dict[str, Any]]) -> Compared:
    mismatch = any(line["status"] in {"absent", "differs"} for line in compared)
    answer: Drawing = {"lines": compared, "mismatch": mismatch}
    octets = canonical(answer)
    return Compared(answer, octets, sm3(octets), mismatch)


def _facts(content: bytes, kind: ContentKind, read: ReadContent) -> Facts:
    """Returns the facts of content without a view; content that can't be parsed as its kind is read as text lines."""
    if kind != "text":
        try:
            return content_facts(read(content, kind))
        except ViewError:
            pass
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        raise ViewError("content") from error
    return Facts(text.split("\n"), apart=True)


def _line(label: str, value: str, marks: list[Mark], content: str | None = None) -> dict[str, Any]:
    status = "agrees" if not marks else "unchecked"
    if any(kind == "absent" for _, _, kind in marks):
        status = "absent" if content is None else "differs"
    return {"label": label, "value": value, "marks": marks, "status": status, "content": content}


class _OfView:
    """Rendered lines, and the comparison of the requester's lines with them."""

    def __init__(self, answer: Drawing) -> None:
        self._answer = answer
        self._title = str(answer["title"])
        self._counts = drawn_counts(answer)
        self._rows, self._values = drawn_rows(answer)
        self._labels = [tight(row.label) for row in self._rows]

    @cached_property
    def _all(self) -> Facts:
        return drawn_facts(self._answer, self._counts)

    def title(self, title: str) -> dict[str, Any]:
        ours, theirs = tight(self._title), tight(title)
        if theirs and theirs in ours:
            return _line("", title, [])
        if ours in theirs:
            return _line("", title, marks_of(title, "", self._all))
        return _line("", title, [(0, len(title), "absent")], self._title)

    def line(self, label: str, value: str) -> dict[str, Any]:
        rows = self._matching_rows(label, value)
        if rows:
            return self._by_rows(label, value, rows)
        marks = marks_of(value, label, self._all)
        content = None
        ours = tight(label)
        if ours and any(kind == "absent" for _, _, kind in marks):
            near = [row for row, theirs in zip(self._rows, self._labels, strict=True) if ours in theirs]
            content = near[0].shown if len(near) == 1 else None
        return _line(label, value, marks, content)

    def _matching_rows(self, label: str, value: str) -> list[Row]:
        """Returns the rows that a line clearly refers to: those with its label, or totals."""
        ours = tight(label)
        rows = [row for row, theirs in zip(self._rows, self._labels, strict=True) if theirs == ours]
        if rows or not _is_total(label) or all(token.kind != "amount" for token in tokens(fold(value))):
            return rows
        return [row for row in self._rows if row.is_amount and _is_total(row.label)] or self._values

    def _by_rows(self, label: str, value: str, rows: list[Row]) -> dict[str, Any]:
        facts = Facts((text for row in rows for text in row.texts), counts=self._counts)
        marks = marks_of(value, label, facts, strict=True, units=any(row.unit for row in rows))
        content = "；".join(dict.fromkeys(row.shown for row in rows)) if marks else None
        return _line(label, value, marks, content)


def _is_total(label: str) -> bool:
    folded = fold(label)
    return any(word in folded for word in _OF_TOTALS)
