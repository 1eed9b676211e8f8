"""What the commands of the log share: where it is read from, and how entries and checkpoints are shown."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.client.log import Logged, LogReader, Noted
from mshield.commands.parts.output import Output, Refused
from mshield.commands.parts.service import Service, on_service
from mshield.pki.tlog.entry import CertificateEntry, SignatureEntry, ViewEntry

if TYPE_CHECKING:
    from mshield.services.log.open_log import Log

T = TypeVar("T")
FILE: Final = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)
URL_OPTION: Final = click.option("--url", help="The log's address, e.g. https://shield.example/log.")
KEY_OPTION: Final = click.option(
    "--key", help="The log's vkey, learnt from its operator (`mshield log key`)."
)


class Sid(click.ParamType):  # type: ignore[type-arg]  # click names its argument in some releases only
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


def on_database(out: Output, work: "Callable[[Log], Awaitable[T]]", *, begin: bool = True) -> T:
    """What `work` gives on the log of the service's database; without `begin`, one that has none stays so."""
    from mshield.services.log.open_log import open_log

    async def run(service: Service) -> T:
        return await work(
            await open_log(service.db, service.keyring, service.settings, now=service.now, begin=begin)
        )

    return on_service(out, run)


def outside(url: str | None, key: str | None) -> tuple[str, str] | None:
    """Address and key of a log that is read from outside; None for the database."""
    if url is None and key is None:
        return None
    if url is None or key is None:
        raise click.UsageError("--url and --key go together.")
    return url, key


def note_in(file: Path) -> str:
    """A signed note in a file."""
    return file.read_text("utf-8", "replace")


def place_of(out: Output, reader: LogReader, noted: Noted, sid: bytes | None, index: int | None) -> int:
    """The place that is asked for, or that of a signature. Raises Refused where the log doesn't have it."""
    place = index if sid is None else reader.find_signature(sid, noted.checkpoint)
    if place is None:
        raise Refused(
            out.pick("日志中没有此签名", "the signature is not in the log"),
            code="not_logged",
            as_json=out.json,
        )
    return place


def checkpoint_data(noted: Noted) -> dict[str, object]:
    """A checkpoint as JSON."""
    checkpoint = noted.checkpoint
    return {"origin": checkpoint.origin, "size": checkpoint.size, "root": checkpoint.root.hex()}


def entry_data(logged: Logged) -> dict[str, object]:
    """An entry as JSON."""
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


def digest_of(text: str) -> bytes:
    """A view's digest from hex."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise click.BadParameter("not a view's digest in hex") from error


def size_line(out: Output, size: int) -> str:
    """How many entries the signed log has, for people."""
    return out.pick(f"日志签名有效，共 {size} 个条目", f"The log's signature holds; {size} entries")


def entry_lines(out: Output, logged: Logged) -> list[str]:
    """An entry, for people."""
    head = out.pick(
        f"条目 {logged.index} 在 {logged.checkpoint.origin} 的前 {logged.checkpoint.size} 个条目之中",
        f"Entry {logged.index} stands among the first {logged.checkpoint.size} of {logged.checkpoint.origin}",
    )
    return [head, *(f"  {name}: {value}" for name, value in entry_data(logged).items() if name != "index")]
