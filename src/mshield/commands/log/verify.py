"""`mshield log verify`: the log against its database, against its past, or that an entry is in it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.client.errors import ClientError
from mshield.client.log import InclusionProof, LogReader, VerifierKey, open_checkpoint, parse_proof
from mshield.client.watching.follow import follow, read_state, write_state
from mshield.commands.log.shared import (
    FILE,
    KEY_OPTION,
    URL_OPTION,
    Sid,
    checkpoint_data,
    entry_data,
    entry_lines,
    note_in,
    outside,
    place_of,
    size_line,
)
from mshield.commands.parts.findings import finding_data, finding_lines, tell_findings
from mshield.commands.parts.output import Output, Refused, output_options, refusing
from mshield.commands.parts.service import Service, on_service
from mshield.commands.phone.display import shown_time
from mshield.pki.errors import LogError
from mshield.pki.tlog.act_proof import ActProof, is_act_proof, parse_act_proof
from mshield.pki.tlog.compact import Followed
from mshield.pki.tlog.entry import SignatureEntry

if TYPE_CHECKING:
    from mshield.services.log.verify import Report


@click.command()
@click.option("--since", type=FILE, help="An earlier checkpoint: the log must begin as it stood then.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Remember in this file how far the log was checked, and check only what came since.",
)
@click.option(
    "--resume",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Remember in this file how far a whole check is, and go on there if it was interrupted.",
)
@click.option(
    "--processes",
    type=click.IntRange(min=1, max=256),
    help="How many processes check beside each other; by default as many as there are cores, eight at most.",
)
@click.option(
    "--archive",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Also compare the rows in this folder's archives, which are in the database no more.",
)
@click.option("--sid", type=Sid(), help="With --url: the signature of this document must be in the log.")
@click.option("--index", type=click.IntRange(min=0), help="With --url: an entry must stand at this place.")
@click.option(
    "--proof",
    type=FILE,
    help="Check this proof, or that of an act from the console, offline; needs --key only.",
)
@click.option("--act", help="With --proof of an archive of acts (mshield archive): this act must be in it.")
@URL_OPTION
@KEY_OPTION
@output_options
@click.pass_context
def verify(
    context: click.Context,
    out: Output,
    *,
    since: Path | None,
    state: Path | None,
    resume: Path | None,
    processes: int | None,
    archive: Path | None,
    sid: bytes | None,
    index: int | None,
    proof: Path | None,
    act: str | None,
    url: str | None,
    key: str | None,
) -> None:
    """Check the log: against its database, against its past, or that an entry is in it. Exit code 1 if not.

    Without --url and --proof every row behind the log, all tiles and the checkpoint are compared, and each row
    that doesn't fit is named. With --url the log's signature is checked, and what else is asked.

    With --state the entries that came since the last run are read, at the first run all, and proved to follow what was
    checked before; on the database they are compared with their rows, older rows and seals are not looked at. A run
    that was interrupted goes on where it was. A whole check does so with --resume, over several processes.
    """
    asked = _Asked(since, state, resume, processes, archive)
    asked.require_fitting(from_elsewhere=(url, proof) != (None, None), of_one=(sid, index) != (None, None))
    if act is not None and proof is None:
        raise click.UsageError("--act is for an archive of acts, by --proof.")
    if proof is not None:
        if key is None or (url, since, state) != (None, None, None):
            raise click.UsageError("--proof goes with --key alone.")
        _verify_proof(out, proof, act, sid, key)
    elif (from_outside := outside(url, key)) is not None and state is not None:
        _follow(out, from_outside, state)
    elif from_outside is not None:
        _verify_outside(out, from_outside, since, sid, index)
    elif (sid, index) != (None, None):
        raise click.UsageError("--sid and --index need --url, or --proof.")
    else:
        _verify_database(context, out, asked)


def _verify_proof(out: Output, file: Path, act: str | None, sid: bytes | None, key: str) -> None:
    with refusing(out, LogError):
        logged = _proof_in(out, file, act).check(VerifierKey.parse(key))
    if sid is not None and not (isinstance(logged.entry, SignatureEntry) and logged.entry.sid == sid):
        raise Refused(
            out.pick("此证明属于另一个签名", "the proof is of another signature"),
            code="bad_log_proof",
            as_json=out.json,
        )
    out.data(entry_data(logged), entry_lines(out, logged))


def _proof_in(out: Output, file: Path, act: str | None) -> ActProof | InclusionProof:
    if act is not None:
        from mshield.domain.errors import DomainError
        from mshield.services.operations.archives.archive_alone import act_alone
        from mshield.services.operations.archives.archive_files import ArchiveError

        with refusing(out, DomainError):
            try:
                return act_alone(file, act)
            except ArchiveError as error:
                raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
    content = file.read_bytes()
    return parse_act_proof(content) if is_act_proof(content) else parse_proof(content)


def _follow(out: Output, where: tuple[str, str], file: Path) -> None:
    with refusing(out, ClientError, LogError, OSError), LogReader(*where) as reader:
        before = read_state(file, reader.key)
        noted, _ = follow(reader, before, keep=_keeping(file))
    read = noted.checkpoint.size - before.seen.size
    lines = [
        size_line(out, noted.checkpoint.size),
        out.pick(
            f"读了新增的 {read} 个条目，它们接在此前核对过的条目之后",
            f"{read} new entries were read, and follow those that were checked before",
        ),
    ]
    out.data({**checkpoint_data(noted), "read": read}, lines)


def _keeping(file: Path) -> Callable[[Followed], None]:
    def keep(state: Followed) -> None:
        write_state(file, state)
        click.echo(f"{state.seen.size}", err=True)

    return keep


def _verify_outside(
    out: Output, where: tuple[str, str], since: Path | None, sid: bytes | None, index: int | None
) -> None:
    with refusing(out, ClientError, LogError), LogReader(*where) as reader:
        noted = reader.checkpoint()
        reader.check_root(noted.checkpoint)
        if since is not None:
            reader.check_grown(open_checkpoint(note_in(since), reader.key), noted.checkpoint)
        logged = None
        if sid is not None or index is not None:
            place = place_of(out, reader, noted, sid, index)
            logged = reader.prove(place, noted).check(reader.key)
    data = {**checkpoint_data(noted), "since": since is not None, "entry": logged and entry_data(logged)}
    lines = [size_line(out, noted.checkpoint.size)]
    if since is not None:
        lines.append(out.pick("自旧检查点以来只增未改", "It has only grown since the earlier checkpoint"))
    out.data(data, [*lines, *(entry_lines(out, logged) if logged else [])])


@dataclass(frozen=True, slots=True)
class _Asked:
    """What of the database is to be checked, as the options say."""

    since: Path | None
    state: Path | None
    resume: Path | None
    processes: int | None
    archive: Path | None

    @property
    def is_of_database(self) -> bool:
        """Whether an option says so that is for nothing else."""
        return (self.resume, self.processes, self.archive) != (None, None, None)

    def require_fitting(self, *, from_elsewhere: bool, of_one: bool) -> None:
        """Raises UsageError for options that exclude each other, or aren't for one entry or a log `from_elsewhere`."""
        if self.is_of_database and from_elsewhere:
            raise click.UsageError("--resume, --processes and --archive are for the database.")
        if self.state is not None and self.resume is not None:
            raise click.UsageError("--state and --resume are two ways to check.")
        if self.state is not None and (self.since is not None or of_one):
            raise click.UsageError("--state goes with none of --since, --sid and --index.")


