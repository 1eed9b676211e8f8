"""`mshield archive`: moves old months from the database to files, verifies, searches and exports them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.cli.parts.output import Output, Refused, output_options, refusing, table
from mshield.server.commands.parts.number_search import by_number, record
from mshield.server.commands.parts.second_person import confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.retention.archive.write import Archive, Checked
    from mshield.server.retention.rows.archives import ArchiveRow

T = TypeVar("T")
_FOLDER: Final = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, writable=False, path_type=Path)
)
_MONTH: Final = click.argument("month", metavar="MONTH")
ARCHIVED: Final = ("signatures", "acts", "certificate_events")
_KIND: Final = click.option(
    "--kind", type=click.Choice(ARCHIVED), default=ARCHIVED[0], show_default=True, help="Kind of rows."
)


@click.group()
def command() -> None:
    """Keep old months in files: signatures, acts, certificate events (归档)."""


@command.command()
@_MONTH
@_FOLDER
@_KIND
@click.option(
    "--remove",
    is_flag=True,
    help="Afterwards remove the month from the database, once the file was read back.",
)
@click.option("--yes", is_flag=True, help="Don't ask before removing.")
@output_options
def write(out: Output, month: str, folder: Path, *, kind: str, remove: bool, yes: bool) -> None:
    """Write MONTH (such as 2026-01, UTC) to FOLDER as a file and its manifest, and read it back.

    A month of signatures can be archived once the personal data of its requests have been erased
    (MSHIELD_KEEP_REQUEST_DAYS), a month of acts after MSHIELD_KEEP_ACT_DAYS. Certificate events belong to the
    month in which their certificates ended, and can be archived MSHIELD_KEEP_SIGNATURE_YEARS later. With
    --remove the rows leave the database; the log keeps their entries. First copy the folder to storage that
    keeps it for as long as the law requires. If the command is run again, it continues the removal.
    """
    if remove and not yes:
        click.confirm(
            out.pick(
                f"{month} 归档后将从数据库移除。继续吗？",
                f"The rows of {month} will be removed from the database once archived. Continue?",
            ),
            abort=True,
            err=True,
        )

    async def run(archive: "Archive", service: Service) -> "tuple[ArchiveRow, int | None]":
        from mshield.server.retention.archive.proofs import Prover
        from mshield.server.retention.rows import archives

        archived = await archives.find(service.db, id=archive.name_of(month))
        if archived is None or not remove:
            prover = await Prover.of(archive.log, service.keyring, service.engine, service.settings)
            archived = await archive.write(month, prover, now=service.now)
        return archived, await archive.remove(month, now=service.now) if remove else None

    row, removed = _on_archive(out, folder, run, kind=kind, dated=True)
    data = {
        "archive": row.id,
        "requests": row.requests,
        "signatures": row.signatures,
        "rows": row.rows,
        "manifest_sha256": row.manifest,
        "removed": removed,
    }
    out.data(data, [f"{name}  {value}" for name, value in data.items() if value is not None])


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the months archived from this database."""
    from mshield.server.retention.rows import archives

    rows = on_service(out, lambda service: archives.list_all(service.db))
    data = [
        {
            "archive": row.id,
            "requests": row.requests,
            "signatures": row.signatures,
            "rows": row.rows,
            "manifest_sha256": row.manifest,
            "written_at": row.written_at,
            "removed_at": row.removed_at,
        }
        for row in rows
    ]
    headers = ("archive", "requests", "signatures", "rows", "written_at", "removed_at", "manifest_sha256")
    out.data(data, table(headers, [[str(one[name]) for name in headers] for one in data]))


