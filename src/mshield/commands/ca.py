"""`mshield ca`: make the certificate authority, show it, renew and revoke its issuing CAs. Nothing is overwritten."""

import time
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.pki.certificates.certificate import Certificate


@click.group(name="ca")
def command() -> None:
    """Certificate authority: make, show, renew, revoke (证书签发机构)."""


@command.command()
@click.option(
    "--name", default="Mobile Shield", show_default=True, help="The CA's name; common names begin with it."
)
@click.option("--organisation", help="Organisation (O) of the CA's certificates; the name if not given.")
@click.option(
    "--root-key", help="The root's key, where a cipher machine (MSHIELD_SDF_LIBRARY) holds it: sdf:INDEX."
)
@click.option("--issuing-key", help="The issuing CA's key, in the same way.")
@output_options
def init(
    out: Output, name: str, organisation: str | None, root_key: str | None, issuing_key: str | None
) -> None:
    """Make SM2 root, issuing CA, OCSP responders and an own time stamping authority, keys sealed under the master key.

    Refuses if there is a CA. MSHIELD_PUBLIC_ORIGIN goes into the certificates: set it first.
    """
    from mshield.services.ca.init import CaKeyNames, CaNames, init_ca

    async def work(service: Service) -> tuple["Certificate", "Certificate"]:
        keyring, engine = service.keyring, service.engine
        names = CaNames(name=name, organisation=organisation or name)
        keys = CaKeyNames(root=root_key, issuing=issuing_key)
        return await init_ca(service.db, keyring, engine, service.settings, names, keys=keys, now=service.now)

    root, issuing = on_service(out, work, dated=True)
    shown = [("root", root), ("issuing", issuing)]
    out.data([_data(kind, certificate) for kind, certificate in shown], _lines(out, shown))


@command.command()
@click.option("--pem", is_flag=True, help="Print the certificates of issuing CAs and root as PEM.")
@output_options
def show(out: Output, pem: bool) -> None:
    """Show the CA's certificates, with the fingerprints to compare."""
    from mshield.services.ca.init import list_certificates

    authorities = on_service(out, lambda service: list_certificates(service.db))
    shown = [(kind, certificate) for kind, certificate, _ in authorities]
    if pem and not out.json:
        cas = [certificate for kind, certificate in shown if kind == "root" or kind.startswith("issuing")]
        click.echo("".join(certificate.pem() for certificate in reversed(cas)), nl=False)
        return
    revoked = {kind for kind, _, is_revoked in authorities if is_revoked}
    data = [{**_data(kind, certificate), "revoked": kind in revoked} for kind, certificate in shown]
    out.data(data, _lines(out, shown, revoked))


@command.command(name="renew-issuing")
@click.option("--key", help="Its key, where a cipher machine (MSHIELD_SDF_LIBRARY) holds it: sdf:INDEX.")
@output_options
def renew_issuing(out: Output, key: str | None) -> None:
    """Make the next issuing CA: new key, new name, new addresses.

    It issues from now on, also in a running service. The one before keeps publishing its list and OCSP answers at its
    addresses until its certificate ends. Do this before less than a leaf's life is left of it.
    """
    from mshield.services.ca.renew_issuing import renew_issuing as renew

    async def work(service: Service) -> tuple[str, "Certificate"]:
        return await renew(
            service.db, service.keyring, service.engine, service.settings, key=key, now=service.now
        )

    name, certificate = on_service(out, work, dated=True)
    out.data(_data(name, certificate), _lines(out, [(name, certificate)]))


@command.command(name="renew-responder")
@click.argument("name", required=False)
@output_options
def renew_responder(out: Output, name: str | None) -> None:
    """Put a new key in place of an OCSP responder's: of CA NAME (as `mshield ca show` names it), or of every CA.

    Responders renew themselves in time; this is for a key that someone else may know. Running services sign with the
    new one within seconds. Answers signed by the old key are believed until its certificate ends, five weeks at most.
    """
    from mshield.services.publication.renew_responder import renew_responders as renew

    async def work(service: Service) -> list[tuple[str, "Certificate"]]:
        return await renew(service.db, service.keyring, service.engine, name, now=service.now)

    responders = on_service(out, work, dated=True)
    out.data([_data(kind, certificate) for kind, certificate in responders], _lines(out, responders))


