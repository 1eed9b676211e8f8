"""Subcommands of `mshield log` that work on the service's database, available only where the service is installed."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

import click

from mshield.cli.log.shared import note_in, size_line
from mshield.cli.log.verify import DatabaseCheck, keeping
from mshield.cli.parts.output import Output, Refused, refusing, shown_time
from mshield.client.follow import read_state
from mshield.client.log import InclusionProof, Noted, open_checkpoint
from mshield.pki.errors import LogError
from mshield.pki.tlog.act_proof import ActProof
from mshield.server.commands.parts.findings import finding_data, finding_lines, log_findings
from mshield.server.commands.parts.service import Service, on_service
from mshield.server.errors import DomainError
from mshield.server.log.export import export_log
from mshield.server.log.open_log import Log, open_log
from mshield.server.log.progress_file import ProgressFile
from mshield.server.log.read import prove_inclusion, prove_issue, prove_signature, prove_view, read_checkpoint
from mshield.server.log.verify import Extent, Report, verify_log
from mshield.server.retention.archive.files import ArchiveError
from mshield.server.retention.archive.offline_proofs import act_alone
from mshield.server.retention.archive.write import Archive, compare_archives

T = TypeVar("T")


def vkey(out: Output) -> str:
    """Returns the log's verifier key; starts the log where there is none."""

    async def run(log: Log) -> str:
        return str(log.key.verifier)

    return _on_database(out, run)


def checkpoint(out: Output) -> Noted:
    """Returns the log's signed checkpoint."""

    async def run(log: Log) -> Noted:
        note = await read_checkpoint(log)
        return Noted(note, open_checkpoint(note, log.key.verifier))

    return _on_database(out, run)


def export(out: Output, folder: Path) -> tuple[int, int]:
    """Writes new tiles; returns the log's size in entries and the number of files written."""
    with refusing(out, LogError, OSError):
        return _on_database(out, lambda log: export_log(log, folder), begin=False)


def prove(
    out: Output, *, sid: bytes | None, serial: str | None, view: tuple[str, str] | None, index: int | None
) -> InclusionProof:
    """Returns the inclusion proof of an entry named in one of four ways."""

    async def run(log: Log) -> InclusionProof:
        if sid is not None:
            return await prove_signature(log, sid=sid)
        if serial is not None:
            return await prove_issue(log, serial=serial.lower())
        if view is not None:
            return await prove_view(log, client_id=view[0], digest=_digest_of(view[1]))
        return await prove_inclusion(log, index=index)

    return _on_database(out, run)


def archived_act(out: Output, file: Path, act: str) -> ActProof:
    """Returns the proof of an act in a month's archive. Raises: Refused."""
    with refusing(out, DomainError):
        try:
            return act_alone(file, act)
        except ArchiveError as error:
            raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error


def verify(context: click.Context, out: Output, asked: DatabaseCheck) -> None:
    """Compares the log with the database and prints the report. Exits with 1 if they differ."""
    earlier = None if asked.since is None else note_in(asked.since)

    async def run(service: Service) -> tuple[Report, int]:
        log = await open_log(service.db, service.keyring, service.settings.site, now=service.now, begin=False)
        extent = Extent(
            since=earlier,
            state=None if asked.state is None else read_state(asked.state, log.key.verifier),
            keep=(lambda _: None) if asked.state is None else keeping(asked.state),
            resumed=None if asked.resume is None else ProgressFile(asked.resume, log.key.verifier),
            processes=asked.processes,
            progress=_progress,
        )
        report = await verify_log(log, extent)
        if asked.archive is None:
            return report, 0
        faults, compared = await compare_archives(Archive(service.db, log, service.settings, asked.archive))
        report.findings += faults
        return report, compared

    with refusing(out, LogError, OSError):
        report, compared = on_service(out, run)
    log_findings("log verify", report.findings)
    lines = [size_line(out, report.checkpoint.size if report.checkpoint else 0)]
    if report.waiting:
        lines.append(
            out.pick(f"{report.waiting} 行等待写入日志", f"{report.waiting} rows are waiting to be logged")
        )
    if asked.archive is not None:
        lines.append(out.pick(f"归档中的 {compared} 行已核对", f"{compared} rows in archives were compared"))
    elif report.archived:
        lines.append(
            out.pick(
                f"{report.archived} 行已归档，加 --archive 一并核对",
                f"{report.archived} rows are archived and were not compared: use --archive",
            )
        )
    if report.last_run is not None:
        when = shown_time(report.last_run)
        lines.append(out.pick(f"服务上次写日志：{when}", f"The service last wrote to the log at {when}"))
    if report.findings:
        lines = finding_lines(out, report.findings)
    else:
        lines.append(out.pick("日志与数据库一致", "Log and database agree"))
    size = report.checkpoint.size if report.checkpoint else None
    out.data(
        {
            "holds": report.holds,
            "size": size,
            "waiting": report.waiting,
            "archived": report.archived,
            "compared": compared,
            "last_run": report.last_run,
            "findings": finding_data(report.findings),
        },
        lines,
    )
    context.exit(0 if report.holds else 1)


def _progress(entries: int, size: int) -> None:
    click.echo(f"{entries} / {size}", err=True)


def _on_database(out: Output, work: Callable[[Log], Awaitable[T]], *, begin: bool = True) -> T:
    """Runs `work` on the log of the service's database; `begin` starts a log where there is none."""

    async def run(service: Service) -> T:
        return await work(
            await open_log(service.db, service.keyring, service.settings.site, now=service.now, begin=begin)
        )

    return on_service(out, run)


def _digest_of(text: str) -> bytes:
    """Parses a view's digest from hex."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("not a view's digest in hex") from error
