"""`mshield archive`: months of what is over in files, out of the database: checked, searched, and evidence of them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.commands.parts.output import Output, Refused, output_options, refusing, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.operations.archives.archive import Archive, Checked
    from mshield.store.operations.archives import ArchiveRow

T = TypeVar("T")
_FOLDER: Final = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, writable=False, path_type=Path)
)
_MONTH: Final = click.argument("month", metavar="MONTH")
ARCHIVED: Final = ("signatures", "acts", "certificate_events")
_KIND: Final = click.option(
    "--kind", type=click.Choice(ARCHIVED), default=ARCHIVED[0], show_default=True, help="Of what."
)


@click.group()
def command() -> None:
    """Keep old months in files: signatures, acts, what happened to certificates (归档)."""


@command.command()
@_MONTH
@_FOLDER
@_KIND
@click.option(
    "--remove", is_flag=True, help="Then take the month out of the database, once the file was read again."
)
@click.option("--yes", is_flag=True, help="Don't ask before removing.")
@output_options
def write(out: Output, month: str, folder: Path, *, kind: str, remove: bool, yes: bool) -> None:
    """Write MONTH (such as 2026-01, UTC) to FOLDER, a file and its manifest, and read it back.

    A month of signatures can be archived once the personal data of its requests are over (MSHIELD_KEEP_REQUEST_DAYS),
    one of acts after MSHIELD_KEEP_ACT_DAYS. Certificate events go by the month in which their certificates ended,
    MSHIELD_KEEP_SIGNATURE_YEARS later. With --remove the rows leave the database; the log keeps their entries. Copy the
    folder first, to where it is kept for as long as the law wants. Called again, it goes on with the removal.
    """
    if remove and not yes:
        click.confirm(
            out.pick(
                f"{month} 归档后将从数据库移除。继续吗？",
                f"What is of {month} will leave the database once archived. Go on?",
            ),
            abort=True,
            err=True,
        )

    async def run(archive: "Archive", service: Service) -> "tuple[ArchiveRow, int | None]":
        from mshield.services.operations.archives.archive_proofs import Prover
        from mshield.store.operations import archives

        known = await archives.find(service.db, id=archive.name_of(month))
        if known is None or not remove:
            prover = await Prover.of(archive.log, service.keyring, service.engine, service.settings)
            known = await archive.write(month, prover, now=service.now)
        return known, await archive.remove(month, now=service.now) if remove else None

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
    """List the months that were archived from this database."""
    from mshield.store.operations import archives

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
@click.option("--month", help="Only this one.")
@click.option("--kind", type=click.Choice(ARCHIVED), help="Only of this.")
@click.option(
    "--log-key",
    help="Check the files alone, by the proofs in them, with this log's vkey: no database, no service's keys.",
)
@output_options
def verify(out: Output, folder: Path, *, month: str | None, kind: str | None, log_key: str | None) -> None:
    """Check the files in FOLDER: their digests, and each row against its entry in the log. Exit code 1 if not."""
    kinds = (kind,) if kind else ARCHIVED
    checked = _alone(out, folder, month, kinds, log_key) if log_key else _here(out, folder, month, kinds)
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


def _here(out: Output, folder: Path, month: str | None, kinds: tuple[str, ...]) -> list[dict[str, object]]:
    async def run(archive: "Archive", _service: Service) -> "list[Checked]":
        from mshield.services.operations.archives.archive_files import ArchiveError

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
    from mshield.services.operations.archives.archive_alone import check_alone
    from mshield.services.operations.archives.archive_files import ArchiveError

    checked: list[dict[str, object]] = []
    with refusing(out, LogError):
        key = VerifierKey.parse(log_key)
        files = [file for kind in kinds for file in sorted(folder.glob(f"{kind}-{month or '*'}.jsonl.gz"))]
        try:
            if not files:
                raise ArchiveError("archive_unknown", month or str(folder))  # noqa: TRY301  # told as the others are
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
@click.option("--month", help="Only in this one.")
@click.option("--request", "request_id", help="The request's id.")
@click.option("--sid", help="A document's sid, in hex.")
@click.option("--client-id", help="Whose requests.")
@click.option("--shield-number", help="Whose signatures.")
@_KIND
@click.option("--subject", help="Of acts: whom or what it was done to.")
@click.option("--serial", help="Of certificate events: the certificate's serial, in hex.")
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
    """List the archived signatures, acts or certificate events in FOLDER for which all of this holds."""
    if kind != ARCHIVED[0]:
        _search_rows(out, folder, month, kind, {"subject": subject, "serial": serial})
        return

    async def run(archive: "Archive", _service: Service) -> "list[dict[str, object]]":
        from mshield.services.operations.archives.archive_evidence import search as search_archive

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
    "--document", type=click.IntRange(min=0), default=0, show_default=True, help="Its place, from 0."
)
@click.option("--month", help="In which month it is; else all are looked through.")
@output_options
def evidence(out: Output, folder: Path, request_id: str, *, document: int, month: str | None) -> None:
    """Print the bundle of evidence for an archived signature; `mshield verify` checks it.

    As for one in the database: by a bare signature the content has to be put beside it.
    """

    async def run(archive: "Archive", service: Service) -> bytes:
        from mshield.services.operations.archives.archive_evidence import ArchivedEvidence

        make = ArchivedEvidence(archive, service.keyring, service.engine)
        return await make(request_id, document, month=month, now=service.now)

    click.echo(_on_archive(out, folder, run, dated=True).decode())


@command.command()
@_MONTH
@_FOLDER
@_KIND
@click.option(
    "--second-person", metavar="NAME", required=True, help="Who has checked with you that it may go."
)
@click.option("--reason", required=True, help="Why; it stands in the acts.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def erase(
    out: Output, month: str, folder: Path, *, kind: str, second_person: str, reason: str, yes: bool
) -> None:
    """Erase the archive of MONTH in FOLDER for good, where the law wants it no longer.

    That is MSHIELD_KEEP_SIGNATURE_YEARS after the end of the last certificate that it speaks of. The log keeps the
    entries, which name nobody. Erase the copies of the folder too. Two people decide; it stands in the acts and in the
    log.
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
        from mshield.domain.identity import normalise_name
        from mshield.services.operations.archives.archive_erase import erase_archive

        second = normalise_name(second_person)
        return await erase_archive(archive, month, second_person=second, reason=reason, now=service.now)

    erased = _on_archive(out, folder, run, kind=kind, dated=True)
    counted = "signatures" if kind == ARCHIVED[0] else "rows"
    out.data(
        {"month": month, "kind": kind, counted: erased},
        [out.pick(f"已删除 {month} 的 {erased} 行", f"{erased} rows of {month} are erased")],
    )


def _on_archive(
    out: Output,
    folder: Path,
    work: "Callable[[Archive, Service], Awaitable[T]]",
    *,
    kind: str = ARCHIVED[0],
    dated: bool = False,
) -> T:
    from mshield.services.log.open_log import open_log
    from mshield.services.operations.archives.archive import Archive
    from mshield.services.operations.archives.archive_files import ArchiveError

    async def run(service: Service) -> T:
        log = await open_log(service.db, service.keyring, service.settings, now=service.now, begin=False)
        return await work(Archive(service.db, log, service.settings, folder).of(kind), service)

    try:
        return on_service(out, run, dated=dated)
    except ArchiveError as error:
        raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
