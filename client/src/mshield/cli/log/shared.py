"""Shared parts of the log commands: access to the log, and display of entries and checkpoints."""

from pathlib import Path
from types import ModuleType
from typing import Final

import click

from mshield.cli.parts.output import Output, Refused
from mshield.cli.parts.with_service import service_module
from mshield.client.log import Logged, LogReader, Noted
from mshield.pki.tlog.entry import CertificateEntry, SignatureEntry, ViewEntry

FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
URL_OPTION: Final = click.option("--url", help="The log's address, e.g. https://shield.example/log.")
KEY_OPTION: Final = click.option(
    "--key", help="The log's vkey, obtained from its operator (`mshield log key`)."
)


class Sid(click.ParamType):  # type: ignore[type-arg]  # generic only in some releases of click
    """Parameter type for a document's sid: 32 hex digits."""

    name = "sid"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        try:
            sid = bytes.fromhex(str(value))
        except ValueError:
            sid = b""
        if len(sid) != 16:
            self.fail("not 32 hex digits", param, ctx)
        return sid


def database_part(out: Output) -> ModuleType:
    """Returns the half of `mshield log` that works on the service's database. Raises: Refused (not_installed)."""
    return service_module(out, "mshield.server.commands.log_database")


def outside(url: str | None, key: str | None) -> tuple[str, str] | None:
    """Returns address and key of a log read from outside; None for the database.

    Raises: UsageError (only one given).
    """
    if url is None and key is None:
        return None
    if url is None or key is None:
        raise click.UsageError("--url and --key must be given together.")
    return url, key


def note_in(file: Path) -> str:
    return file.read_text("utf-8", "replace")


def place_of(out: Output, reader: LogReader, noted: Noted, sid: bytes | None, index: int | None) -> int:
    """Returns the given index, or that of a signature. Raises: Refused (not in the log)."""
    place = index if sid is None else reader.find_signature(sid, noted.checkpoint)
    if place is None:
        raise Refused(
            out.pick("日志中没有此签名", "the signature is not in the log"),
            code="not_logged",
            as_json=out.json,
        )
    return place


def checkpoint_data(noted: Noted) -> dict[str, object]:
    checkpoint = noted.checkpoint
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def entry_data(logged: Logged) -> dict[str, object]:
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


def size_line(out: Output, size: int) -> str:
    """Returns a sentence with the number of entries in the signed log."""
    return out.pick(f"日志签名有效，共 {size} 个条目", f"The log's signature is valid; {size} entries")


def entry_lines(out: Output, logged: Logged) -> list[str]:
    head = out.pick(
        f"条目 {logged.index} 在 {logged.checkpoint.origin} 的前 {logged.checkpoint.size} 个条目之中",
        f"Entry {logged.index} is among the first {logged.checkpoint.size} entries of {logged.checkpoint.origin}",
    )
    return [head, *(f"  {name}: {value}" for name, value in entry_data(logged).items() if name != "index")]
