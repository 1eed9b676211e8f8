"""BouncyCastle and `openssl` accept a cross certificate: the path to another root, and not to its namesake."""

import asyncio
from hashlib import sha256
from pathlib import Path

import pytest

from mshield.gm.sm2 import Signature
from mshield.pki.asn1 import pem
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.signatures.cms import build_signed_data
from mshield.server.ca.cross import import_cross
from mshield.server.ca.requests import request_cross
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from tests.ca.test_cross import EXTENSIONS, OTHER
from tests.interop.judge import Rejected, judge
from tests.interop.test_generations import MESSAGE, START, certified, lay_out
from tests.interop.test_openssl import verify
from tests.support.issuing import make_ca
from tests.support.offline_root import make_root


async def test_path_through_the_cross_certificate_is_accepted(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    ca = await make_ca(db, keyring, now=START)
    leaf, key = await certified(ca, now=START)
    root = await asyncio.to_thread(make_root, tmp_path / "other", now=START, name=OTHER)
    request = await request_cross(db, keyring, ca.engine, "issuing")
    der = await asyncio.to_thread(root.sign, request, EXTENSIONS)
    fingerprint = sha256(root.certificate).digest()
    await import_cross(
        db, ca.engine, ca.settings, der, root=root.certificate, fingerprint=fingerprint, now=START
    )
    cross, other = parse_certificate(der), parse_certificate(root.certificate)
    folder = await lay_out(ca, "issuing", leaf, key, tmp_path / "evidence", now=START)
    signature = Signature.from_der((folder / "signature.der").read_bytes())
    cms = build_signed_data(content=MESSAGE, signature=signature, certificate=leaf, chain=(cross, other))
    for name, content in {
        "root.pem": other.pem().encode(),
        "issuing.pem": cross.pem().encode(),
        "signature.p7s": cms,
        "root-crl.der": await asyncio.to_thread(root.crl, at=START),
    }.items():
        (folder / name).write_bytes(content)
    assert len(judge(folder, at=START)) == 8
    result = verify(tmp_path, root=other, certificate=cross, at=START)
    assert (result.returncode, result.stdout.strip()[-2:]) == (0, "OK"), result.stderr
    await asyncio.to_thread(root.revoke, der, at=START)
    (folder / "root-crl.der").write_bytes(await asyncio.to_thread(root.crl, at=START))
    with pytest.raises(Rejected) as revoked:
        judge(folder, at=START)
    assert revoked.value.check == "path with revocation"
    namesake = await asyncio.to_thread(make_root, tmp_path / "namesake", now=START, name=OTHER)
    assert verify(
        tmp_path, root=parse_certificate(namesake.certificate), certificate=cross, at=START
    ).returncode
    (folder / "root.pem").write_text(pem.encode("CERTIFICATE", namesake.certificate), encoding="ascii")
    with pytest.raises(Rejected):
        judge(folder, at=START)
