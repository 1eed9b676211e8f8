"""Cross-certification: a certificate of an issuing CA by another root, for verifiers who trust that root.

Name and key are the issuing CA's own, so certificates issued under it have a second path. Own chain, list and
OCSP answers stay as they are; the status of the cross certificate is the other root's to publish.
"""

from collections.abc import Iterator

from mshield.gm.engine import Engine
from mshield.pki.certificates.extensions import KeyUse
from mshield.pki.errors import BadCertificateSignature, PkiError
from mshield.pki.foreign.certificate import ForeignCertificate, parse_foreign_certificate
from mshield.pki.foreign.path import is_named, require_foreign_signature
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import ROOT, generation_of, is_strict, require_authority
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    CrossRow,
    delete_cross,
    insert_cross,
    list_authorities,
)
from mshield.server.ca.import_certificates import ANY_POLICY, LEAST_LEFT_MS, MAX_BYTES
from mshield.server.ca.import_root_list import SKEW_MS
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, BadCaImport, NoCaRequest
from mshield.server.settings.settings import Settings

WHAT = "cross certificate"
_CA_USES = frozenset({KeyUse.KEY_CERT_SIGN, KeyUse.CRL_SIGN})


async def import_cross(
    db: Database,
    engine: Engine,
    settings: Settings,
    data: bytes,
    *,
    root: bytes,
    fingerprint: bytes,
    now: int,
) -> tuple[CrossRow, bool]:
    """Imports a certificate (DER) by `root` (DER), whose SHA-256 is `fingerprint`.

    Returns the row, and whether strict verifiers accept it. Raises: BadCaImport, NoCaRequest (not the name and
    key of an issuing CA here), AuthorityExists (imported already).
    """
    certificate, by = _read(WHAT, data), _read("root certificate", root)
    findings = list(_root_findings(engine, by, fingerprint, now=now))
    own = parse_foreign_certificate((await require_authority(db, ROOT)).certificate)
    if by.public_key == own.public_key:
        findings.append(("own_root", "is this CA's own root"))
    if findings:
        raise BadCaImport("root certificate", *findings)
    authority = _issuing_with(await list_authorities(db), certificate)
    findings = list(_findings(engine, certificate, by, settings, now=now))
    if certificate.values.ski != parse_foreign_certificate(authority.certificate).values.ski:
        findings.append(("subject_key_id", "is not the issuing CA's"))
    if authority.revoked_at is not None:
        findings.append(("revoked", f"{authority.name} is revoked"))
    if findings:
        raise BadCaImport(WHAT, *findings)
    row = CrossRow(authority.name, data, root)

    async def work(tx: Tx) -> None:
        await insert_cross(tx, row, now=now)
        details = {"sha256": certificate.fingerprint().hex(), "root_sha256": by.fingerprint().hex()}
        await acts.record(
            tx, by=SERVICE, act="ca.import_cross", subject=authority.name, details=details, now=now
        )

    try:
        await db.write(work)
    except Conflict as error:
        raise AuthorityExists("此证书已导入", "this certificate is imported already") from error
    return row, is_strict(row)


async def remove_cross(db: Database, fingerprint: bytes, *, now: int) -> None:
    """Removes the cross certificate with this SHA-256, e.g. after its root revoked it. Raises: NoCaRequest."""

    async def work(tx: Tx) -> None:
        if not await delete_cross(tx, fingerprint):
            raise NoCaRequest("没有此交叉证书", "there is no such cross certificate")
        details = {"sha256": fingerprint.hex()}
        await acts.record(tx, by=SERVICE, act="ca.remove_cross", subject="cross", details=details, now=now)

    await db.write(work)


def _read(what: str, data: bytes) -> ForeignCertificate:
    if len(data) > MAX_BYTES:
        raise BadCaImport(what, ("too_large", f"{len(data)} octets"))
    try:
        return parse_foreign_certificate(data)
    except PkiError as error:
        raise BadCaImport(what, ("unreadable", str(error))) from error


def _issuing_with(rows: list[AuthorityRow], certificate: ForeignCertificate) -> AuthorityRow:
    for row in rows:
        if generation_of(row.name) is not None:
            own = parse_foreign_certificate(row.certificate)
            if (own.public_key, own.subject.der) == (certificate.public_key, certificate.subject.der):
                return row
    raise NoCaRequest(
        "证书的名称和公钥不是本服务器上任何签发机构的",
        "name and key of the certificate are not those of an issuing CA here",
    )


def _root_findings(
    engine: Engine, root: ForeignCertificate, fingerprint: bytes, *, now: int
) -> Iterator[tuple[str, str]]:
    if root.fingerprint() != fingerprint:
        yield "fingerprint", root.fingerprint().hex()
    if root.issuer.der != root.subject.der:
        yield "issuer_name", "is not self-signed"
    yield from _ca_findings(root)
    yield from _signature_findings(engine, root, root)
    if not root.not_before <= now + SKEW_MS <= root.not_after:
        yield "validity", f"{root.not_before} to {root.not_after}"


def _findings(
    engine: Engine, certificate: ForeignCertificate, root: ForeignCertificate, settings: Settings, *, now: int
) -> Iterator[tuple[str, str]]:
    yield from _ca_findings(certificate)
    if certificate.values.path_length != 0:
        yield "path_length", f"is {certificate.values.path_length}, must be 0"
    if not (certificate.values.key_usage or frozenset()) <= _CA_USES:
        yield "key_usage", f"bits {sorted(certificate.values.key_usage or ())}"
    if not is_named(certificate, root) or certificate.values.aki is None:
        yield "issuer_name", "name or key identifier is not the root's"
    yield from _signature_findings(engine, certificate, root)
    if root.values.path_length is not None and root.values.path_length < 1:
        yield "root_path_length", "the root permits no CA below the one it certifies"
    if not root.not_before <= certificate.not_before <= certificate.not_after <= root.not_after:
        yield "validity_outside_issuer", "not within the root's validity"
    if certificate.not_before > now + SKEW_MS:
        yield "not_yet_valid", str(certificate.not_before)
    if certificate.not_after < now + LEAST_LEFT_MS:
        yield "ends_soon", str(certificate.not_after)
    if not certificate.values.crl_urls and not certificate.values.ocsp_urls:
        yield "url_missing", "nobody could check whether it is revoked"
    policies = set(certificate.values.policies)
    if policies and not policies & {settings.ca.policy_oid, ANY_POLICY}:
        yield "policies", f"must have {settings.ca.policy_oid}"


def _ca_findings(certificate: ForeignCertificate) -> Iterator[tuple[str, str]]:
    if not certificate.values.is_ca:
        yield "basic_constraints", "is not a CA"
    if not (certificate.values.key_usage or frozenset()) >= _CA_USES:
        yield "key_usage", f"bits {sorted(certificate.values.key_usage or ())}"
    if certificate.values.unknown_critical:
        yield "unknown_critical", ", ".join(certificate.values.unknown_critical)


def _signature_findings(
    engine: Engine, certificate: ForeignCertificate, by: ForeignCertificate
) -> Iterator[tuple[str, str]]:
    try:
        require_foreign_signature(engine, by, certificate.tbs, certificate.signature)
    except BadCertificateSignature:
        yield "signature", "does not verify"
