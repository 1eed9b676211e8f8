"""Import of certificates by a root whose key is elsewhere, each for an open request of this server.

The root is pinned by the SHA-256 that the operator states at the first import; afterwards only this root
counts. Every certificate passes the lint of those that are issued here.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from types import MappingProxyType
from typing import Final

from mshield.gm.engine import Engine
from mshield.pki.certificates import lint, profiles
from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.certificates.csr import read_request
from mshield.pki.certificates.profiles import Rules
from mshield.pki.certificates.trust import require_signature
from mshield.pki.errors import BadCertificateSignature, PkiError
from mshield.pki.revocation.crl import Crl, parse_crl
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts
from mshield.server.authorities.authority import ROOT, Authority, generation_of, issuing_name, seal_authority
from mshield.server.authorities.keys import ELSEWHERE, CaKey, opened_ca_key, reference_content
from mshield.server.authorities.p256 import new_p256
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    RequestRow,
    crl_der,
    delete_request,
    insert_authorities,
    latest_crl,
    list_authorities,
    list_requests,
    replace_authority,
)
from mshield.server.authorities.tsa import TSA
from mshield.server.ca.import_root_list import SKEW_MS, read_root_list, store_root_list
from mshield.server.ca.renew_tsa import make_p256_tsa
from mshield.server.ca.requests import ROOT_RESPONDER, is_elsewhere
from mshield.server.database.interface import Conflict, Database, Tx
from mshield.server.keys.errors import AuthorityExists, BadCaImport, NoCaRequest
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.renew_responder import make_responder
from mshield.server.settings.settings import Settings
from mshield.wire.times import DAY_MS

MAX_BYTES: Final = 8 * 1024
LEAST_LEFT_MS: Final = 30 * DAY_MS
"""Least remaining validity (ms) of an imported certificate."""

ANY_POLICY: Final = "2.5.29.32.0"
FIRST: Final = frozenset({issuing_name(1), ROOT_RESPONDER, TSA["sm2"]})
"""Certificates that the first import needs, with the root's revocation list."""

_ROOT_RULES: Final = replace(profiles.ROOT, max_validity=40 * 366 * DAY_MS)
_RULES: Final[Mapping[str, Rules]] = MappingProxyType(
    {
        # A root that is visited once a year signs responders for longer than one that is always there.
        ROOT_RESPONDER: replace(profiles.OCSP, max_validity=400 * DAY_MS),
        TSA["sm2"]: profiles.TSA,
    }
)


@dataclass(frozen=True, slots=True)
class FirstImport:
    """What the first import needs besides the certificates: root (DER), its stated SHA-256, its list (DER)."""

    root: bytes
    sha256: bytes
    crl: bytes


async def import_certificates(
    db: Database,
    keyring: Keyring,
    engine: Engine,
    settings: Settings,
    certificates: Sequence[bytes],
    *,
    first: FirstImport | None = None,
    now: int,
) -> list[tuple[str, Certificate]]:
    """Imports certificates (DER), all or none, and returns them with their names.

    `first` is needed exactly for the first import. Raises: NoCaRequest, BadCaImport, AuthorityExists (another
    import came first), SealError, HardwareError.
    """
    rows = {row.name: row for row in await list_authorities(db)}
    root = _pinned_root(engine, keyring, rows, first, now=now)
    crl = None if first is None else read_root_list(engine, first.crl, root, now=now)
    listed = crl or parse_crl(await _stored_list(db))
    imports = _matched(await list_requests(db), certificates)
    _require_fit_all(engine, settings, root, listed, imports, now=now)
    if first is not None:
        _require_all({request.name for request, _ in imports})
    new = [row for request, one in imports for row in _rows_of(keyring, engine, root, request, one, now=now)]
    if first is not None:
        box = keyring.seal(reference_content(ELSEWHERE), purpose="authority", context=ROOT.encode())
        new.insert(0, AuthorityRow(ROOT, root.der, box))

    async def work(tx: Tx) -> None:
        for request, _ in imports:
            if not await delete_request(tx, request):
                raise Conflict("the certificate was imported by somebody else meanwhile")
        await _put(tx, new, rows, now=now)
        if crl is not None:
            await store_root_list(tx, crl, now=now)
        for row in new:
            details = _details(row, rows.get(row.name), root)
            await acts.record(tx, by=SERVICE, act="ca.import", subject=row.name, details=details, now=now)

    try:
        await db.write(work)
    except Conflict as error:
        raise AuthorityExists(
            "证书已由他人导入", "the certificates were imported by somebody else meanwhile"
        ) from error
    return [(ROOT, root), *((request.name, one) for request, one in imports)]


