"""BouncyCastle verifies a second generation of the issuing CA: certificate, list, OCSP response, CMS."""

import asyncio
import time
from pathlib import Path

import pytest

from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.crl import CA_COMPROMISE
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request
from mshield.pki.signatures.cms import build_signed_data
from mshield.pki.signer import KeySigner
from mshield.server.ca.init import CaKeyNames
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.master import generate_master_key
from tests.interop.judge import Rejected, judge
from tests.interop.test_openssl import verify
from tests.support.issuing import Ca, make_ca, person
from tests.support.sdf.machine import Machine

MESSAGE = "报关单".encode()
DAY = 24 * 3_600_000
START = time.time_ns() // 1_000_000 - 2 * DAY
"""BouncyCastle uses its own clock and refuses future times."""


async def certified(ca: Ca, *, now: int) -> tuple[Certificate, KeySigner]:
    """Issues the certificate of a new person, and returns it with its whole key."""
    new, private = await person(ca.db, ca.keyring, ca.engine, now=now)
    row = await ca.issue.reserve(new, now=now)
    return await ca.issue.issue(row.serial, now=now), KeySigner(ca.engine, private)


async def lay_out(ca: Ca, name: str, leaf: Certificate, key: KeySigner, folder: Path, *, now: int) -> Path:
    """Writes evidence of one signature under this generation, as published at that time."""
    publisher, issuing, root = ca.publisher(), ca.authorities.certificate(name), ca.authorities.root
    assert issuing is not None
    signature = key.sign(MESSAGE)
    await publisher.refresh(now=now)
    answer = await publisher.ocsp(build_ocsp_request([CertId.of(issuing, leaf.serial)]), now=now)
    files = {
        "root.pem": root.pem().encode(),
        "issuing.pem": issuing.pem().encode(),
        "leaf.pem": leaf.pem().encode(),
        "message.bin": MESSAGE,
        "signature.der": signature.to_der(),
        "signature.p7s": build_signed_data(
            content=MESSAGE, signature=signature, certificate=leaf, chain=ca.authorities.chain_of(leaf)
        ),
        "crl.der": (await publisher.crl(name, now=now)).der,
        "root-crl.der": (await publisher.crl("root", now=now)).der,
        "ocsp.der": answer.der,
    }
    await asyncio.to_thread(_write, folder, files)
    return folder


def _write(folder: Path, files: dict[str, bytes]) -> None:
    folder.mkdir()
    for file, content in files.items():
        (folder / file).write_bytes(content)


async def test_ca_with_keys_in_a_cipher_machine_is_accepted(
    sqlite_url: str, machine: Machine, tmp_path: Path
) -> None:
    db = await open_database(sqlite_url)
    ring = Keyring((generate_master_key("aes"),), devices=Devices(machine.settings().keys))
    ca = await make_ca(db, ring, now=START, keys=CaKeyNames(root="sdf:1", issuing="sdf:2"))
    leaf, key = await certified(ca, now=START)
    lines = judge(await lay_out(ca, "issuing", leaf, key, tmp_path / "machine", now=START), at=START)
    assert len(lines) == 8
    issuing = ca.authorities.issuing.certificate
    result = verify(tmp_path, root=ca.authorities.root, certificate=issuing, at=START)
    assert (result.returncode, result.stdout.strip()[-2:]) == (0, "OK"), result.stderr
    await db.close()


async def test_both_generations_are_accepted_and_a_revoked_one_is_not(
    db: Database, keyring: Keyring, tmp_path: Path
) -> None:
    ca, later = await make_ca(db, keyring, now=START), START + DAY
    before = await certified(ca, now=START)
    await renew_issuing(db, keyring, ca.engine, ca.settings, now=later)
    after = await certified(ca, now=later)
    assert after[0].aki != before[0].aki
    for name, (leaf, key) in (("issuing", before), ("issuing-2", after)):
        lines = judge(await lay_out(ca, name, leaf, key, tmp_path / name, now=later), at=later)
        assert len(lines) == 8
    await revoke_issuing(db, "issuing", reason=CA_COMPROMISE, now=later)
    for name, (leaf, key) in (("issuing-2", after), ("issuing", before)):
        folder = await lay_out(ca, name, leaf, key, tmp_path / f"{name} later", now=later)
        if name == "issuing":
            with pytest.raises(Rejected) as rejected:
                judge(folder, at=later)
            assert rejected.value.check == "path with revocation"
        else:
            judge(folder, at=later)
