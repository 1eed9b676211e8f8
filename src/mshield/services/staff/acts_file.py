"""Acts as a table to keep: each with who, what, when and the details that were recorded, as the list has them."""

import datetime as dt
import json
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from zoneinfo import ZoneInfo

from mshield.domain.times import zone_names
from mshield.gateways.table_files import ListFormat, write_table
from mshield.store.staff.acts import ActRow

_ACTORS: Final = {"service": "服务命令", "user": "用户", "legal_person": "法人", "staff": "员工"}
_WIDTHS: Final = (36, 12, 20, 38, 28, 38, 20, 60, 14, 38)
_FORMULA: Final = ("=", "+", "-", "@")
_LEADING: Final = ("\t", "\r", "\n")


def acts_file(rows: Iterable[ActRow], names: Mapping[str, str], kind: ListFormat, zone: ZoneInfo) -> bytes:
    """The file; `names` are the subjects' by id, times those of the zone that its heading names."""
    return write_table(_lines(rows, names, kind, zone), kind, sheet="审计", widths=_WIDTHS)


def _lines(
    rows: Iterable[ActRow], names: Mapping[str, str], kind: ListFormat, zone: ZoneInfo
) -> Iterator[list[str]]:
    at = f"时间（{zone_names(zone).zh}）"
    yield [at, "谁", "姓名", "操作人编号", "操作", "对象", "对象名称", "内容", "日志位置", "编号"]
    for row in rows:
        line = [
            dt.datetime.fromtimestamp(row.at / 1000, zone).strftime("%Y-%m-%d %H:%M:%S"),
            _ACTORS.get(row.actor, row.actor),
            row.actor_name or "",
            row.actor_id or "",
            row.act,
            row.subject,
            names.get(row.subject, ""),
            json.dumps(row.details, ensure_ascii=False, sort_keys=True),
            "" if row.log_index is None else str(row.log_index),
            row.id,
        ]
        yield [_text(cell) for cell in line] if kind == "csv" else line


def _text(cell: str) -> str:
    """What a spreadsheet takes for no formula: a .csv says of no cell that it is a text.

    Some pass over what nobody sees, and take full-width signs for the plain ones.
    """
    first = next((sign for sign in cell if unicodedata.category(sign)[0] not in "ZC"), "")
    is_formula = unicodedata.normalize("NFKC", first).startswith(_FORMULA)
    return f"'{cell}" if is_formula or cell.startswith(_LEADING) else cell
