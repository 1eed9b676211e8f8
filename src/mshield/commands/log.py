"""`mshield log`: show, prove and check the transparency log, on the database or from outside.

From outside only the log's address and key (`--url`, `--key`) are needed, or nothing but a proof.
"""

import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.client.errors import ClientError
from mshield.client.log import Logged, LogReader, Noted, VerifierKey, open_checkpoint, parse_proof
from mshield.client.watching.follow import follow, read_state, write_state
from mshield.commands.parts.findings import finding_data, finding_lines, tell_findings
from mshield.commands.parts.output import Output, Refused, output_options, refusing
from mshield.commands.parts.service import Service, on_service
from mshield.commands.phone.display import shown_time
from mshield.pki.errors import LogError
from mshield.pki.tlog.act_proof import is_act_proof, parse_act_proof
from mshield.pki.tlog.compact import Followed
from mshield.pki.tlog.entry import CertificateEntry, SignatureEntry, ViewEntry

if TYPE_CHECKING:
    from mshield.pki.tlog.proof import InclusionProof
    from mshield.services.log.open_log import Log
    from mshield.services.log.verify import Report

T = TypeVar("T")
_FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
_URL: Final = click.option("--url", help="The log's address, e.g. https://shield.example/log.")
_KEY: Final = click.option("--key", help="The log's vkey, learnt from its operator (`mshield log key`).")


class _Sid(click.ParamType):  # type: ignore[type-arg]  # click names its argument in some releases only
    """A document's sid: 32 hex digits."""

    name = "sid"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        try:
            sid = bytes.fromhex(str(value))
        except ValueError:
            sid = b""
        if len(sid) != 16:
            self.fail("not 32 hex digits", param, ctx)
        return sid


@click.group(name="log")
def command() -> None:
    """Transparency log: show, prove, check (透明日志)."""


@command.command()
@output_options
def key(out: Output) -> None:
    """Print the log's name and key (vkey), by which others check it; made at first use.

    Publish it where you publish the fingerprint of the root certificate.
    """

    async def run(log: "Log") -> str:
        return str(log.key.verifier)

    vkey = _on_database(out, run)
    out.data({"vkey": vkey}, [vkey])


@command.command()
@_URL
@_KEY
@output_options
def checkpoint(out: Output, url: str | None, key: str | None) -> None:
    """Print the log's signed checkpoint, from the database or from --url with --key: keep it for --since.

    The output is the signed note, byte for byte.
    """
    from_outside = _outside(url, key)
    if from_outside is None:
        from mshield.services.log.read import read_checkpoint

        async def run(log: "Log") -> Noted:
            note = await read_checkpoint(log)
            return Noted(note, open_checkpoint(note, log.key.verifier))

        noted = _on_database(out, run)
    else:
        with refusing(out, ClientError, LogError), LogReader(*from_outside) as reader:
            noted = reader.checkpoint()
    if not out.json:
        click.echo(noted.note, nl=False)
        return
    out.data({**_shown(noted), "note": noted.note}, [])


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@output_options
def export(out: Output, folder: Path) -> None:
    """Write the log's tiles into a folder, for any file server: what is new since the last run."""
    from mshield.services.log.export import export_log

    with refusing(out, LogError, OSError):
        size, written = _on_database(out, lambda log: export_log(log, folder), begin=False)
    data = {"size": size, "written": written}
    out.data(
        data, [out.pick(f"{size} 个条目，写入 {written} 个文件", f"{size} entries, {written} files written")]
    )