def _details(row: AuthorityRow, old: AuthorityRow | None, root: Certificate) -> dict[str, str]:
    before = {} if old is None else {"old_sha256": sha256(old.certificate).hexdigest()}
    return {"sha256": sha256(row.certificate).hexdigest(), "root_sha256": root.fingerprint().hex(), **before}


async def _put(tx: Tx, new: Sequence[AuthorityRow], rows: Mapping[str, AuthorityRow], *, now: int) -> None:
    """Inserts new authorities and replaces those of the same name. Raises: Conflict."""
    await insert_authorities(tx, [row for row in new if row.name not in rows], now=now)
    for row in new:
        old = rows.get(row.name)
        if old is not None and not await replace_authority(tx, row, old_certificate=old.certificate):
            raise Conflict("the authority was renewed by somebody else meanwhile")


async def _stored_list(db: Database) -> bytes:
    latest = await latest_crl(db, authority=ROOT)
    der = None if latest is None else await crl_der(db, authority=ROOT, number=latest.number)
    if der is None:
        raise BadCaImport("certificates", ("crl_missing", "import the root's list first"))
    return der


def _pinned_root(
    engine: Engine,
    keyring: Keyring,
    rows: Mapping[str, AuthorityRow],
    first: FirstImport | None,
    *,
    now: int,
) -> Certificate:
    """Returns the root: the stored one, or the stated one at the first import. Raises: NoCaRequest, BadCaImport."""
    stored = rows.get(ROOT)
    if stored is not None:
        if not is_elsewhere(keyring, stored.key_box):
            raise NoCaRequest(
                "根密钥就在本服务器上，没有可导入的证书",
                "the root's key is on this server: nothing is imported",
            )
        if first is not None and first.root != stored.certificate:
            raise BadCaImport("root certificate", ("other_root", "another root is pinned"))
        return parse_certificate(stored.certificate)
    if first is None:
        raise BadCaImport("certificates", ("root_missing", "the first import states root, SHA-256 and list"))
    return read_root(engine, first.root, first.sha256, now=now)


def read_root(engine: Engine, data: bytes, fingerprint: bytes, *, now: int) -> Certificate:
    """Reads a root of the strict profile with this SHA-256. Raises: BadCaImport."""
    root = _read("root certificate", data)
    findings = list(_lint(root, _ROOT_RULES, None))
    if root.fingerprint() != fingerprint:
        findings.append(("fingerprint", root.fingerprint().hex()))
    try:
        require_signature(engine, root.public_key, root.tbs, root.signature, "root certificate")
    except BadCertificateSignature:
        findings.append(("signature", "is not the root's own"))
    findings += _valid_now(root, now=now)
    if findings:
        raise BadCaImport("root certificate", *findings)
    return root


def _read(what: str, data: bytes) -> Certificate:
    if len(data) > MAX_BYTES:
        raise BadCaImport(what, ("too_large", f"{len(data)} octets"))
    try:
        return parse_certificate(data)
    except PkiError as error:
        raise BadCaImport(what, ("unreadable", str(error))) from error


