"""`mshield ca ceremony`: the record of a key ceremony, signed by those present."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.ca.files import FILE, read_limited
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.ca.ceremony import Ceremony, Person

_NEW = click.Path(dir_okay=False, path_type=Path)


@click.group(name="ceremony")
def command() -> None:
    """Record of a key ceremony (密钥仪式): open, confirm by each person present, verify, print, close."""


@command.command(name="open")
@click.argument("file", type=_NEW)
@click.option("--what", required=True, help="What is done, such as 'first issuing CA'.")
@click.option("--place", required=True, help="Where.")
@click.option(
    "--present",
    "people",
    multiple=True,
    required=True,
    metavar="NAME:ROLE:KEYFILE",
    help="A person present; KEYFILE has their SM2 public key or certificate (PEM). Twice or more.",
)
@click.option("--note", "notes", multiple=True, help="An observation, in order; may be repeated.")
@click.option(
    "--hours",
    type=click.IntRange(1, 24 * 31),
    default=24,
    show_default=True,
    help="Acts on the CA in this time belong to the ceremony.",
)
@output_options
def open_command(
    out: Output,
    *,
    file: Path,
    what: str,
    place: str,
    people: tuple[str, ...],
    notes: tuple[str, ...],
    hours: int,
) -> None:
    """Write the record of the CA's certificates, requests, root list and latest acts to FILE, to be signed as FILE.tbs.

    Everyone present compares the printed SHA-256 and signs FILE.tbs: SM2 with SM3, default id, DER.
    """
    from mshield.server.ca.ceremony import digest_of, open_ceremony, signed_octets, write_ceremony
    from mshield.wire.times import HOUR_MS

    present = [_person(out, text) for text in people]

    async def work(service: Service) -> "Ceremony":
        now = service.now
        return await open_ceremony(
            service.db,
            what=what,
            place=place,
            people=present,
            notes=notes,
            since=now - hours * HOUR_MS,
            now=now,
        )

    ceremony = on_service(out, work, dated=True)
    to_sign = file.with_name(f"{file.name}.tbs")
    file.write_bytes(write_ceremony(ceremony))
    to_sign.write_bytes(signed_octets(ceremony.record))
    digest = digest_of(ceremony.record)
    out.data(
        {"sha256": digest, "to_sign": str(to_sign), "items": len(ceremony.record.items)},
        [
            f"SHA-256 {digest}",
            (
                "openssl pkeyutl -sign -rawin -digest sm3 -pkeyopt distid:1234567812345678 -inkey KEY "
                f"-in {to_sign} -out SIG"
            ),
        ],
    )


@command.command()
@click.argument("file", type=FILE)
@click.option("--name", required=True, help="The person, as in the record.")
@click.option("--signature", type=FILE, required=True, help="Their signature on FILE.tbs (DER).")
@output_options
def confirm(out: Output, file: Path, name: str, signature: Path) -> None:
    """Add the signature of a person present to FILE."""
    from mshield.gm.engine import load_engine
    from mshield.server.ca import ceremony

    confirmed = ceremony.confirm(load_engine(), _read(out, file), name, read_limited(out, signature))
    file.write_bytes(ceremony.write_ceremony(confirmed))
    left = sorted(_names(confirmed) - {each.name for each in confirmed.signatures})
    text = out.pick(f"{name} 已签名，还缺 {len(left)} 人", f"{name} has signed, {len(left)} left")
    out.data({"signed": name, "left": left}, [text])


@command.command()
@click.argument("file", type=FILE)
@click.option("--here", is_flag=True, help="Also compare with this server's database.")
@output_options
def verify(out: Output, file: Path, here: bool) -> None:  # click passes booleans
    """Check that FILE is signed by everyone present; needs no server without --here."""
    from mshield.gm.engine import load_engine
    from mshield.server.ca.ceremony import compare_with_database, digest_of, require_signed

    ceremony = _read(out, file)
    require_signed(load_engine(), ceremony)
    if here:
        on_service(out, lambda service: compare_with_database(service.db, ceremony.record))
    digest = digest_of(ceremony.record)
    names = sorted(_names(ceremony))
    text = out.pick(f"已由 {'、'.join(names)} 签名", f"signed by {', '.join(names)}")
    out.data({"sha256": digest, "signed": names}, [f"SHA-256 {digest}", text])


@command.command()
@click.argument("file", type=FILE)
@click.argument("page", type=_NEW)
@output_options
def page(out: Output, file: Path, page: Path) -> None:
    """Write FILE as a page (HTML) for printing or saving as PDF, with lines for handwritten signatures."""
    from mshield.server.ca.ceremony import page_of

    page.write_text(page_of(_read(out, file)), encoding="utf-8")
    out.data({"page": str(page)}, [str(page)])


@command.command()
@click.argument("file", type=FILE)
@output_options
def close(out: Output, file: Path) -> None:
    """Record the ceremony as an act, which enters the log; everyone present must have signed FILE."""
    from mshield.server.ca.ceremony import close_ceremony, digest_of

    ceremony = _read(out, file)
    on_service(
        out, lambda service: close_ceremony(service.db, service.engine, ceremony, now=service.now), dated=True
    )
    digest = digest_of(ceremony.record)
    out.data({"sha256": digest}, [out.pick(f"已记录 {digest}", f"recorded {digest}")])


def _read(out: Output, file: Path) -> "Ceremony":
    from mshield.server.ca.ceremony import read_ceremony

    return read_ceremony(read_limited(out, file))


def _names(ceremony: "Ceremony") -> set[str]:
    return {person.name for person in ceremony.record.people}


def _person(out: Output, text: str) -> "Person":
    from mshield.pki.asn1 import pem
    from mshield.pki.asn1.frame import read_public_key_info
    from mshield.pki.asn1.reader import Reader
    from mshield.pki.foreign.certificate import parse_foreign_certificate
    from mshield.server.ca.ceremony import Person

    parts = text.split(":", 2)
    if len(parts) != 3 or not Path(parts[2]).is_file():
        raise click.BadParameter("NAME:ROLE:KEYFILE", param_hint="--present")
    data = read_limited(out, Path(parts[2])).decode("ascii", "replace")
    if certificates := pem.decode("CERTIFICATE", data):
        key = parse_foreign_certificate(certificates[0]).public_key
    elif keys := pem.decode("PUBLIC KEY", data):
        _, key = read_public_key_info(Reader(keys[0]))
    else:
        raise click.BadParameter(f"{parts[2]} contains no public key or certificate", param_hint="--present")
    return Person(parts[0], parts[1], key.hex())