@command.command()
@click.option("--sid", type=_Sid(), help="Prove the signature of this document.")
@click.option("--serial", help="Prove the issue of this certificate; 40 hex digits. On the database only.")
@click.option(
    "--view",
    type=(str, str),
    metavar="CLIENT_ID DIGEST",
    help="Prove that this view was registered for a business system. On the database only.",
)
@click.option("--index", type=click.IntRange(min=0), help="Prove the entry at this place.")
@_URL
@_KEY
@output_options
def prove(
    out: Output,
    *,
    sid: bytes | None,
    serial: str | None,
    view: tuple[str, str] | None,
    index: int | None,
    url: str | None,
    key: str | None,
) -> None:
    """Print a proof, as JSON, that an entry is in the log; `mshield log verify --proof` checks it offline."""
    if sum(choice is not None for choice in (sid, serial, view, index)) != 1:
        raise click.UsageError("Give one of --sid, --serial, --view and --index.")
    from_outside = _outside(url, key)
    if from_outside is None:
        from mshield.services.log.read import prove_inclusion, prove_issue, prove_signature, prove_view

        async def run(log: "Log") -> "InclusionProof":
            if sid is not None:
                return await prove_signature(log, sid=sid)
            if serial is not None:
                return await prove_issue(log, serial=serial.lower())
            if view is not None:
                return await prove_view(log, client_id=view[0], digest=_digest(view[1]))
            return await prove_inclusion(log, index=index)

        proof = _on_database(out, run).to_json()
    elif serial is not None or view is not None:
        raise click.UsageError("--serial and --view are for the database: from outside, give --index.")
    else:
        with refusing(out, ClientError, LogError), LogReader(*from_outside) as reader:
            noted = reader.checkpoint()
            proof = reader.prove(_place(out, reader, noted, sid, index), noted).to_json()
    click.echo(json.dumps(proof, indent=None if out.json else 2))


@command.command()
@click.option("--since", type=_FILE, help="An earlier checkpoint: the log must begin as it stood then.")
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Remember in this file how far the log was checked, and check only what came since.",
)
@click.option("--sid", type=_Sid(), help="With --url: the signature of this document must be in the log.")
@click.option("--index", type=click.IntRange(min=0), help="With --url: an entry must stand at this place.")
@click.option(
    "--proof",
    type=_FILE,
    help="Check this proof, or that of an act from the console, offline; needs --key only.",
)
@_URL
@_KEY
@output_options
@click.pass_context
def verify(
    context: click.Context,
    out: Output,
    *,
    since: Path | None,
    state: Path | None,
    sid: bytes | None,
    index: int | None,
    proof: Path | None,
    url: str | None,
    key: str | None,
) -> None:
    """Check the log: against its database, against its past, or that an entry is in it. Exit code 1 if not.

    Without --url and --proof every row behind the log, all tiles and the checkpoint are compared, and each row
    that doesn't fit is named. With --url the log's signature is checked, and what else is asked.

    With --state the entries that came since the last run are read, at the first run all, and proved to follow what was
    checked before; on the database they are compared with their rows, older rows and seals are not looked at. A run
    that was interrupted goes on where it was.
    """
    if state is not None and (since is not None or sid is not None or index is not None):
        raise click.UsageError("--state goes with none of --since, --sid and --index.")
    if proof is not None:
        if key is None or url is not None or since is not None or state is not None:
            raise click.UsageError("--proof goes with --key alone.")
        with refusing(out, LogError):
            content = proof.read_bytes()
            parse = parse_act_proof if is_act_proof(content) else parse_proof
            logged = parse(content).check(VerifierKey.parse(key))
        if sid is not None and not (isinstance(logged.entry, SignatureEntry) and logged.entry.sid == sid):
            raise Refused(
                out.pick("此证明属于另一个签名", "the proof is of another signature"),
                code="bad_log_proof",
                as_json=out.json,
            )
        out.data(_entry(logged), _entry_lines(out, logged))
        return
    from_outside = _outside(url, key)
    if from_outside is not None:
        if state is not None:
            _follow(out, from_outside, state)
        else:
            _verify_outside(out, from_outside, since, sid, index)
        return
    if sid is not None or index is not None:
        raise click.UsageError("--sid and --index need --url, or --proof.")
    _verify_database(context, out, since, state)


def _follow(out: Output, where: tuple[str, str], file: Path) -> None:
    with refusing(out, ClientError, LogError, OSError), LogReader(*where) as reader:
        before = read_state(file, reader.key)
        noted, _ = follow(reader, before, keep=_keeping(file))
    read = noted.checkpoint.size - before.seen.size
    lines = [
        _size_line(out, noted.checkpoint.size),
        out.pick(
            f"读了新增的 {read} 个条目，它们接在此前核对过的条目之后",
            f"{read} new entries were read, and follow those that were checked before",
        ),
    ]
    out.data({**_shown(noted), "read": read}, lines)


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
            reader.check_grown(open_checkpoint(_note(since), reader.key), noted.checkpoint)
        logged = None
        if sid is not None or index is not None:
            place = _place(out, reader, noted, sid, index)
            logged = reader.prove(place, noted).check(reader.key)
    data = {**_shown(noted), "since": since is not None, "entry": logged and _entry(logged)}
    lines = [_size_line(out, noted.checkpoint.size)]
    if since is not None:
        lines.append(out.pick("自旧检查点以来只增未改", "It has only grown since the earlier checkpoint"))
    out.data(data, [*lines, *(_entry_lines(out, logged) if logged else [])])