def _verify_database(context: click.Context, out: Output, asked: _Asked) -> None:
    from mshield.services.log.kept_roots import KeptRoots
    from mshield.services.log.open_log import open_log
    from mshield.services.log.verify import Extent, verify_log
    from mshield.services.operations.archives.archive import Archive, compare_archives

    earlier = None if asked.since is None else note_in(asked.since)

    async def run(service: Service) -> "tuple[Report, int]":
        log = await open_log(service.db, service.keyring, service.settings, now=service.now, begin=False)
        extent = Extent(
            since=earlier,
            state=None if asked.state is None else read_state(asked.state, log.key.verifier),
            keep=(lambda _: None) if asked.state is None else _keeping(asked.state),
            resumed=None if asked.resume is None else KeptRoots(asked.resume, log.key.verifier),
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
    tell_findings("log verify", report.findings)
    lines = [size_line(out, report.checkpoint.size if report.checkpoint else 0)]
    if report.waiting:
        lines.append(
            out.pick(f"{report.waiting} 行等待写入日志", f"{report.waiting} rows wait for their place")
        )
    if asked.archive is not None:
        lines.append(out.pick(f"归档中的 {compared} 行已核对", f"{compared} rows in archives were compared"))
    elif report.archived:
        lines.append(
            out.pick(
                f"{report.archived} 行已归档，加 --archive 一并核对",
                f"{report.archived} rows are archived: --archive compares them too",
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