@command.command()
@_FOLDER
@click.option("--month", help="Only this month.")
@click.option("--kind", type=click.Choice(ARCHIVED), help="Only this kind.")
@click.option(
    "--log-key",
    help=(
        "Check only the files, by the proofs in them, with this log's vkey; needs neither a "
        "database nor the service's keys."
    ),
)
@output_options
def verify(out: Output, folder: Path, *, month: str | None, kind: str | None, log_key: str | None) -> None:
    """Check the files in FOLDER: their digests, and each row against its entry in the log.

    Exit code 1 if any is wrong.
    """
    kinds = (kind,) if kind else ARCHIVED
    checked = (
        _alone(out, folder, month, kinds, log_key)
        if log_key
        else _check_on_service(out, folder, month, kinds)
    )
    out.data(
        checked,
        [
            out.pick(
                f"{one['kind']} {one['month']}：{one['signatures'] or one['rows']} 行与透明日志一致",
                f"{one['kind']} {one['month']}: {one['signatures'] or one['rows']} rows agree with the log",
            )
            for one in checked
        ],
    )


def _check_on_service(
    out: Output, folder: Path, month: str | None, kinds: tuple[str, ...]
) -> list[dict[str, object]]:
    async def run(archive: "Archive", _service: Service) -> "list[Checked]":
        from mshield.server.retention.archive.files import ArchiveError

        checked = []
        for kind in kinds:
            own = archive.of(kind)
            months = own.months() if month is None else [one for one in own.months() if one == month]
            checked += [await own.check(one) for one in months]
        if not checked:
            raise ArchiveError("archive_unknown", month or str(folder))
        return checked

    return [
        {
            "kind": one.manifest.kind,
            "month": one.manifest.month,
            "requests": one.requests,
            "signatures": one.signatures,
            "rows": one.rows,
        }
        for one in _on_archive(out, folder, run)
    ]


def _alone(
    out: Output, folder: Path, month: str | None, kinds: tuple[str, ...], log_key: str
) -> list[dict[str, object]]:
    from mshield.pki.errors import LogError
    from mshield.pki.tlog.note import VerifierKey
    from mshield.server.retention.archive.files import ArchiveError
    from mshield.server.retention.archive.offline_proofs import check_alone

    checked: list[dict[str, object]] = []
    with refusing(out, LogError):
        key = VerifierKey.parse(log_key)
        files = [file for kind in kinds for file in sorted(folder.glob(f"{kind}-{month or '*'}.jsonl.gz"))]
        try:
            if not files:
                raise ArchiveError("archive_unknown", month or str(folder))  # noqa: TRY301  # reported like the others
            for file in files:
                one = check_alone(file, key)
                rows = {"signatures": one.rows if one.kind == "signatures" else 0}
                checked.append(
                    {"kind": one.kind, "month": one.month, **rows, "rows": one.rows - rows["signatures"],
                     "log_size": one.size}
                )  # fmt: skip
        except ArchiveError as error:
            raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
    return checked


@command.command()
@_FOLDER
@click.option("--month", help="Only this month.")
@click.option("--request", "request_id", help="ID of the request.")
@click.option("--sid", help="A document's sid, in hex.")
@click.option("--client-id", help="Only this business system's requests.")
@click.option("--shield-number", help="Only this shield's signatures.")
@_KIND
@click.option("--subject", help="For acts: the subject of the act.")
@click.option("--serial", help="For certificate events: the certificate's serial number, in hex.")
@output_options
def search(
    out: Output,
    folder: Path,
    *,
    month: str | None,
    request_id: str | None,
    sid: str | None,
    client_id: str | None,
    shield_number: str | None,
    kind: str,
    subject: str | None,
    serial: str | None,
) -> None:
    """List the archived signatures, acts or certificate events in FOLDER that match all options."""
    if kind != ARCHIVED[0]:
        _search_rows(out, folder, month, kind, {"subject": subject, "serial": serial})
        return

    async def run(archive: "Archive", service: Service) -> "list[dict[str, object]]":
        from mshield.server.retention.archive.evidence import search as search_archive

        async def find() -> "list[dict[str, object]]":
            return [
                line
                for one in ([month] if month else archive.months())
                for line in search_archive(
                    archive,
                    one,
                    request_id=request_id,
                    sid=sid,
                    client_id=client_id,
                    shield_number=shield_number,
                )
            ]

        if shield_number is not None:
            return await by_number(
                service, find, kind="archive", number=shield_number, subjects=lambda _lines: ()
            )
        await record(service, "archive")
        return await find()

    lines = _on_archive(out, folder, run)
    headers = ("month", "request", "document", "sid", "client_id", "shield_number", "signed_at", "title")
    out.data(lines, table(headers, [[str(line[name]) for name in headers] for line in lines]))