def _verify_database(context: click.Context, out: Output, since: Path | None, state: Path | None) -> None:
    from mshield.services.log.verify import verify_log
    from mshield.services.log.verify_tail import verify_tail

    earlier = None if since is None else _note(since)

    async def run(log: "Log") -> "Report":
        if state is not None:
            before = read_state(state, log.key.verifier)
            return await verify_tail(log, before, keep=_keeping(state))
        return await verify_log(log, since=earlier)

    with refusing(out, LogError, OSError):
        report = _on_database(out, run, begin=False)
    tell_findings("log verify", report.findings)
    lines = [_size_line(out, report.checkpoint.size if report.checkpoint else 0)]
    if report.waiting:
        lines.append(
            out.pick(f"{report.waiting} 行等待写入日志", f"{report.waiting} rows wait for their place")
        )
    if report.archived:
        lines.append(
            out.pick(
                f"{report.archived} 行已归档，由 mshield archive verify 核对",
                f"{report.archived} rows are archived: mshield archive verify compares them",
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
            "last_run": report.last_run,
            "findings": finding_data(report.findings),
        },
        lines,
    )
    context.exit(0 if report.holds else 1)


def _on_database(out: Output, work: "Callable[[Log], Awaitable[T]]", *, begin: bool = True) -> T:
    from mshield.services.log.open_log import open_log

    async def run(service: Service) -> T:
        return await work(
            await open_log(service.db, service.keyring, service.settings, now=service.now, begin=begin)
        )

    return on_service(out, run)


def _outside(url: str | None, key: str | None) -> tuple[str, str] | None:
    if url is None and key is None:
        return None
    if url is None or key is None:
        raise click.UsageError("--url and --key go together.")
    return url, key


def _note(file: Path) -> str:
    return file.read_text("utf-8", "replace")


def _place(out: Output, reader: LogReader, noted: Noted, sid: bytes | None, index: int | None) -> int:
    place = index if sid is None else reader.find_signature(sid, noted.checkpoint)
    if place is None:
        raise Refused(
            out.pick("日志中没有此签名", "the signature is not in the log"),
            code="not_logged",
            as_json=out.json,
        )
    return place


def _shown(noted: Noted) -> dict[str, object]:
    checkpoint = noted.checkpoint
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def _entry(logged: Logged) -> dict[str, object]:
    entry = logged.entry
    data: dict[str, object] = {
        "index": logged.index,
        "size": logged.checkpoint.size,
        "origin": logged.checkpoint.origin,
        "kind": entry.kind.name.lower(),
        "at": entry.at,
    }
    if isinstance(entry, SignatureEntry):
        data |= {"sid": entry.sid.hex(), "binding": entry.binding.hex()}
    if isinstance(entry, CertificateEntry):
        data |= {"serial": entry.serial.hex(), "status": entry.status.name.lower()}
    if isinstance(entry, ViewEntry):
        data |= {"client_id": entry.client_id, "id": entry.view_id, "version": entry.version}
        data |= {"digest": entry.digest.hex()}
        data |= {"asked_by": entry.asked_by.hex(), "approved_by": entry.approved_by.hex()}
    return data


def _digest(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("not a view's digest in hex") from error


def _size_line(out: Output, size: int) -> str:
    return out.pick(f"日志签名有效，共 {size} 个条目", f"The log's signature holds; {size} entries")


def _entry_lines(out: Output, logged: Logged) -> list[str]:
    head = out.pick(
        f"条目 {logged.index} 在 {logged.checkpoint.origin} 的前 {logged.checkpoint.size} 个条目之中",
        f"Entry {logged.index} stands among the first {logged.checkpoint.size} of {logged.checkpoint.origin}",
    )
    return [head, *(f"  {name}: {value}" for name, value in _entry(logged).items() if name != "index")]
