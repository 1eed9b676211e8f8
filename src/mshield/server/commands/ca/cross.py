"""`mshield ca cross`: certificates of an issuing CA by other roots."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.ca.files import FILE, fingerprint, read_der
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.pki.foreign.certificate import ForeignCertificate
    from mshield.server.authorities.rows.authorities import CrossRow


@click.group(name="cross")
def command() -> None:
    """Cross-certification of an issuing CA by another root (交叉认证): request, import, list, remove."""


@command.command()
@click.argument("name", default="issuing")
@output_options
def request(out: Output, name: str) -> None:
    """Print a request (PKCS#10) with name and key of the issuing CA NAME, for another root."""
    from mshield.pki.asn1 import pem
    from mshield.server.ca.requests import request_cross

    async def work(service: Service) -> bytes:
        return await request_cross(service.db, service.keyring, service.engine, name)

    text = pem.encode("CERTIFICATE REQUEST", on_service(out, work))
    out.data({"name": name, "pem": text}, text.splitlines())


@command.command(name="import")
@click.argument("file", type=FILE)
@click.option("--root", type=FILE, required=True, help="Certificate of the other root.")
@click.option(
    "--root-sha256",
    callback=fingerprint,
    required=True,
    help="SHA-256 of the other root, as its operator states it.",
)
@output_options
def import_command(out: Output, file: Path, root: Path, root_sha256: bytes) -> None:
    """Import the certificate (PEM or DER) that another root made of the request.

    It is served at /pki/NAME.p7c, and added to the chains in results if it and its root are of the strict
    profile. Others are for verifiers who read tolerantly; they never satisfy a strict root.
    """
    from mshield.server.ca.cross import import_cross

    certificate, by = read_der(out, file, "CERTIFICATE"), read_der(out, root, "CERTIFICATE")

    async def work(service: Service) -> "tuple[CrossRow, bool]":
        return await import_cross(
            service.db,
            service.engine,
            service.settings,
            certificate,
            root=by,
            fingerprint=root_sha256,
            now=service.now,
        )

    row, strict = on_service(out, work, dated=True)
    _print(out, [(row, strict)])


@command.command(name="list")
@output_options
def list_command(out: Output) -> None:
    """List the imported cross certificates."""
    from mshield.server.authorities.authority import is_strict
    from mshield.server.authorities.rows.authorities import list_cross

    rows = on_service(out, lambda service: list_cross(service.db))
    _print(out, [(row, is_strict(row)) for row in rows])


@command.command()
@click.argument("sha256", callback=fingerprint)
@output_options
def remove(out: Output, sha256: bytes) -> None:
    """Remove the cross certificate with this SHA-256, such as one that its root has revoked."""
    from mshield.server.ca.cross import remove_cross

    on_service(out, lambda service: remove_cross(service.db, sha256, now=service.now))
    out.data({"removed": sha256.hex()}, [out.pick(f"已移除 {sha256.hex()}", f"removed {sha256.hex()}")])


def _print(out: Output, rows: "list[tuple[CrossRow, bool]]") -> None:
    from mshield.pki.foreign.certificate import parse_foreign_certificate

    data = [_data(row.authority, parse_foreign_certificate(row.certificate), strict) for row, strict in rows]
    headers = ["", out.pick("根", "root"), out.pick("读取方式", "read"), "SHA-256"]
    out.data(
        data, table(headers, [[str(one[key]) for key in ("ca", "root", "read", "sha256")] for one in data])
    )


def _data(name: str, certificate: "ForeignCertificate", strict: bool) -> dict[str, Any]:
    return {
        "ca": name,
        "root": certificate.issuer.common_name,
        "read": "strict" if strict else "tolerant",
        "not_after": certificate.not_after,
        "sha256": certificate.fingerprint().hex(),
    }
