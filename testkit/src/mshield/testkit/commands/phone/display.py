"""Output of `mshield phone`: status, certificate, scanned request, outcome. Contains no command."""

from collections.abc import Mapping
from typing import Final

import msgspec

from mshield.cli.parts.output import Output, shown_time, table
from mshield.client.errors import ProblemError, ProtocolError
from mshield.pki.signatures.signed_attributes import parse_signed_attributes
from mshield.testkit.phone.approval import Approved
from mshield.testkit.phone.document import oids_of, read_document
from mshield.testkit.phone.messages import IssuedCertificate, Scan, Task
from mshield.testkit.phone.phone import VirtualPhone
from mshield.testkit.phone.state import Status
from mshield.testkit.phone.waiting import Amounts, amounts_of
from mshield.wire.phone.accounts import SessionOut
from mshield.wire.phone.requests import WaitingMessage


def show_status(out: Output, status: Status) -> None:
    data = {name: getattr(status, name) for name in Status.__dataclass_fields__}
    left = "" if status.left is None else str(status.left)
    yes = {True: out.pick("是", "yes"), False: out.pick("否", "no")}
    pick = out.pick
    rows = [
        (pick("服务地址", "server"), status.server),
        (pick("账号", "account"), status.account or ""),
        (pick("已登录", "logged in"), yes[status.logged_in]),
        (pick("手机盾号", "shield number"), status.shield_number or ""),
        (pick("已有证书", "certificate"), yes[status.has_certificate]),
        (pick("申请未完成", "application pending"), yes[status.application_pending]),
        (pick("操作未完成", "operation unfinished"), yes[status.operation_unfinished]),
        (pick("剩余 PIN 次数", "PIN attempts left"), left),
    ]
    out.data(data, table(("", ""), rows)[1:])


def show_certificate(out: Output, issued: IssuedCertificate) -> None:
    pick = out.pick
    rows = [
        (pick("手机盾号", "shield number"), issued.shield_number),
        (pick("姓名", "name"), issued.subject.common_name),
        (pick("角色", "role"), issued.subject.role),
        (pick("企业", "enterprise"), issued.subject.organisation),
        (pick("序列号", "serial"), issued.serial),
        (pick("状态", "state"), " ".join((issued.state, *issued.holds))),
        (pick("有效期", "valid"), f"{shown_time(issued.not_before)} - {shown_time(issued.not_after)}"),
    ]
    out.data(msgspec.to_builtins(issued), table(("", ""), rows)[1:])


def scan_lines(out: Output, scanned: Scan) -> list[str]:
    """Returns lines about the request, the business system, and how to answer."""
    asker, pick = scanned.requester, out.pick
    kind = pick("登录", "login") if scanned.kind == "login" else pick("签名", "signature")
    lines = [
        f"{kind}: {asker.name} ({asker.domain})",
        pick(f"核对数字 {scanned.number}", f"The PC must show the number {scanned.number}"),
    ]
    if asker.pc_address or asker.pc_browser:
        lines.append(f"PC: {asker.pc_address or ''} {asker.pc_browser or ''}".rstrip())
    if scanned.parts:
        lines.append(
            pick(f"{len(scanned.parts)} 个请求，一次签", f"{len(scanned.parts)} requests, signed together")
        )
    if scanned.kind == "signature" and len(scanned.tasks) > 1:
        lines += _total_lines(out, scanned)
    for task in scanned.tasks:
        lines += _task_lines(out, task, is_signature=scanned.kind == "signature")
    if scanned.return_url is not None:
        lines.append(f"{pick('之后返回', 'Leads back to')} {scanned.return_url}")
    lines.append(f"-> mshield phone approve {scanned.request_id}")
    return lines


def _total_lines(out: Output, scanned: Scan) -> list[str]:
    amounts = amounts_of(scanned.tasks, of=len(scanned.tasks))
    if not amounts.texts:
        return []
    without = out.pick(f"{amounts.without} 份没有读出金额", f"{amounts.without} without a readable amount")
    sums = [*amounts.texts, *([without] if amounts.without else [])]
    return [f"{out.pick('合计', 'Total')}: {' + '.join(sums)}"]