def _search_rows(
    out: Output, folder: Path, month: str | None, kind: str, wanted: dict[str, str | None]
) -> None:
    headers = ("month", *(("id", "act", "subject", "actor", "actor_id", "details", "at") if kind == "acts" else
                          ("serial", "id", "event", "state", "holds", "actor", "reason", "at")))  # fmt: skip

    async def run(archive: "Archive", _service: Service) -> "list[dict[str, object]]":
        return [
            {"month": one, **{name: row[name] for name in headers[1:]}}
            for one in ([month] if month else archive.months())
            for row in archive.rows(one)
            if all(value in (None, row.get(name)) for name, value in wanted.items())
        ]

    lines = _on_archive(out, folder, run, kind=kind)
    out.data(lines, table(headers, [[str(line[name]) for name in headers] for line in lines]))


@command.command()
@_FOLDER
@click.argument("request_id", metavar="REQUEST")
@click.option(
    "--document",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Position of the document, from 0.",
)
@click.option("--month", help="Month of the signature; by default all months are searched.")
@output_options
def evidence(out: Output, folder: Path, request_id: str, *, document: int, month: str | None) -> None:
    """Print the evidence bundle of an archived signature; `mshield verify` checks it.

    As with a signature in the database, the content of a bare signature must be supplied separately.
    """

    async def run(archive: "Archive", service: Service) -> bytes:
        from mshield.server.retention.archive.evidence import ArchivedEvidence

        make = ArchivedEvidence(archive, service.keyring, service.engine)
        return await make(request_id, document, month=month, now=service.now)

    click.echo(_on_archive(out, folder, run, dated=True).decode())


@command.command()
@_MONTH
@_FOLDER
@_KIND
@second_person_option("a second security officer, who agreed to the erasure")
@click.option("--reason", required=True, help="Reason, recorded in the audit log.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def erase(
    out: Output, month: str, folder: Path, *, kind: str, second_person: str, reason: str, yes: bool
) -> None:
    """Permanently erase the archive of MONTH in FOLDER, once the law no longer requires it.

    That is MSHIELD_KEEP_SIGNATURE_YEARS after the end of the last certificate in it. The log keeps the
    entries, which name nobody. Erase the copies of the folder too. Two people decide; the decision is
    recorded in the audit log and in the transparency log.
    """
    if not yes:
        click.confirm(
            out.pick(
                f"将永久删除 {month} 的归档。继续吗？",
                f"Erase the archive of {month}? It can't be undone.",
            ),
            abort=True,
            err=True,
        )

    async def run(archive: "Archive", service: Service) -> int:
        from mshield.server.retention.archive.erase import erase_archive

        second = await confirmed_by(out, service, second_person)
        return await erase_archive(archive, month, second_person=second, reason=reason, now=service.now)

    erased = _on_archive(out, folder, run, kind=kind, dated=True)
    counted = "signatures" if kind == ARCHIVED[0] else "rows"
    out.data(
        {"month": month, "kind": kind, counted: erased},
        [out.pick(f"已删除 {month} 的 {erased} 行", f"{erased} rows of {month} erased")],
    )


def _on_archive(
    out: Output,
    folder: Path,
    work: "Callable[[Archive, Service], Awaitable[T]]",
    *,
    kind: str = ARCHIVED[0],
    dated: bool = False,
) -> T:
    from mshield.server.log.open_log import open_log
    from mshield.server.retention.archive.files import ArchiveError
    from mshield.server.retention.archive.write import Archive

    async def run(service: Service) -> T:
        log = await open_log(service.db, service.keyring, service.settings.site, now=service.now, begin=False)
        return await work(Archive(service.db, log, service.settings, folder).of(kind), service)

    try:
        return on_service(out, run, dated=dated)
    except ArchiveError as error:
        raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
