"""Cross-certification by a root of `openssl`: request out, certificate in, and both paths verify."""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

import pytest

from mshield.client.verification import VerificationError
from mshield.client.verify import verify
from mshield.gm.sm2 import generate, sign
from mshield.pki.asn1 import pem
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.errors import UnknownIssuer
from mshield.pki.foreign.certificate import parse_foreign_certificate
from mshield.pki.foreign.path import find_foreign_path
from mshield.pki.verification.path import verify_chain
from mshield.server.authorities.rows.authorities import list_cross
from mshield.server.ca.cross import import_cross, remove_cross
from mshield.server.ca.requests import request_cross
from mshield.server.database.interface import Database
from mshield.server.keys.errors import AuthorityExists, BadCaImport, NoCaRequest
from mshield.server.keys.keyring import Keyring
from mshield.server.log.verify_authorities import check_authorities
from mshield.server.publication.state import ReadCaState
from mshield.wire.times import DAY_MS, HOUR_MS
from tests.support.clock import START
from tests.support.issuing import Ca, make_ca
from tests.support.offline_root import OfflineRoot, make_root, openssl

NOW: Final = START + HOUR_MS
EXTENSIONS: Final = """\
basicConstraints=critical,CA:TRUE,pathlen:0
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid:always
crlDistributionPoints=URI:http://crl.other.example/root.crl
authorityInfoAccess=caIssuers;URI:http://other.example/root.cer
certificatePolicies=2.5.29.32.0
"""
OTHER: Final = "/C=CN/O=另一机构/CN=另一 Root CA"


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


@pytest.fixture
def root(tmp_path: Path) -> OfflineRoot:
    return make_root(tmp_path / "other", now=START, name=OTHER)


async def _import(ca: Ca, certificate: bytes, root: bytes, *, stated: bytes | None = None) -> bool:
    fingerprint = stated or sha256(root).digest()
    _, strict = await import_cross(
        ca.db, ca.engine, ca.settings, certificate, root=root, fingerprint=fingerprint, now=NOW
    )
    return strict


def _tolerant(der: bytes, root_key: OfflineRoot) -> bytes:
    """Adds the NULL after both signature algorithms that licensed CAs write, and signs again with `openssl`."""
    parsed = parse_certificate(der)
    plain, with_null = (
        bytes.fromhex("300a06082a811ccf55018375"),
        bytes.fromhex("300c06082a811ccf550183750500"),
    )
    body = parsed.tbs[4:].replace(plain, with_null)
    tbs = b"\x30\x82" + len(body).to_bytes(2, "big") + body
    (root_key.folder / "tbs").write_bytes(tbs)
    arguments = ("-sign", "-rawin", "-digest", "sm3", "-inkey", "root.key", "-in", "tbs", "-out", "signature")
    openssl(root_key.folder, "pkeyutl", *arguments, "-pkeyopt", "distid:1234567812345678")
    signature = b"\x00" + (root_key.folder / "signature").read_bytes()
    whole = tbs + with_null + b"\x03" + bytes([len(signature)]) + signature
    return b"\x30\x82" + len(whole).to_bytes(2, "big") + whole


async def test_either_root_verifies_what_the_cross_certified_ca_issued(ca: Ca, root: OfflineRoot) -> None:
    leaf = await ca.certify(now=NOW)
    issuing, own = ca.authorities.chain_of(leaf)
    cross_der = root.sign(await request_cross(ca.db, ca.keyring, ca.engine, "issuing"), EXTENSIONS)
    assert await _import(ca, cross_der, root.certificate)
    cross, other = parse_certificate(cross_der), parse_certificate(root.certificate)
    assert (cross.subject_der, cross.public_key, cross.ski) == (
        issuing.subject_der,
        issuing.public_key,
        issuing.ski,
    )
    await ca.authorities.refresh(ca.db)
    chain = ca.authorities.whole_chain_pem_of(leaf)
    assert chain == (issuing.pem(), own.pem(), cross.pem())
    parsed = [parse_certificate(pem.decode("CERTIFICATE", text)[0]) for text in chain]
    for order in (parsed, parsed[::-1]):
        for trusted, via in ((own, issuing), (other, cross)):
            path = verify_chain(ca.engine, leaf=leaf, intermediates=order, roots=[trusted], at=NOW)
            assert (path.intermediates, path.root) == ((via,), trusted)
    with pytest.raises(UnknownIssuer):
        verify_chain(ca.engine, leaf=leaf, intermediates=[issuing, own], roots=[other], at=NOW)
    with pytest.raises(AuthorityExists):
        await _import(ca, cross_der, root.certificate)
    assert ca.authorities.chain_pem_of(leaf) == chain[:2]
    for days, codes in ((3500, set()), (3570, {"cross_ends"})):
        state = await ReadCaState(ca.db, ca.engine, ca.settings.ca)(now=START + days * DAY_MS)
        assert {one.code for one in state.warnings} & {"cross_ends"} == codes
    assert await check_authorities(ca.db) == []


