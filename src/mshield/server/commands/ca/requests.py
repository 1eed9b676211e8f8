"""`mshield ca request`, `requests`, `import`, `import-crl`: a CA whose root key is elsewhere."""

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.ca.files import FILE, FOLDER, fingerprint, read_der, read_ders
from mshield.server.commands.ca.show import certificate_data, certificate_lines
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.pki.certificates.certificate import Certificate
    from mshield.pki.revocation.crl import Crl
    from mshield.server.ca.requests import CaRequest

_OUT = click.option(
    "--out", "folder", type=FOLDER, help="Folder for NAME.csr and NAME.ext; created if missing."
)


def show_requests(out: Output, requests: "Sequence[CaRequest]", folder: Path | None) -> None:
    """Writes requests into `folder`, if there is one, and prints them with their fingerprints."""
    from mshield.pki.asn1 import pem

    texts = {request.name: pem.encode("CERTIFICATE REQUEST", request.der) for request in requests}
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        for request in requests:
            (folder / f"{request.name}.csr").write_text(texts[request.name], encoding="ascii")
            (folder / f"{request.name}.ext").write_text(request.extensions, encoding="utf-8")
    data = [
        {
            "name": request.name,
            "sha256": sha256(request.der).hexdigest(),
            "pem": texts[request.name],
            "extensions": request.extensions,
        }
        for request in requests
    ]
    rows = [[request.name, sha256(request.der).hexdigest()] for request in requests]
    lines = table([out.pick("请求", "request"), "SHA-256"], rows)
    if folder is None:
        lines += [line for text in texts.values() for line in text.splitlines()]
    out.data(data, lines)


@click.command(name="request")
@click.argument("name", type=click.Choice(["issuing", "root_ocsp", "tsa"]))
@click.option("--key", help="Its key in a cipher machine (MSHIELD_SDF_LIBRARY): sdf:INDEX.")
@_OUT
@output_options
def request_command(out: Output, name: str, key: str | None, folder: Path | None) -> None:
    """Make a new key and a request (PKCS#10) for the root elsewhere: next issuing CA, the root's OCSP responder, TSA.

    What is in use stays in use until the certificate is imported.
    """
    from mshield.server.ca.requests import request_next

    async def work(service: Service) -> "CaRequest":
        keyring, engine = service.keyring, service.engine
        return await request_next(
            service.db, keyring, engine, service.settings, name, key=key, now=service.now
        )

    show_requests(out, [on_service(out, work, dated=True)], folder)


@click.command(name="requests")
@_OUT
@click.option("--discard", metavar="NAME", help="Delete this request with its key.")
@output_options
def requests_command(out: Output, folder: Path | None, discard: str | None) -> None:
    """Show or write again the requests that the root elsewhere hasn't answered."""
    from mshield.server.ca.requests import discard_request, open_requests

    async def work(service: Service) -> "list[CaRequest]":
        if discard is not None:
            await discard_request(service.db, discard, now=service.now)
        return await open_requests(service.db, service.settings)

    show_requests(out, on_service(out, work), folder)


@click.command(name="import")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--root", type=FILE, help="First import: certificate of the root.")
@click.option(
    "--root-sha256",
    callback=fingerprint,
    help="First import: SHA-256 of the root, as those who keep it state it.",
)
@click.option("--crl", type=FILE, help="First import: the root's revocation list.")
@output_options
def import_command(
    out: Output, files: tuple[Path, ...], root: Path | None, root_sha256: bytes | None, crl: Path | None
) -> None:
    """Import certificates (PEM or DER) that the root elsewhere signed for this server's requests; all or none.

    Each must have the key and name of an open request and pass the checks of certificates issued here. The
    first import needs those of issuing CA, root_ocsp and tsa, and pins the root.
    """
    from mshield.server.ca.import_certificates import FirstImport, import_certificates

    given = (root, root_sha256, crl)
    if any(each is not None for each in given) and None in given:
        raise click.UsageError("--root, --root-sha256 and --crl go together")
    certificates = [der for file in files for der in read_ders(out, file, "CERTIFICATE")]
    first = (
        None
        if root is None or root_sha256 is None or crl is None
        else FirstImport(read_der(out, root, "CERTIFICATE"), root_sha256, read_der(out, crl, "X509 CRL"))
    )

    async def work(service: Service) -> "list[tuple[str, Certificate]]":
        return await import_certificates(
            service.db,
            service.keyring,
            service.engine,
            service.settings,
            certificates,
            first=first,
            now=service.now,
        )

    imported = on_service(out, work, dated=True)
    out.data([certificate_data(*one) for one in imported], certificate_lines(out, imported))


@click.command(name="import-crl")
@click.argument("file", type=FILE)
@output_options
def import_crl_command(out: Output, file: Path) -> None:
    """Import the next revocation list of the root elsewhere; it is served at /pki/root.crl at once.

    An issuing CA on it is permanently revoked here too.
    """
    from mshield.server.ca.import_root_list import import_root_list

    data = read_der(out, file, "X509 CRL")

    async def work(service: Service) -> "tuple[Crl, list[str]]":
        return await import_root_list(service.db, service.keyring, service.engine, data, now=service.now)

    crl, revoked = on_service(out, work, dated=True)
    text = out.pick(f"已导入第 {crl.number} 号列表", f"imported list {crl.number}")
    lines = [text, *(out.pick(f"已吊销 {name}", f"revoked {name}") for name in revoked)]
    out.data({"number": crl.number, "next_update": crl.next_update, "revoked": revoked}, lines)
