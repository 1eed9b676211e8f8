"""`mshield archive`: months of signatures in files, out of the database: checked, searched, and evidence of them."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.commands.parts.output import Output, Refused, output_options, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.operations.archives.archive import Archive, Checked
    from mshield.store.operations.archives import ArchiveRow

T = TypeVar("T")
_FOLDER: Final = click.argument(
    "folder", type=click.Path(exists=True, file_okay=False, writable=False, path_type=Path)
)
_MONTH: Final = click.argument("month", metavar="MONTH")


@click.group()
def command() -> None:
    """Keep old months of signatures in files, with their digests and places in the log (归档)."""


@command.command()
@_MONTH
@_FOLDER
@click.option(
    "--remove", is_flag=True, help="Then take the month out of the database, once the file was read again."
)
@click.option("--yes", is_flag=True, help="Don't ask before removing.")
@output_options
def write(out: Output, month: str, folder: Path, *, remove: bool, yes: bool) -> None:
    """Write MONTH (such as 2026-01, UTC) of signatures to FOLDER, a file and its manifest, and read it back.

    A month can be archived once the personal data of its requests are over (MSHIELD_KEEP_REQUEST_DAYS). With --remove
    its requests, documents, signatures and time stamps leave the database; the log keeps their entries. Copy the
    folder first, to where it is kept for as long as the law wants. Called again, it goes on with the removal.
    """
    if remove and not yes:
        click.confirm(
            out.pick(
                f"{month} 的签名归档后将从数据库移除。继续吗？",
                f"The signatures of {month} will leave the database once archived. Go on?",
            ),
            abort=True,
            err=True,
        )

    async def run(archive: "Archive", service: Service) -> "tuple[ArchiveRow, int | None]":
        from mshield.services.operations.archives.archive import name_of
        from mshield.store.operations import archives

        known = await archives.find(service.db, id=name_of(month))
        if known is None or not remove:
            known = await archive.write(month, now=service.now)
        return known, await archive.remove(month, now=service.now) if remove else None

    row, removed = _on_archive(out, folder, run, dated=True)
    data = {
        "archive": row.id,
        "requests": row.requests,
        "signatures": row.signatures,
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
            "manifest_sha256": row.manifest,
            "written_at": row.written_at,
            "removed_at": row.removed_at,
        }
        for row in rows
    ]
    headers = ("archive", "requests", "signatures", "written_at", "removed_at", "manifest_sha256")
    out.data(data, table(headers, [[str(one[name]) for name in headers] for one in data]))


@command.command()
@_FOLDER
@click.option("--month", help="Only this one.")
@output_options
def verify(out: Output, folder: Path, *, month: str | None) -> None:
    """Check the files in FOLDER: their digests, and each row against its entry in the log. Exit code 1 if not."""

    async def run(archive: "Archive", _service: Service) -> "list[Checked]":
        from mshield.services.operations.archives.archive_files import ArchiveError

        months = [month] if month else archive.months()
        if not months:
            raise ArchiveError("archive_unknown", str(folder))
        return [await archive.check(one) for one in months]

    checked = _on_archive(out, folder, run)
    out.data(
        [
            {"month": one.manifest.month, "requests": one.requests, "signatures": one.signatures}
            for one in checked
        ],
        [
            out.pick(
                f"{one.manifest.month}：{one.signatures} 个签名与透明日志一致",
                f"{one.manifest.month}: {one.signatures} signatures agree with the log",
            )
            for one in checked
        ],
    )


@command.command()
@_FOLDER
@click.option("--month", help="Only in this one.")
@click.option("--request", "request_id", help="The request's id.")
@click.option("--sid", help="A document's sid, in hex.")
@click.option("--client-id", help="Whose requests.")
@click.option("--shield-number", help="Whose signatures.")
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
) -> None:
    """List the archived signatures in FOLDER for which all of this holds."""

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
@click.option(
    "--second-person", metavar="NAME", required=True, help="Who has checked with you that it may go."
)
@click.option("--reason", required=True, help="Why; it stands in the acts.")
@click.option("--yes", is_flag=True, help="Don't ask.")
@output_options
def erase(out: Output, month: str, folder: Path, *, second_person: str, reason: str, yes: bool) -> None:
    """Erase the archive of MONTH in FOLDER for good, where the law wants it no longer.

    That is MSHIELD_KEEP_SIGNATURE_YEARS after the end of the last certificate that signed in it. The log keeps the
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

    erased = _on_archive(out, folder, run, dated=True)
    out.data(
        {"month": month, "signatures": erased},
        [out.pick(f"已删除 {month} 的 {erased} 个签名", f"{erased} signatures of {month} are erased")],
    )


def _on_archive(
    out: Output, folder: Path, work: "Callable[[Archive, Service], Awaitable[T]]", *, dated: bool = False
) -> T:
    from mshield.services.log.open_log import open_log
    from mshield.services.operations.archives.archive import Archive
    from mshield.services.operations.archives.archive_files import ArchiveError

    async def run(service: Service) -> T:
        log = await open_log(service.db, service.keyring, service.settings, now=service.now, begin=False)
        return await work(Archive(service.db, log, service.settings, folder), service)

    try:
        return on_service(out, run, dated=dated)
    except ArchiveError as error:
        raise Refused(out.pick(error.zh, error.en), code=error.code, as_json=out.json) from error
