"""`mshield log`: show, prove and check the transparency log, on the database or from outside.

From outside it needs only the log's address and key (`--url`, `--key`), or only a proof.
"""

import json
from pathlib import Path

import click

from mshield.cli.log.shared import (
    KEY_OPTION,
    URL_OPTION,
    Sid,
    checkpoint_data,
    database_part,
    outside,
    place_of,
)
from mshield.cli.log.verify import verify
from mshield.cli.parts.output import Output, output_options, refusing
from mshield.client.errors import ClientError
from mshield.client.log import LogReader, Noted
from mshield.pki.errors import LogError


@click.group(name="log")
def command() -> None:
    """Transparency log: show, prove, check (透明日志)."""


@command.command()
@output_options
def key(out: Output) -> None:
    """Print the log's name and key (vkey), with which others check it; created at first use.

    Publish it where you publish the fingerprint of the root certificate.
    """
    vkey: str = database_part(out).vkey(out)
    out.data({"vkey": vkey}, [vkey])


@command.command()
@URL_OPTION
@KEY_OPTION
@output_options
def checkpoint(out: Output, url: str | None, key: str | None) -> None:
    """Print the log's signed checkpoint, from the database or from --url with --key; store it for --since.

    The output is the signed note, byte for byte.
    """
    from_outside = outside(url, key)
    if from_outside is None:
        noted: Noted = database_part(out).checkpoint(out)
    else:
        with refusing(out, ClientError, LogError), LogReader(*from_outside) as reader:
            noted = reader.checkpoint()
    if not out.json:
        click.echo(noted.note, nl=False)
        return
    out.data({**checkpoint_data(noted), "note": noted.note}, [])


@command.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@output_options
def export(out: Output, folder: Path) -> None:
    """Write the log's tiles into a folder, for any file server; only what is new since the last run."""
    size, written = database_part(out).export(out, folder)
    data = {"size": size, "written": written}
    out.data(
        data, [out.pick(f"{size} 个条目，写入 {written} 个文件", f"{size} entries, {written} files written")]
    )


@command.command()
@click.option("--sid", type=Sid(), help="Prove the signature of this document.")
@click.option("--serial", help="Prove the issue of this certificate; 40 hex digits. Only on the database.")
@click.option(
    "--view",
    type=(str, str),
    metavar="CLIENT_ID DIGEST",
    help="Prove that this view was registered for a business system. Only on the database.",
)
@click.option("--index", type=click.IntRange(min=0), help="Prove the entry at this index.")
@URL_OPTION
@KEY_OPTION
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
    from_outside = outside(url, key)
    if from_outside is None:
        proof = database_part(out).prove(out, sid=sid, serial=serial, view=view, index=index).to_json()
    elif serial is not None or view is not None:
        raise click.UsageError("--serial and --view are for the database: from outside, give --index.")
    else:
        with refusing(out, ClientError, LogError), LogReader(*from_outside) as reader:
            noted = reader.checkpoint()
            proof = reader.prove(place_of(out, reader, noted, sid, index), noted).to_json()
    click.echo(json.dumps(proof, indent=None if out.json else 2))


command.add_command(verify)
