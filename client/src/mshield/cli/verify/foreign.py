"""`mshield verify FILE` for a file signed by others: what it contains, and which root its signer leads to."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from mshield.cli.parts.output import Output, refusing
from mshield.cli.verify.foreign_files import Kind, PartKind, Seen, iso, masked, read_foreign
from mshield.client.verification import VerificationError, failing
from mshield.gm.engine import load_engine
from mshield.gm.errors import EngineUnavailable
from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import oids, pem
from mshield.pki.certificates.names import Name
from mshield.pki.errors import PkiError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.p7 import Form
from mshield.pki.foreign.standing import Standing, standing_of
from mshield.pki.foreign.trust_list import TrustedRoot, TrustList, read_trust_list, trusted_root

_NAMES: Final = {
    oids.COMMON_NAME: "CN", oids.COUNTRY: "C", oids.ORGANISATION: "O", oids.ORGANISATIONAL_UNIT: "OU",
    "2.5.4.5": "SN", "2.5.4.7": "L", "2.5.4.8": "ST", "1.2.840.113549.1.9.1": "E",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignCase:
    """Inputs of a verification, as bytes; `roots` are given for this run, `trust` is the file of a trust list."""

    file: Path
    kind: Kind | PartKind
    content: bytes | None
    form: Form
    certificates: tuple[bytes, ...]
    roots: tuple[bytes, ...]
    tsa_roots: tuple[bytes, ...] = ()
    trust: Path | None
    crls: tuple[bytes, ...]
    ocsp: bytes | None
    unchecked: bool
    at: datetime | None

    @property
    def moment(self) -> int:
        """Time of the verification, in ms."""
        return round((self.at or datetime.now(UTC)).timestamp() * 1000)


def verify_foreign_file(out: Output, case: ForeignCase, kind: Kind) -> None:
    """Verifies a file and prints the result.

    The exit code is 1 unless a trusted root leads to a signer who isn't revoked.
    """
    at = case.moment
    with refusing(out, PkiError, EngineUnavailable, VerificationError):
        engine = load_engine()
        with failing("input"):
            beside = certificates_beside(case)
        roots = trusted_roots(case)
        data = case.file.read_bytes()
        seen = read_foreign(engine, kind, data, content=case.content, beside=beside, form=case.form)
        others = (*seen.others, *(one.der for one in beside))
        with failing("chain"):
            standing = standing_of(
                engine, seen.certificate, others=others, roots=roots, at=at, crls=case.crls, ocsp=case.ocsp
            )
    verdict = _verdict(seen, standing, unchecked=case.unchecked)
    out.data(_data(seen, standing, verdict), _lines(out, seen, standing, verdict))
    if verdict != "valid":
        click.get_current_context().exit(1)


def _verdict(seen: Seen, standing: Standing, *, unchecked: bool) -> str:
    if seen.is_weak:
        return "weak_digest"
    if standing.root is None:
        return "signer_not_established"
    return "valid" if standing.by is not None or unchecked else "status_not_checked"


def certificates_beside(case: ForeignCase) -> list[ForeignCertificate]:
    """Returns the certificates given with the file. Raises: PkiError."""
    return [parse_foreign_certificate(data) for one in case.certificates for data in ders(one)]


def trust_list(path: Path | None) -> TrustList:
    """Returns the named trust list, or that of MSHIELD_TRUST; empty if there is none. Raises: TrustListError."""
    path = path or (Path(os.environ["MSHIELD_TRUST"]) if os.environ.get("MSHIELD_TRUST") else None)
    return TrustList() if path is None else read_trust_list(path.read_bytes())


def trusted_roots(case: ForeignCase) -> list[TrustedRoot]:
    """Returns the roots of the trust list, and those named for this run, which are read tolerantly."""
    extra = [trusted_root("--root", "tolerant", data) for one in case.roots for data in ders(one)]
    return [*trust_list(case.trust).roots, *extra]


def ders(data: bytes) -> tuple[bytes, ...]:
    """Returns the certificates in a file, DER or PEM."""
    return pem.decode("CERTIFICATE", data.decode("ascii", "replace")) if data[:1] != b"\x30" else (data,)


def shown_name(name: Name) -> str:
    """Returns the attributes in the certificate's order; the birth date in an id number is masked."""
    return masked(", ".join(f"{_NAMES.get(kind, kind)}={value}" for kind, value in name.attributes))


def _data(seen: Seen, standing: Standing, verdict: str) -> dict[str, object]:
    certificate, root = seen.certificate, standing.root
    return {
        "verified": verdict == "valid",
        "verdict": verdict,
        "kind": seen.kind,
        **seen.facts,
        "content_sm3": sm3(seen.content).hex(),
        "content_size": len(seen.content),
        "subject": shown_name(certificate.subject),
        "issuer": shown_name(certificate.issuer),
        "serial": f"{certificate.serial:x}",
        "not_before": iso(certificate.not_before),
        "not_after": iso(certificate.not_after),
        "certificate_sha256": certificate.fingerprint().hex(),
        "root": None if root is None else {"name": root.name, "sha256": root.sha256, "read": root.how},
        "revocation": standing.by,
    }


def _lines(out: Output, seen: Seen, standing: Standing, verdict: str) -> Iterator[str]:
    pick, certificate, root = out.pick, seen.certificate, standing.root
    yield {
        "valid": pick("签名有效", "The signature is valid"),
        "status_not_checked": pick(
            "密码学上正确，签名人的根证书受信任，但没有检查证书是否被撤销（--crl、--ocsp 或 --unchecked）",
            "Cryptographically correct, under a trusted root, but nothing shows whether the certificate was revoked "
            "(--crl, --ocsp or --unchecked)",
        ),
        "signer_not_established": pick(
            "密码学上正确，签名者未确认：没有受信任的根证书（mshield trust add，或 --root）",
            "Cryptographically correct, but the signer is not established: no trusted root leads to it "
            "(mshield trust add, or --root)",
        ),
        "weak_digest": pick(
            "不能确认：摘要算法是 SHA-1，这样的签名可以伪造",
            "Not established: the digest is SHA-1, and such a signature can be forged",
        ),
    }[verdict]
    for label, said in seen.lines:
        yield f"  {pick(*label)}: {pick(*said)}"
    yield f"  {pick('原文', 'content')}: {len(seen.content)} {pick('字节', 'octets')}, SM3 {sm3(seen.content).hex()}"
    yield f"  {pick('证书里的签名人', 'signer according to the certificate')}: {shown_name(certificate.subject)}"
    yield f"  {pick('签发者', 'issuer')}: {shown_name(certificate.issuer)}"
    yield f"  {pick('序列号', 'serial')}: {certificate.serial:x}"
    yield f"  {pick('有效期', 'life')}: {iso(certificate.not_before)} – {iso(certificate.not_after)}"
    if root is None:
        yield f"  {pick('受信任的根证书', 'trusted root')}: {pick('无', 'none')}"
    else:
        how = (
            pick("严格读取", "read strictly") if root.how == "strict" else pick("宽松读取", "read tolerantly")
        )
        yield f"  {pick('受信任的根证书', 'trusted root')}: {root.name} ({how}), SHA-256 {root.sha256}"
        status = {"ocsp": "OCSP", "crl": "CRL", None: pick("未检查", "not checked")}[standing.by]
        yield f"  {pick('证书状态', 'status by')}: {status}"