def _matched(
    requests: Sequence[RequestRow], certificates: Sequence[bytes]
) -> list[tuple[RequestRow, Certificate]]:
    """Assigns each certificate to the open request with its key. Raises: BadCaImport, NoCaRequest."""
    by_key = {read_request(request.request)[1]: request for request in requests}
    matched = []
    for data in certificates:
        certificate = _read("certificate", data)
        request = by_key.pop(certificate.public_key, None)
        if request is None:
            raise NoCaRequest(
                f"没有哪个请求的公钥与证书 {certificate.subject.common_name} 的相同",
                f"no open request has the key of the certificate {certificate.subject.common_name}",
            )
        matched.append((request, certificate))
    if not matched:
        raise NoCaRequest("没有要导入的证书", "there is no certificate to import")
    return matched


def _require_all(names: set[str]) -> None:
    if missing := sorted(FIRST - names):
        raise BadCaImport("certificates", *(("missing", name) for name in missing))


def _require_fit_all(
    engine: Engine,
    settings: Settings,
    root: Certificate,
    listed: Crl,
    imports: Sequence[tuple[RequestRow, Certificate]],
    *,
    now: int,
) -> None:
    for request, certificate in imports:
        _require_fit(engine, settings, root, request, certificate, now=now)
        if certificate.serial in listed.revoked:
            raise BadCaImport(request.name, ("revoked", "is on the root's list"))


def _require_fit(
    engine: Engine,
    settings: Settings,
    root: Certificate,
    request: RequestRow,
    certificate: Certificate,
    *,
    now: int,
) -> None:
    rules, subject = _RULES.get(request.name, profiles.ISSUING), read_request(request.request)[0].der
    findings = list(check_by_root(engine, certificate, root, rules=rules, subject=subject, now=now))
    if generation_of(request.name) is not None:
        findings += policy_findings(certificate, settings)
    if findings:
        raise BadCaImport(request.name, *findings)


def policy_findings(certificate: Certificate, settings: Settings) -> Iterator[tuple[str, str]]:
    """Yields a finding if the certificate doesn't permit the policy of the certificates issued under it."""
    if not {settings.ca.policy_oid, ANY_POLICY} & set(certificate.values.policies):
        yield "policies", f"must have {settings.ca.policy_oid}"


def check_by_root(
    engine: Engine, certificate: Certificate, root: Certificate, *, rules: Rules, subject: bytes, now: int
) -> Iterator[tuple[str, str]]:
    """Yields what is wrong with a certificate that `root` should have signed for this name (DER)."""
    yield from _lint(certificate, rules, root)
    if certificate.subject_der != subject:
        yield "subject", "is not the requested name"
    try:
        require_signature(engine, root.public_key, certificate.tbs, certificate.signature, "certificate")
    except BadCertificateSignature:
        yield "signature", "is not by the root"
    yield from _valid_now(certificate, now=now)


def _lint(certificate: Certificate, rules: Rules, issuer: Certificate | None) -> Iterator[tuple[str, str]]:
    for finding in lint.lint(certificate.tbs, rules=rules, issuer=issuer):
        yield finding.name, finding.detail


def _valid_now(certificate: Certificate, *, now: int) -> Iterator[tuple[str, str]]:
    if certificate.not_before > now + SKEW_MS:
        yield "not_yet_valid", str(certificate.not_before)
    if certificate.not_after < now + LEAST_LEFT_MS:
        yield "ends_soon", str(certificate.not_after)


def _rows_of(
    keyring: Keyring,
    engine: Engine,
    root: Certificate,
    request: RequestRow,
    certificate: Certificate,
    *,
    now: int,
) -> Iterator[AuthorityRow]:
    """Yields the row of an authority, and of what is made here with it: OCSP responder, P-256 TSA."""
    name = request.name
    content = keyring.open(request.key_box, purpose="authority", context=name.encode())
    signer = opened_ca_key(keyring, engine, content, certificate.public_key, name=name)
    yield seal_authority(keyring, name, certificate, CaKey(signer, content))
    if generation_of(name) is not None:
        yield make_responder(keyring, engine, Authority(name, certificate, signer), now=now)[0]
    if name == TSA["sm2"]:
        yield make_p256_tsa(keyring, root, new_p256(keyring), now=now)