async def test_both_certificates_are_served_and_openssl_reads_them(
    ca: Ca, root: OfflineRoot, tmp_path: Path
) -> None:
    publisher = ca.publisher()
    cross = root.sign(await request_cross(ca.db, ca.keyring, ca.engine, "issuing"), EXTENSIONS)
    alone = await publisher.certificates("issuing")
    await _import(ca, cross, root.certificate)
    both = await publisher.certificates("issuing")
    for der, expected in ((alone, 1), (both, 2)):
        (tmp_path / "issuing.p7c").write_bytes(der)
        printed = openssl(tmp_path, "pkcs7", "-inform", "DER", "-in", "issuing.p7c", "-print_certs")
        read = pem.decode("CERTIFICATE", printed)
        assert len(read) == expected
        assert (cross in read) == (expected == 2)
    await remove_cross(ca.db, sha256(cross).digest(), now=NOW)
    assert await publisher.certificates("issuing") == alone
    with pytest.raises(NoCaRequest):
        await remove_cross(ca.db, sha256(cross).digest(), now=NOW)


async def test_tolerant_cross_certificate_never_satisfies_a_strict_root(ca: Ca, root: OfflineRoot) -> None:
    leaf = await ca.certify(now=NOW)
    issuing, own = ca.authorities.chain_of(leaf)
    strict = root.sign(await request_cross(ca.db, ca.keyring, ca.engine, "issuing"), EXTENSIONS)
    cross, other = _tolerant(strict, root), _tolerant(root.certificate, root)
    assert not await _import(ca, cross, other)
    await ca.authorities.refresh(ca.db)
    assert ca.authorities.whole_chain_pem_of(leaf) == ca.authorities.chain_pem_of(leaf)
    assert ca.authorities.cross_of("issuing") == (cross,)
    read = [parse_foreign_certificate(der) for der in (leaf.der, issuing.der, cross, other)]
    path = find_foreign_path(ca.engine, read[0], read[1:3], [read[3]], at=NOW)
    assert path == (read[0], read[2], read[3])

    def checked(chain: list[bytes], roots: list[bytes]) -> None:
        verify(
            message=b"",
            signature=sign(ca.engine, generate(ca.engine), b"").to_der(),
            certificate=leaf.der,
            chain=chain,
            roots=roots,
            at=datetime.fromtimestamp(NOW / 1000, UTC),
            revocation="unchecked",
        )

    for chain, roots in (([cross], [own.der]), ([issuing.der], [other]), ([cross], [root.certificate])):
        with pytest.raises(VerificationError) as refused:
            checked(chain, roots)
        assert refused.value.step in {"input", "chain"}


FAULTS: Final[Mapping[str, tuple[str, str]]] = {
    "basic_constraints": ("critical,CA:TRUE,pathlen:0", "critical,CA:FALSE"),
    "path_length": (",pathlen:0", ""),
    "key_usage": ("keyCertSign,cRLSign", "keyCertSign,cRLSign,keyAgreement"),
    "subject_key_id": ("subjectKeyIdentifier=hash", "subjectKeyIdentifier=010203"),
    "issuer_name": ("authorityKeyIdentifier=keyid:always", "authorityKeyIdentifier=none"),
    "url_missing": ("crlDistributionPoints=URI:http://crl.other.example/root.crl\n", ""),
    "policies": ("2.5.29.32.0", "1.2.3.4"),
    "unknown_critical": ("subjectKey", "nameConstraints=critical,permitted;DNS:a.example\nsubjectKey"),
}


async def test_cross_certificate_with_a_fault_is_refused(ca: Ca, root: OfflineRoot, tmp_path: Path) -> None:
    request = await request_cross(ca.db, ca.keyring, ca.engine, "issuing")

    async def findings(certificate: bytes, by: bytes, *, stated: bytes | None = None) -> set[str]:
        with pytest.raises(BadCaImport) as refused:
            await _import(ca, certificate, by, stated=stated)
        return {code for code, _ in refused.value.findings}

    for code, (old, new) in FAULTS.items():
        assert old in EXTENSIONS
        assert code in await findings(root.sign(request, EXTENSIONS.replace(old, new)), root.certificate), (
            code
        )
    good = root.sign(request, EXTENSIONS)
    assert await findings(good, root.certificate, stated=bytes(32)) == {"fingerprint"}
    assert await findings(good, ca.authorities.root.der) == {"own_root"}
    assert await findings(b"\x30\x00", root.certificate) == {"unreadable"}
    imposter = make_root(tmp_path / "imposter", now=START, name=OTHER)
    assert await findings(imposter.sign(request, EXTENSIONS), root.certificate) >= {"signature"}
    assert await findings(root.sign(request, EXTENSIONS, days=10), root.certificate) == {"ends_soon"}
    late = root.sign(request, EXTENSIONS, start=NOW + DAY_MS)
    assert await findings(late, root.certificate) == {"not_yet_valid"}
    renamed = root.sign(request, EXTENSIONS, subject="/C=CN/O=X/CN=X CA")
    with pytest.raises(NoCaRequest):
        await _import(ca, renamed, root.certificate)
    with pytest.raises(NoCaRequest):
        await request_cross(ca.db, ca.keyring, ca.engine, "root")
    assert await list_cross(ca.db) == []