@command.command(name="init-p256")
@click.option("--renew", is_flag=True, help="Put a new key in place of the one there is.")
@click.option(
    "--key", help="Its key, where a token (MSHIELD_PKCS11_TOKEN) holds it: pkcs11:object=LABEL (RFC 7512)."
)
@output_options
def init_p256(out: Output, renew: bool, key: str | None) -> None:  # click's own form
    """Make the P-256 key with which ordinary clients check statuses; prints its certificate, which they pin.

    It takes effect with MSHIELD_P256_STATUS=true, at /pki/p256.cer, /pki/p256.crl and /pki/p256/ocsp.
    """
    from mshield.pki.asn1 import pem
    from mshield.services.ca.init_p256 import init_p256 as make

    async def work(service: Service) -> bytes:
        return await make(service.db, service.keyring, renew=renew, key=key, now=service.now)

    text = pem.encode("CERTIFICATE", on_service(out, work, dated=True))
    out.data({"pem": text}, text.splitlines())


@command.command(name="init-tsa")
@click.option("--renew", is_flag=True, help="Put new keys in place of those there are.")
@click.option("--key", help="The SM2 key, where a cipher machine (MSHIELD_SDF_LIBRARY) holds it: sdf:INDEX.")
@click.option("--p256-key", help="The P-256 key, where a token holds it: pkcs11:object=LABEL (RFC 7512).")
@output_options
def init_tsa(out: Output, renew: bool, key: str | None, p256_key: str | None) -> None:  # click's own form
    """Make the own time stamping authority where `mshield ca init` of an earlier release made none.

    Prints its certificates (SM2, then P-256), which answer at /pki/tsa and /pki/p256/tsa. It is no third party: for the
    word of one set MSHIELD_TSA_URL.
    """
    from mshield.pki.asn1 import pem
    from mshield.services.ca.init_tsa import TsaKeyNames
    from mshield.services.ca.init_tsa import init_tsa as make

    async def work(service: Service) -> dict[str, str]:
        keys = TsaKeyNames(sm2=key, p256=p256_key)
        rows = await make(
            service.db,
            service.keyring,
            service.engine,
            service.settings,
            renew=renew,
            keys=keys,
            now=service.now,
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
    help="Why; stands in the root's list.",
)
@click.option("--yes", is_flag=True, help="Revoke without asking.")
@output_options
def revoke_issuing(out: Output, name: str, reason: str, yes: bool) -> None:  # click's own form
    """Revoke issuing CA NAME (as `mshield ca show` names it) for good.

    The root's next list names it, and nothing that it issued is valid any more: every user of it must apply anew.
    Make the next one first with `mshield ca renew-issuing`. Asks twice.
    """
    from mshield.services.ca.renew_issuing import revoke_issuing as revoke

    if not yes:
        _ask_twice(out, name)

    async def work(service: Service) -> "Certificate":
        return await revoke(service.db, name, reason=_REASONS[reason], now=service.now)

    certificate = on_service(out, work)
    out.data(
        {**_data(name, certificate), "revoked": reason},
        [out.pick(f"已吊销 {name}", f"revoked {name}: {certificate.subject.common_name}")],
    )


def _ask_twice(out: Output, name: str) -> None:
    question = out.pick(
        f"吊销 {name} 后，它签发的所有证书立即失效，且无法撤回。继续？",
        f"Once {name} is revoked, all certificates that it issued are worthless, for good. Go on?",
    )
    click.confirm(question, abort=True, err=True)
    typed = click.prompt(out.pick("请再输入一次名称以确认", "Type its name again to confirm"), err=True)
    if typed != name:
        raise click.Abort


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


def _lines(
    out: Output, certificates: list[tuple[str, "Certificate"]], revoked: AbstractSet[str] = frozenset()
) -> list[str]:
    rows = [
        [
            kind,
            certificate.subject.common_name,
            out.pick("已吊销", "revoked")
            if kind in revoked
            else time.strftime("%Y-%m-%d", time.gmtime(certificate.not_after // 1000)),
            certificate.fingerprint().hex(),
        ]
        for kind, certificate in certificates
    ]
    return table(["", out.pick("名称", "name"), out.pick("有效期至", "until"), "SHA-256"], rows)
