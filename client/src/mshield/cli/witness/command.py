"""`mshield witness`: a witness of transparency logs, run by somebody other than the logs' operator."""

from pathlib import Path
from typing import Final

import click

from mshield.cli.parts.output import Output, output_options, refusing, shown_time
from mshield.cli.witness.memory import Memory
from mshield.cli.witness.server import server
from mshield.client.errors import ClientError
from mshield.client.log import LogReader
from mshield.client.witness import Witness
from mshield.pki.errors import LogError, LogSignatureError
from mshield.pki.tlog.cosignature import WitnessKey, cosignatures
from mshield.pki.tlog.note import VerifierKey, open_checkpoint

_STATE: Final = click.option(
    "--state",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="The witness's file: its key, and the last known state of each log.",
)


@click.group()
def command() -> None:
    """Watch transparency logs and cosign their checkpoints (透明日志的见证人)."""


@command.command()
@_STATE
@click.option("--name", required=True, help="The witness's name, e.g. witness.example/w1.")
@output_options
def init(out: Output, file: Path, name: str) -> None:
    """Create a witness with a new key and print its vkey: give that to those who will rely on the witness.

    Keep the file, and never replace it by an older copy: a witness that forgets may cosign two diverging
    logs.
    """
    with refusing(out, LogError, FileExistsError):
        key = Memory(file).begin(name)
    out.data({"vkey": str(key)}, [str(key)])


@command.command(name="add-log")
@click.argument("vkey")
@_STATE
@output_options
def add_log(out: Output, file: Path, vkey: str) -> None:
    """Watch the log with this vkey (its operator prints it with `mshield log key`)."""
    with refusing(out, LogError):
        Memory(file).add_log(VerifierKey.parse(vkey))
    out.data({"added": vkey}, [vkey])


@command.command(name="list")
@_STATE
@output_options
def show(out: Output, file: Path) -> None:
    """Print the witness's vkey, and the logs that it watches with their last known sizes."""
    memory = Memory(file)
    with refusing(out, LogError):
        key, logs = str(memory.key()), memory.logs()
    data = {"vkey": key, "logs": [{"origin": origin, "size": size} for origin, size in logs]}
    out.data(data, [key, *(f"{origin}: {size}" for origin, size in logs)])


@command.command()
@_STATE
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="Port to listen on."
)
@output_options
def serve(out: Output, file: Path, host: str, port: int) -> None:
    """Answer `POST /add-checkpoint` until stopped. It has no TLS: put a proxy in front."""
    memory = Memory(file)
    with refusing(out, LogError, OSError):
        key, served = memory.key(), server(memory, host, port)
    with served:
        address = f"http://{host}:{served.server_address[1]}"
        out.data({"vkey": str(key), "address": address}, [f"{key}", address])
        served.serve_forever()


@command.command()
@click.option(
    "--witness", "address", required=True, help="The witness's address, e.g. https://witness.example."
)
@click.option("--witness-key", required=True, help="The witness's vkey, obtained from its operator.")
@click.option("--url", required=True, help="The log's address, e.g. https://shield.example/log.")
@click.option("--key", required=True, help="The log's vkey.")
@output_options
def ask(out: Output, *, address: str, witness_key: str, url: str, key: str) -> None:
    """Have a witness cosign a log's checkpoint, and print it with the cosignature, for those who trust the witness.

    The witness refuses if the log isn't a continuation of the one that it saw before: exit code 1.
    """
    with (
        refusing(out, ClientError, LogError),
        LogReader(url, key) as reader,
        Witness(address, witness_key) as witness,
    ):
        note = witness.cosign(reader, noted := reader.checkpoint())
        cosigned = cosignatures(note, (witness.key,))[0]
    if not out.json:
        click.echo(note, nl=False)
        return
    size = noted.checkpoint.size
    out.data({"size": size, "note": note, "witness": cosigned.witness, "at": cosigned.at}, [])


@command.command()
@click.argument("note", type=click.Path(exists=True, dir_okay=False, readable=True, path_type=Path))
@click.option("--key", required=True, help="The log's vkey.")
@click.option(
    "--witness-key", "witnesses", required=True, multiple=True, help="A witness's vkey; may be repeated."
)
@output_options
def check(out: Output, note: Path, *, key: str, witnesses: tuple[str, ...]) -> None:
    """Check a cosigned checkpoint, and print which of these witnesses cosigned it and when. Exit code 1 if none."""
    with refusing(out, LogError):
        text = note.read_text("utf-8", "replace")
        checkpoint = open_checkpoint(text, VerifierKey.parse(key))
        cosigned = cosignatures(text, [WitnessKey.parse(one) for one in witnesses])
        if not cosigned:
            raise LogSignatureError("none of these witnesses has cosigned it")
    lines = [
        out.pick(
            f"{one.witness} 于 {shown_time(one.at)} 见证",
            f"{one.witness} cosigned it at {shown_time(one.at)}",
        )
        for one in cosigned
    ]
    data = [{"witness": one.witness, "at": one.at} for one in cosigned]
    out.data({"origin": checkpoint.origin, "size": checkpoint.size, "cosignatures": data}, lines)
