"""`mshield ca`: creates the certificate authority, shows it, renews and revokes its issuing CAs. Overwrites nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.ca.ceremony import command as ceremony_command
from mshield.server.commands.ca.cross import command as cross_command
from mshield.server.commands.ca.files import FOLDER
from mshield.server.commands.ca.policy import command as policy_command
from mshield.server.commands.ca.requests import (
    import_command,
    import_crl_command,
    request_command,
    requests_command,
    show_requests,
)
from mshield.server.commands.ca.show import certificate_data, certificate_lines
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.pki.certificates.certificate import Certificate
    from mshield.server.ca.requests import CaRequest


@click.group(name="ca")
def command() -> None:
    """Certificate authority: create, show, renew, revoke (证书签发机构)."""


for each in (
    request_command,
    requests_command,
    import_command,
    import_crl_command,
    cross_command,
    ceremony_command,
    policy_command,
):
    command.add_command(each)


@command.command()
@click.option(
    "--name", default="Mobile Shield", show_default=True, help="Name of the CA; common names begin with it."
)
@click.option("--organisation", help="Organisation (O) of the CA's certificates; by default the name.")
@click.option("--root-key", help="Key of the root in a cipher machine (MSHIELD_SDF_LIBRARY): sdf:INDEX.")
@click.option("--issuing-key", help="Key of the issuing CA in a cipher machine: sdf:INDEX.")
@click.option(
    "--root-elsewhere", is_flag=True, help="Make requests to a root whose key is never on this server."
)
@click.option("--out", "folder", type=FOLDER, help="With --root-elsewhere: folder for NAME.csr and NAME.ext.")
@output_options
def init(
    out: Output,
    *,
    name: str,
    organisation: str | None,
    root_key: str | None,
    issuing_key: str | None,
    root_elsewhere: bool,  # click passes booleans
    folder: Path | None,
) -> None:
    """Create SM2 root, issuing CA, OCSP responders and time stamping authority, with keys sealed under the master key.

    Refused if a CA already exists. MSHIELD_PUBLIC_ORIGIN becomes part of the certificates: set it first.

    With --root-elsewhere it makes three requests (PKCS#10) instead, for issuing CA, the root's OCSP responder
    and time stamping authority; `mshield ca import` takes the root's answers.
    """
    from mshield.server.ca.init import CaKeyNames, CaNames, init_ca
    from mshield.server.ca.requests import request_first

    if root_elsewhere:
        if root_key is not None:
            raise click.UsageError("--root-key and --root-elsewhere exclude each other")

        async def ask(service: Service) -> "list[CaRequest]":
            names, keys = (
                CaNames(name=name, organisation=organisation or name),
                CaKeyNames(issuing=issuing_key),
            )
            keyring, engine = service.keyring, service.engine
            return await request_first(
                service.db, keyring, engine, service.settings, names, keys=keys, now=service.now
            )

        show_requests(out, on_service(out, ask, dated=True), folder)
        return

    async def work(service: Service) -> tuple["Certificate", "Certificate"]:
        keyring, engine = service.keyring, service.engine
        names = CaNames(name=name, organisation=organisation or name)
        keys = CaKeyNames(root=root_key, issuing=issuing_key)
        return await init_ca(service.db, keyring, engine, service.settings, names, keys=keys, now=service.now)

    root, issuing = on_service(out, work, dated=True)
    created = [("root", root), ("issuing", issuing)]
    out.data(
        [certificate_data(kind, certificate) for kind, certificate in created],
        certificate_lines(out, created),
    )


@command.command()
@click.option("--pem", is_flag=True, help="Print the certificates of issuing CAs and root as PEM.")
@output_options
def show(out: Output, pem: bool) -> None:
    """Show the CA's certificates, with their fingerprints for comparison."""
    from mshield.server.ca.init import list_certificates

    authorities = on_service(out, lambda service: list_certificates(service.db))
    certificates = [(kind, certificate) for kind, certificate, _ in authorities]
    if pem and not out.json:
        cas = [
            certificate for kind, certificate in certificates if kind == "root" or kind.startswith("issuing")
        ]
        click.echo("".join(certificate.pem() for certificate in reversed(cas)), nl=False)
        return
    revoked = {kind for kind, _, is_revoked in authorities if is_revoked}
    data = [
        {**certificate_data(kind, certificate), "revoked": kind in revoked}
        for kind, certificate in certificates
    ]
    out.data(data, certificate_lines(out, certificates, revoked))


@command.command(name="renew-issuing")
@click.option("--key", help="Its key in a cipher machine (MSHIELD_SDF_LIBRARY): sdf:INDEX.")
@output_options
def renew_issuing(out: Output, key: str | None) -> None:
    """Create the next issuing CA: new key, new name, new addresses.

    It issues all further certificates, also in a running service. The previous one keeps publishing its list
    and OCSP answers at its addresses until its certificate ends. Do this while the present issuing CA is
    still valid for at least the lifetime of a user's certificate.
    """
    from mshield.server.ca.renew_issuing import renew_issuing as renew

    async def work(service: Service) -> tuple[str, "Certificate"]:
        return await renew(
            service.db, service.keyring, service.engine, service.settings, key=key, now=service.now
        )

    name, certificate = on_service(out, work, dated=True)
    out.data(certificate_data(name, certificate), certificate_lines(out, [(name, certificate)]))


@command.command(name="renew-responder")
@click.argument("name", required=False)
@output_options
def renew_responder(out: Output, name: str | None) -> None:
    """Replace the key of an OCSP responder: of CA NAME (as in `mshield ca show`), or of every CA.

    Responders renew themselves in time; this is for a key that may be compromised. Running services sign with
    the new one within seconds. Answers signed with the old key remain valid until its certificate ends, five
    weeks at most.
    """
    from mshield.server.publication.renew_responder import renew_responders as renew

    async def work(service: Service) -> list[tuple[str, "Certificate"]]:
        return await renew(service.db, service.keyring, service.engine, name, now=service.now)

    responders = on_service(out, work, dated=True)
    out.data(
        [certificate_data(kind, certificate) for kind, certificate in responders],
        certificate_lines(out, responders),
    )


@command.command(name="init-p256")
@click.option("--renew", is_flag=True, help="Replace the existing key by a new one.")
@click.option("--key", help="Its key in a token (MSHIELD_PKCS11_TOKEN): pkcs11:object=LABEL (RFC 7512).")
@output_options
def init_p256(out: Output, renew: bool, key: str | None) -> None:  # click passes booleans
    """Create the P-256 key for status checks by clients without SM2, and print its certificate for pinning.

    It takes effect with MSHIELD_P256_STATUS=true, at /pki/p256.cer, /pki/p256.crl and /pki/p256/ocsp.
    """
    from mshield.pki.asn1 import pem
    from mshield.server.ca.init_p256 import init_p256 as make

    async def work(service: Service) -> bytes:
        return await make(service.db, service.keyring, renew=renew, key=key, now=service.now)

    text = pem.encode("CERTIFICATE", on_service(out, work, dated=True))
    out.data({"pem": text}, text.splitlines())


@command.command(name="renew-tsa")
@click.option("--key", help="SM2 key in a cipher machine (MSHIELD_SDF_LIBRARY): sdf:INDEX.")
@click.option("--p256-key", help="P-256 key in a token: pkcs11:object=LABEL (RFC 7512).")
@output_options
def renew_tsa(out: Output, key: str | None, p256_key: str | None) -> None:
    """Replace both keys of the service's own time stamping authority, which `mshield ca init` created.

    Prints its new certificates (SM2, then P-256); it answers at /pki/tsa and /pki/p256/tsa. It isn't a third
    party: for time stamps of a third party set MSHIELD_TSA_URL.
    """
    from mshield.pki.asn1 import pem
    from mshield.server.ca.renew_tsa import TsaKeyNames
    from mshield.server.ca.renew_tsa import renew_tsa as renew

    async def work(service: Service) -> dict[str, str]:
        keys = TsaKeyNames(sm2=key, p256=p256_key)
        rows = await renew(
            service.db, service.keyring, service.engine, service.settings, keys=keys, now=service.now
        )
        return {row.name: pem.encode("CERTIFICATE", row.certificate) for row in rows}

    texts = on_service(out, work, dated=True)
    out.data({"pem": texts}, [line for text in texts.values() for line in text.splitlines()])


_REASONS = {"unspecified": 0, "key-compromise": 1, "superseded": 4, "cessation-of-operation": 5}


@command.command(name="revoke-issuing")
@click.argument("name")
@click.option(
    "--reason",
    type=click.Choice(list(_REASONS)),
    default="unspecified",
    show_default=True,
    help="Revocation reason in the root's list.",
)
@click.option("--yes", is_flag=True, help="Revoke without asking for confirmation.")
@output_options
def revoke_issuing(out: Output, name: str, reason: str, yes: bool) -> None:  # click passes booleans
    """Permanently revoke the issuing CA NAME (as in `mshield ca show`).

    The root's next list contains it, and all certificates that it issued become invalid: their users must apply
    again. First create the next one with `mshield ca renew-issuing`. Asks for confirmation twice.
    """
    from mshield.server.ca.renew_issuing import revoke_issuing as revoke

    if not yes:
        _ask_twice(out, name)

    async def work(service: Service) -> "Certificate":
        return await revoke(service.db, name, reason=_REASONS[reason], now=service.now)

    certificate = on_service(out, work)
    out.data(
        {**certificate_data(name, certificate), "revoked": reason},
        [out.pick(f"已吊销 {name}", f"revoked {name}: {certificate.subject.common_name}")],
    )


def _ask_twice(out: Output, name: str) -> None:
    question = out.pick(
        f"吊销 {name} 后，它签发的所有证书立即失效，且无法撤回。继续？",
        f"Once {name} is revoked, all certificates that it issued are permanently invalid. Continue?",
    )
    click.confirm(question, abort=True, err=True)
    typed = click.prompt(out.pick("请再输入一次名称以确认", "Type its name again to confirm"), err=True)
    if typed != name:
        raise click.Abort
