"""Drawn lines as text in a terminal, in the order of the phone's screen."""

from collections.abc import Iterator, Mapping
from typing import Any

from mshield.cli.parts.output import Output, table

Members = Mapping[str, Any]


def drawn_lines(out: Output, drawn: Members) -> Iterator[str]:
    """Yields title, amount, parts, checks, unlisted content, and the names of omitted content."""
    yield drawn["title"]
    if drawn["amount"] is not None:
        computed = out.pick("（本机计算）", " (computed)") if drawn["amount"]["computed"] else ""
        values = "; ".join(_format_value(value) for value in drawn["amount"]["values"])
        yield f"{drawn['amount']['label']}{computed}: {values}"
    for part in drawn["body"]:
        yield ""
        yield f"[{part['label']}]"
        yield from _rows(part["rows"]) if "rows" in part else _table(part)
    yield from _checks(out, drawn["checks"])
    yield from _left(out, drawn)


def _rows(rows: list[Members]) -> Iterator[str]:
    for row in rows:
        yield f"  {row['label']}: {_format_value(row)}"


def _table(part: Members) -> Iterator[str]:
    heads = [column["label"] for column in part["columns"]]
    lines = [["" if cell is None else _format_value(cell) for cell in line] for line in part["lines"]]
    yield from (f"  {line}" for line in table(heads, lines))


def _checks(out: Output, checks: list[Members]) -> Iterator[str]:
    if checks:
        yield ""
    for check in checks:
        verdict = out.pick("一致", "agrees") if check["agrees"] else out.pick("不一致", "DIFFERS")
        sums, declared = (
            "; ".join(_format_value(value) for value in check[name]) for name in ("sum", "declared")
        )
        yield f"{check['label']}: {verdict} ({check['count']}: {sums} / {declared})"


def _left(out: Output, drawn: Members) -> Iterator[str]:
    rest, hidden = drawn["rest"], drawn["not_shown"]
    if rest:
        yield ""
        yield out.pick(f"规则没有列出的 {len(rest)} 项", f"{len(rest)} not listed by the view")
        yield from (f"  {line['path']}: {line['value']}" for line in rest)
    if hidden:
        count = sum(line["count"] for line in hidden) + drawn["not_shown_more"]
        yield ""
        yield out.pick(f"没有显示 {count} 项", f"{count} not shown")
        yield from (f"  {line['path']} ({line['count']})" for line in hidden)


def _format_value(cell: Members) -> str:
    """Formats a value for readers."""
    if "missing" in cell:
        return "—"
    kind = cell.get("as", "amount")
    if kind == "text":
        return str(cell["value"])
    if kind == "date":
        return str(cell["text"])
    if kind == "code":
        says = f" ≠ {cell['says']}" if cell.get("conflict") else ""
        return f"{cell['name'] or '?'} ({cell['code']}){says}"
    beside = cell.get("unit") if kind == "decimal" else cell["currency"]
    return f"{cell['text']} {beside}" if beside else str(cell["text"])
