"""`mshield ca`: make the certificate authority and show it. It is made once and never overwritten."""

import asyncio
import time
from typing import TYPE_CHECKING

import click

from mshield.commands.output import Output, output_options, refusing, table

if TYPE_CHECKING:
    from mshield.pki.certificate import Certificate


@click.group(name="ca")
def command() -> None:
    """Certificate authority: make it, show it (证书签发机构)."""


@command.command()
@click.option(
    "--name", default="Mobile Shield", show_default=True, help="The CA's name; common names begin with it."
)
@click.option("--organisation", help="Organisation (O) of the CA's certificates; the name if not given.")
@output_options
def init(out: Output, name: str, organisation: str | None) -> None:
    """Make SM2 root, issuing CA and OCSP responders, keys sealed under the master key.

    Refuses if there is a CA. MSHIELD_PUBLIC_ORIGIN goes into the certificates: set it first.
    """
    from mshield.gm.engine import load_engine
    from mshield.gm.errors import GmError
    from mshield.keys.errors import KeysError
    from mshield.keys.keyring import load_keyring
    from mshield.pki.errors import PkiError
    from mshield.services.init_ca import CaNames, init_ca
    from mshield.settings import load_settings
    from mshield.store.database import StoreError
    from mshield.store.opening import open_database

    async def run() -> tuple["Certificate", "Certificate"]:
        settings = load_settings()
        keyring, engine = load_keyring(settings), load_engine(settings.engine)
        names = CaNames(name=name, organisation=organisation or name)
        db = await open_database(settings.database, pool_size=1)
        try:
            return await init_ca(db, keyring, engine, settings, names, now=time.time_ns() // 1_000_000)
        finally:
            await db.close()

    with refusing(out, KeysError, PkiError, GmError, StoreError):
        root, issuing = asyncio.run(run())
    shown = [("root", root), ("issuing", issuing)]
    out.data([_data(kind, certificate) for kind, certificate in shown], _lines(out, shown))


@command.command()
@click.option("--pem", is_flag=True, help="Print the certificates of issuing CA and root as PEM.")
@output_options
def show(out: Output, pem: bool) -> None:
    """Show the CA's certificates, with the fingerprints to compare."""
    from mshield.keys.errors import KeysError
    from mshield.services.init_ca import list_certificates
    from mshield.settings import load_settings
    from mshield.store.database import StoreError
    from mshield.store.opening import open_database

    async def run() -> list[tuple[str, "Certificate"]]:
        db = await open_database(load_settings().database, pool_size=1)
        try:
            return await list_certificates(db)
        finally:
            await db.close()

    with refusing(out, KeysError, StoreError):
        found = asyncio.run(run())
    if pem and not out.json:
        chain = dict(found)
        click.echo(chain["issuing"].pem() + chain["root"].pem(), nl=False)
        return
    out.data([_data(kind, certificate) for kind, certificate in found], _lines(out, found))


def _data(kind: str, certificate: "Certificate") -> dict[str, object]:
    return {
        "kind": kind,
        "common_name": certificate.subject.common_name,
        "organisation": certificate.subject.organisation,
        "serial": f"{certificate.serial:040x}",
        "not_before": certificate.not_before,
        "not_after": certificate.not_after,
        "sha256": certificate.fingerprint().hex(),
        "pem": certificate.pem(),
    }


def _lines(out: Output, certificates: list[tuple[str, "Certificate"]]) -> list[str]:
    rows = [
        [
            kind,
            certificate.subject.common_name,
            time.strftime("%Y-%m-%d", time.gmtime(certificate.not_after // 1000)),
            certificate.fingerprint().hex(),
        ]
        for kind, certificate in certificates
    ]
    return table(["", out.pick("名称", "name"), out.pick("有效期至", "until"), "SHA-256"], rows)
