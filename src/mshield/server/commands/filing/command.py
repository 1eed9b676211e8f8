"""`mshield filing`: imports filing records (备案) from a list, checked line by line, all or nothing."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from mshield.cli.parts.output import Output, Refused, output_options, table
from mshield.server.commands.filing import identity as filing_identity
from mshield.server.commands.filing import people as filing_people
from mshield.server.commands.parts.number_search import compare_list
from mshield.server.commands.parts.second_person import (
    confirmed_by,
    find_second_person,
    second_person_option,
)
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mshield.server.filing.progress import Phase, ReportProgress
    from mshield.server.filing.report import LineReport, Report, Waits


@click.group(name="filing")
def command() -> None:
    """Filing records: enterprises, legal representatives, operators (备案)."""


command.add_command(filing_people.list_)
command.add_command(filing_people.export)
command.add_command(filing_people.end)
command.add_command(filing_identity.code)


@command.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Report what would change, without changing anything.")
@second_person_option(
    "a second security officer; required for legal representatives and the names of their enterprises",
    required=False,
)
@click.option(
    "--show",
    type=click.Choice(["all", "errors", "changes", "added", "unchanged"]),
    default="all",
    show_default=True,
    help="Lines to print.",
)
@click.option(
    "--report",
    "report_file",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the whole report to this file, as CSV.",
)
@output_options
def import_(
    out: Output,
    file: Path,
    *,
    dry_run: bool,
    second_person: str | None,
    show: str,
    report_file: Path | None,
) -> None:
    """Import a list of filed people from FILE (.xlsx or .csv, header in Chinese or English).

    Columns, in any order: 企业名称 enterprise, 统一社会信用代码 credit code, 姓名 name, 证件类型 id type,
    证件号码 id number, 用户类型 user type (法人 legal representative, 操作员 operator), and 手机号 phone (a mobile
    number). Without the phone column the numbers on file stay, while an empty cell removes one. Other columns are
    ignored.

    A new legal representative 法人, a changed name, document or phone number of one, or a changed name of an
    enterprise that has one requires two people who have both seen the enterprise's documents. --second-person
    names the other one, a security officer, who confirms it by a one-time code and is recorded in the audit log.

    Prints the result for each line, with the old and new value of each changed field, and for lines with
    errors the columns and their content. ID and phone numbers are masked. For long lists the progress is
    shown on standard error.

    If any line has an error, nothing is imported and the exit code is 1. People on file who aren't in the
    list stay on file.
    """
    from mshield.server.filing.external.files import MAX_FILE, read_filing
    from mshield.server.filing.import_list import ImportFiling
    from mshield.server.filing.origin import Origin
    from mshield.server.filing.report import report_csv, report_data
    from mshield.server.keys.secrets import load_lookup_key

    with file.open("rb") as opened:
        content = opened.read(MAX_FILE + 1)
    is_long = len(content) > _LONG_FILE and not out.json
    if is_long:
        out.say(f"正在读取 {file.name}", f"reading {file.name}")
    rows = read_filing(content, file.name)
    if is_long:
        out.say(f"已读取 {len(rows)} 行", f"read {len(rows)} lines")

    origin = Origin.of_file(content, file.name)

    async def work(service: Service) -> "Report":
        db, keyring = service.db, service.keyring
        filing = ImportFiling(db, keyring, await load_lookup_key(db, keyring, now=service.now))
        tell = _progress(out)
        if dry_run:
            waits = await _waits(service, second_person)
            return await compare_list(
                service, lambda: filing.plan(rows, waits=waits, tell=tell, now=service.now)
            )
        other = None if second_person is None else await confirmed_by(out, service, second_person)
        return await compare_list(
            service,
            lambda: filing.apply(rows, second_person=other, origin=origin, tell=tell, now=service.now),
        )

    report = on_service(out, work, dated=not dry_run)
    if report_file is not None:
        report_file.write_text("\ufeff" + report_csv(report), "utf-8", newline="")
    data = report_data(report)
    if show != "all":
        data["lines"] = [line for line in data["lines"] if line["kind"] == show]
    out.data(data, _lines(out, report, show))
    if not out.json:  # with --json only a refusal goes to standard error
        out.say(*_counts(report))
    if not report.is_good:
        bad = sum(bool(line.findings) for line in report.lines)
        raise Refused(
            out.pick(
                f"有 {bad} 行需要更正，没有导入任何内容", f"Lines to correct: {bad}. Nothing was imported"
            ),
            code="bad_lines",
            extra={"lines": bad},
            as_json=out.json,
        )
    if not dry_run and not report.applied:
        raise Refused(
            out.pick(
                f"有 {report.waiting} 行涉及法人或其企业的名称，须两人在场，"
                "请用 --second-person 写明另一位安全管理员，由其输入动态码确认；没有导入任何内容",
                f"Lines about legal representatives or their enterprises' names require two people: {report.waiting}. "
                "Name the other one, a security officer, with --second-person. Nothing was imported",
            ),
            code="two_people",
            extra={"lines": [line.line for line in report.lines if line.waits is not None]},
            as_json=out.json,
        )
    out.say(*_summary(report))


async def _waits(service: Service, second_person: str | None) -> "Waits | None":
    """Returns what lines that need two people would wait for in a dry run. Raises: SecondPersonRefused."""
    if second_person is None:
        return "person"
    await find_second_person(service, second_person)
    return None


_LONG: Final = 5000
_LONG_FILE: Final = 200_000
"""Size in bytes of a file with some thousands of lines; reading a workbook of 100 000 takes half a minute."""
_STEPS: Final = 10


def _progress(out: Output) -> "ReportProgress":
    """Returns a callback that reports every tenth of a long list."""

    def tell(phase: "Phase", done: int, total: int) -> None:
        if out.json or total < _LONG or done * _STEPS // total == (done - 1) * _STEPS // total:
            return
        part = f"{done * 100 // total}%"
        if phase == "compare":
            out.say(f"已核对 {part}（{done}/{total} 行）", f"compared {part} ({done} of {total} lines)")
        else:
            out.say(f"已写入 {part}（{done}/{total} 行）", f"imported {part} ({done} of {total} lines)")

    return tell


def _counts(report: "Report") -> tuple[str, str]:
    kinds = Counter(line.kind for line in report.lines)
    return (
        f"错误 {kinds['errors']}，更改 {kinds['changes']}，新增 {kinds['added']}，不变 {kinds['unchanged']}",
        f"errors {kinds['errors']}, changes {kinds['changes']}, added {kinds['added']}, unchanged {kinds['unchanged']}",
    )


def _lines(out: Output, report: "Report", show: str) -> list[str]:
    from mshield.server.filing.report import masked
    from mshield.wire.identity import ROLE_NAMES

    labels = {
        "errors": out.pick("有误", "bad"),
        "changes": out.pick("变更", "change"),
        "added": out.pick("新增", "add"),
        "unchanged": out.pick("无变化", "unchanged"),
    }
    rows = []
    for line in report.lines:
        about = line.record or line.row
        if show not in {"all", line.kind} or about is None:
            continue
        role = "" if line.record is None else out.pick(*ROLE_NAMES[line.record.role])
        rows.append([
            str(line.line),
            labels[line.kind] if line.waits is None else out.pick("须两人", "takes two"),
            about.name,
            masked("id_number", about.id_number),
            role,
            about.enterprise,
            "；".join(_details(out, line)),
        ])  # fmt: skip
    headers = [
        ("行", "line"), ("结果", "result"), ("姓名", "name"), ("证件号码", "id number"), ("用户类型", "user type"),
        ("企业名称", "enterprise"), ("旧 → 新，或问题", "old → new, or error"),
    ]  # fmt: skip
    return table([out.pick(*header) for header in headers], rows)


def _details(out: Output, line: "LineReport") -> "Iterator[str]":
    from mshield.server.filing.report import masked, value_of
    from mshield.server.filing.rules import FIELD_NAMES

    for change in line.changes:
        old, new = (masked(change.field, text) or "–" for text in (change.old, change.new))
        yield f"{out.pick(*FIELD_NAMES[change.field])}: {old} → {new}"
    if stops := line.enterprise_stops or line.stops:
        yield out.pick(f"停用手机盾 {stops} 个", f"shields that stop working: {stops}")
    for finding in line.findings:
        value = value_of(line.row, finding.field)
        yield out.pick(finding.zh, finding.en) + (f" [{value}]" if value else "")


def _summary(report: "Report") -> tuple[str, str]:
    did_zh, did_en = ("已导入", "Imported") if report.applied else ("将会导入", "Would import")
    zh = f"{did_zh}：人员新增 {report.will_add}，变更 {report.will_change}，无变化 {report.unchanged}；"
    zh += f"企业新增 {report.enterprises_add}，变更 {report.enterprises_change}"
    en = f"{did_en}: people added {report.will_add}, changed {report.will_change}, unchanged {report.unchanged}; "
    en += f"enterprises added {report.enterprises_add}, changed {report.enterprises_change}"
    if report.shields_stopped:
        will_zh, will_en = ("已", "stopped") if report.applied else ("会", "will stop")
        zh += f"；{report.shields_stopped} 个手机盾{will_zh}停用，须更新证书"
        en += f"; shields that {will_en} until they are renewed: {report.shields_stopped}"
    return zh, en
