"""Legal person's lists as workbooks (.xlsx); every cell is text, never a formula."""

import datetime as dt
import io
from collections.abc import Iterable, Sequence
from typing import Final
from zoneinfo import ZoneInfo

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.utils import get_column_letter

from mshield.server.certificates.rules.states import CertificateEvent, most_severe_first
from mshield.server.legal_person.lists import HistoryRow, ShieldRow, shown
from mshield.server.runtime.external.table_files import cell_text
from mshield.server.values.names import ID_TYPE_NAMES, IdType
from mshield.wire import shield_number
from mshield.wire.identity import PROVERS, ROLE_NAMES, WAY_NAMES, Role, Way
from mshield.wire.portal import FiledPersonMessage, PersonProofMessage
from mshield.wire.state_words import HOLDS_ZH, STATES_ZH
from mshield.wire.times import zone_names

MEDIA_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_WIDTH: Final = 22
_ACTORS: Final = {"service": "系统", "legal_person": "法人", "staff": "客服"}
_EVENTS: Final = {
    CertificateEvent.PREPARE: "签发，待启用",
    CertificateEvent.ACTIVATE: "签发",
    CertificateEvent.LOCK_PIN: "PIN 码锁死",
    CertificateEvent.SUPERSEDE: "更新后停用",
    CertificateEvent.REVOKE: "作废",
    CertificateEvent.WITHDRAW: "未启用，已撤回",
    CertificateEvent.FIND_CLONE: "发现疑似复制",
    CertificateEvent.LIFT_CLONE: "解除误判的疑似复制",
    CertificateEvent.APPLY_AGAIN: "重复申请",
    CertificateEvent.REPORT_LOSS: "挂失",
    CertificateEvent.LIFT_LOSS: "解挂失",
    CertificateEvent.SUSPEND: "暂停",
    CertificateEvent.RESUME: "恢复",
    CertificateEvent.FREEZE: "冻结",
    CertificateEvent.UNFREEZE: "解冻结",
}


def people_workbook(lines: Sequence[FiledPersonMessage], *, zone: ZoneInfo) -> bytes:
    """Writes the filed people, with masked id numbers."""
    headers = (
        "姓名",
        "用户类型",
        "证件类型",
        "证件号码",
        _in_zone("备案时间", zone),
        _in_zone("备案变更时间", zone),
        _in_zone("备案终止时间", zone),
        "有效手机盾",
        "身份核验",
    )
    return _workbook("备案人员", headers, (
        (line.name, ROLE_NAMES[Role(line.role)][0], ID_TYPE_NAMES[IdType(line.id_type)][0], line.id_number_masked,
         _time(line.filed_at, zone), _time(line.changed_at, zone), _time(line.ended_at, zone), str(line.shields),
         "\n".join(_proof(proof, zone) for proof in line.proofs))
        for line in lines
    ))  # fmt: skip


def shields_workbook(rows: Sequence[ShieldRow], *, zone: ZoneInfo, now: int) -> bytes:
    """Writes the shields as their list shows them."""
    headers = (
        "手机盾号",
        "姓名",
        "用户类型",
        "状态",
        "停用原因",
        _in_zone("签发时间", zone),
        _in_zone("有效期至", zone),
        _in_zone("最近使用", zone),
        _in_zone("设备启用时间", zone),
    )
    return _workbook("手机盾", headers, (
        (shield_number.display_number(row.shield_number), row.common_name, ROLE_NAMES[Role(row.role)][0],
         STATES_ZH[shown(row, zone=zone, now=now)],
         "、".join(HOLDS_ZH[hold.value] for hold in most_severe_first(row.standing.holds)),
         *(_time(at, zone) for at in (row.issued_at, row.not_after, row.used_at, row.device_since)))
        for row in rows
    ))  # fmt: skip


def history_workbook(rows: Sequence[HistoryRow], *, zone: ZoneInfo) -> bytes:
    """Writes the history of the shields as the list shows it."""
    headers = (_in_zone("时间", zone), "手机盾号", "持有人", "操作", "操作人", "原因", "证书状态", "停用原因")
    return _workbook("操作记录", headers, (
        (_time(row.event.at, zone), shield_number.display_number(row.shield_number), row.common_name,
         _EVENTS[CertificateEvent(row.event.event)], _actor(row), _reason(row), STATES_ZH[row.event.state],
         "、".join(HOLDS_ZH[hold] for hold in row.event.holds))
        for row in rows
    ))  # fmt: skip


def _proof(proof: PersonProofMessage, zone: ZoneInfo) -> str:
    """Formats a proof: way, prover, phone number of the account, time, and whether it is valid."""
    way = Way(proof.way)
    by = f"{PROVERS[way][0]} {proof.actor_name or proof.consented_masked or ''}".strip()
    state = {"waits": f"，{_time(proof.counts_from, zone)} 起生效", "off": "，不作数"}.get(proof.state, "")
    return f"{WAY_NAMES[way][0]}，{by}，{proof.phone_masked}，{_time(proof.proven_at, zone)}{state}"


def _actor(row: HistoryRow) -> str:
    if row.event.actor == "user":
        return row.common_name
    return f"{row.event.actor_name or ''} {_ACTORS.get(row.event.actor, row.event.actor)}".strip()


def _reason(row: HistoryRow) -> str:
    """Returns the reason if a person wrote it; the service's own reasons are for machines, so it is empty for those."""
    return row.event.reason if row.event.actor in {"legal_person", "staff"} else ""


def _workbook(title: str, headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    book = Workbook(write_only=True)
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "A2"
    for column, heading in enumerate(headers):
        # A Chinese character is two columns wide.
        wide = sum(1 if character.isascii() else 2 for character in heading)
        sheet.column_dimensions[get_column_letter(column + 1)].width = max(_WIDTH, wide)
    for row in (headers, *rows):
        cells = [WriteOnlyCell(sheet, value=cell_text(text)) for text in row]
        for cell in cells:
            cell.data_type = "s"  # so that a name beginning with = stays text
        sheet.append(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _in_zone(heading: str, zone: ZoneInfo) -> str:
    """Returns a time column's heading with the zone, as on screens, since the file may be read elsewhere."""
    return f"{heading}（{zone_names(zone).zh}）"


def _time(at: int | None, zone: ZoneInfo) -> str:
    """Formats a time in this zone, to the minute."""
    return "" if at is None else dt.datetime.fromtimestamp(at / 1000, zone).strftime("%Y-%m-%d %H:%M")