def _task_lines(out: Output, task: Task, *, is_signature: bool) -> list[str]:
    size = task.size if task.content is None else len(task.content)
    lines = [f"* {task.title} ({task.media_type}, {size} B)"]
    lines += _wanted_lines(out, task) if is_signature else []
    if task.content is None:
        digest = parse_signed_attributes(task.message, display_oids=oids_of(task)).message_digest.hex()
        unseen = out.pick("内容不在手机上，只有其摘要", "The content is not available, only its digest")
        lines.append(f"    {unseen}: SM3 {digest}")
    return lines + [f"    {field.label}: {field.value}" for field in task.display]


def show_inbox(out: Output, phone: VirtualPhone) -> None:
    """Prints the waiting requests, with those amounts that can be read."""
    waiting = phone.inbox()
    read = {request.request_id: _amounts(phone, request) for request in waiting}
    data: list[dict[str, object]] = []
    rows: list[tuple[str, ...]] = []
    for request in waiting:
        amounts = read.get(request.request_id)
        texts = [] if amounts is None else amounts.texts
        without = 0 if amounts is None else amounts.without
        some = [out.pick(f"另有 {without} 份没有读出", f"{without} not read")] if texts and without else []
        sums = None if amounts is None else {currency: amount.number for currency, amount in amounts.sums}
        data.append({**msgspec.to_builtins(request), "amounts": sums, "without_amount": without})
        about = (request.request_id, request.requester.name, request.title, str(request.documents))
        rows.append((*about, " + ".join([*texts, *some]), shown_time(request.expires_at)))
    lines = table(("request_id", "from", "title", "documents", "amount", "until"), rows)
    out.data(data, lines if rows else [out.pick("没有待办", "Nothing waits")])


def _amounts(phone: VirtualPhone, request: WaitingMessage) -> Amounts | None:
    """Reads the amounts of a request; None if that fails, since taking the request will report the reason."""
    try:
        return phone.amounts(request) if request.kind == "signature" else None
    except (ProblemError, ProtocolError):
        return None


def approved_data(approved: Approved) -> dict[str, object]:
    """Returns the outcome as JSON data; signatures are DER in hex."""
    return {
        "request_id": approved.request_id,
        "kind": approved.kind,
        "recovered": approved.recovered,
        "documents": [
            {
                "sid": document.sid.hex(),
                "title": document.title,
                "signature": document.signature.to_der().hex() if document.signature else None,
                "declined": document.declined,
                "waiting": document.waiting,
            }
            for document in approved.documents
        ],
        "return_address": approved.return_address,
    }


def approved_lines(out: Output, approved: Approved) -> list[str]:
    headline = (
        out.pick("登录成功", "Logged in") if approved.kind == "login" else out.pick("签名成功", "Signed")
    )
    if approved.recovered:
        headline = out.pick("此请求此前已完成", "This request was already completed")
    excluded = out.pick("（没有签）", " (left out)")
    waits = out.pick("（留在待办）", " (left in the inbox)")
    titles = (
        f"* {document.title}{excluded if document.declined else waits if document.waiting else ''}"
        for document in approved.documents
    )
    return [headline, *titles, *return_lines(out, approved.return_address)]


def _wanted_lines(out: Output, task: Task) -> list[str]:
    """Returns what must be confirmed before signing, and the option for it; empty if nothing."""
    wants = read_document(task, oids_of(task)).wants if task.is_drawn else None
    if wants is None:
        return []
    reason = {
        "mismatch": ("对方说明与原文不一致", "the business system's description differs from the content"),
        "unread": ("这部手机看不到原文", "this phone can't show the content"),
    }[wants]
    if task.unproven:
        reason = UNPROVEN
    return [f"  ! {out.pick(*reason)}: {OPTIONS[wants]}"]


UNPROVEN: Final = ("展示规则没有登记的证明", "nothing proves that the view is registered")
"""Reason why a document's drawn lines can't be trusted to represent it."""

OPTIONS: Final[Mapping[str, str]] = {"mismatch": "--as-the-content-says", "unread": "--unread"}
"""Option of `approve` that confirms each reason."""


def return_lines(out: Output, address: str | None) -> list[str]:
    """Returns the address of the app to return to, which the real phone app would open; empty if none."""
    return [] if address is None else [f"{out.pick('返回', 'Back to')} {address}"]


def show_logged_in(out: Output, done: SessionOut) -> None:
    number = done.shield_number
    out.data(
        {
            "account": msgspec.to_builtins(done.account),
            "shield_number": number,
            "expires_in": done.expires_in,
        },
        [
            out.pick(
                f"已登录：{done.account.name} {number or ''}",
                f"Logged in: {done.account.name} {number or ''}",
            )
        ],
    )
