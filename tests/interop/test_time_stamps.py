"""Time stamps of our own authority, verified by others: SM2 ones by BouncyCastle, P-256 ones by openssl."""

import asyncio
import secrets
import time
from hashlib import sha256
from pathlib import Path

import pytest

from mshield.gm.sm3 import sm3
from mshield.pki.asn1 import pem
from mshield.pki.asn1.arcs import DEFAULT_ARC, tsa_policy
from mshield.pki.timestamps.algorithms import Profile
from mshield.pki.timestamps.request import TimeStampRequest, nonce_from
from mshield.pki.timestamps.response import rejected
from mshield.server.authorities.tsa import TSA
from mshield.server.ca.renew_tsa import TsaKeyNames, renew_tsa
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.publication.publisher import Publisher
from mshield.server.publication.time_stamps import TimeStamping
from mshield.server.settings.settings import Settings
from tests.interop.judge import Rejected, judge_stamp
from tests.interop.test_openssl import openssl
from tests.support.issuing import Ca, make_ca
from tests.support.sdf.machine import PASSWORD, Machine
from tests.support.soft_hsm import SoftHsm
from tests.support.stamped_bundles import OUTSIDE, stamped

NOW = time.time_ns() // 1_000_000
DATA = "报关单".encode()
SETTINGS = Settings.of(public_origin="https://shield.example", tsa_clock="assumed")


async def _ca(db: Database, keyring: Keyring) -> tuple[Ca, Publisher]:
    ca = await make_ca(db, keyring, now=NOW)
    return ca, Publisher(db, keyring, ca.engine, SETTINGS, ca.authorities)


async def test_openssl_accepts_p256_time_stamps(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    _, publisher = await _ca(db, keyring)
    data, query, reply, root = (tmp_path / name for name in ("data", "q.tsq", "r.tsr", "tsa.pem"))
    data.write_bytes(DATA)
    root.write_text(pem.encode("CERTIFICATE", await publisher.certificate("tsa-p256")))

    def ask(*how: str) -> None:
        made = openssl("ts", "-query", "-data", str(data), "-sha256", *how, "-out", str(query))
        assert made.returncode == 0, made.stderr

    def judged() -> tuple[int, str]:
        files = ("-queryfile", str(query), "-in", str(reply), "-CAfile", str(root))
        said = openssl("ts", "-verify", *files)
        return said.returncode, said.stdout + said.stderr

    for how in (("-cert",), ("-cert", "-tspolicy", tsa_policy(DEFAULT_ARC)), ("-cert", "-no_nonce")):
        await asyncio.to_thread(ask, *how)
        reply.write_bytes(await publisher.time_stamp("p256", query.read_bytes(), now=NOW))
        code, said = await asyncio.to_thread(judged)
        assert code == 0, said
    await asyncio.to_thread(ask, "-cert")  # another request, which this doesn't answer
    assert (await asyncio.to_thread(judged))[0] != 0


async def test_devices_may_hold_the_keys(
    sqlite_url: str, soft_hsm: SoftHsm, machine: Machine, tmp_path: Path
) -> None:
    db = await open_database(sqlite_url)
    settings = soft_hsm.settings(sdf_library=machine.library, sdf_password=PASSWORD)
    ca, publisher = await _ca(db, Keyring((generate_master_key("aes"),), devices=Devices(settings.keys)))
    keys = TsaKeyNames(sm2="sdf:4", p256=soft_hsm.make_key("time stamps"))
    await renew_tsa(db, ca.keyring, ca.engine, ca.settings, keys=keys, now=NOW)
    query, reply, authority = (tmp_path / name for name in ("q.tsq", "r.tsr", "tsa.cer"))
    nonce = nonce_from(secrets.token_bytes(8))
    questions: dict[Profile, TimeStampRequest] = {
        "sm2": TimeStampRequest(hash="sm3", digest=sm3(DATA), nonce=nonce),
        "p256": TimeStampRequest(hash="sha256", digest=sha256(DATA).digest(), nonce=nonce),
    }
    for profile, question in questions.items():
        query.write_bytes(question.encode())
        authority.write_bytes(await publisher.certificate(TSA[profile]))
        reply.write_bytes(await publisher.time_stamp(profile, question.encode(), now=NOW))
        assert await asyncio.to_thread(judge_stamp, "answer", query, reply, authority)
    await db.close()


async def test_bouncycastle_accepts_sm2_time_stamps(db: Database, keyring: Keyring, tmp_path: Path) -> None:
    _, publisher = await _ca(db, keyring)
    query, reply, authority = (tmp_path / name for name in ("q.tsq", "r.tsr", "tsa.cer"))
    request = TimeStampRequest(hash="sm3", digest=sm3(DATA), nonce=nonce_from(secrets.token_bytes(8)))
    query.write_bytes(request.encode())
    authority.write_bytes(await publisher.certificate("tsa"))
    reply.write_bytes(await publisher.time_stamp("sm2", request.encode(), now=NOW))
    assert await asyncio.to_thread(judge_stamp, "answer", query, reply, authority)
    reply.write_bytes(reply.read_bytes()[:-1] + b"\0")
    with pytest.raises(Rejected):
        await asyncio.to_thread(judge_stamp, "answer", query, reply, authority)


def test_bouncycastle_finds_the_stamp_in_a_cms(tmp_path: Path) -> None:
    cms, authority = tmp_path / "signed.p7s", tmp_path / "tsa.cer"
    cms.write_bytes(stamped(OUTSIDE).signature.cms)
    authority.write_bytes(OUTSIDE.signer.certificate.der)
    assert judge_stamp("cms", cms, authority)


async def test_impossible_time_stamp_request_is_refused_by_the_standard(
    db: Database, keyring: Keyring
) -> None:
    ca, publisher = await _ca(db, keyring)
    digest = sm3(DATA)
    good = TimeStampRequest(hash="sm3", digest=digest)
    weak = good.encode().replace(bytes.fromhex("06082a811ccf55018311"), bytes.fromhex("06082a811ccf55018312"))
    extended = good.encode()[:1] + bytes((good.encode()[1] + 4,)) + good.encode()[2:] + b"\xa0\x02\x30\x00"
    for asked, failure in (
        (b"", "bad_data_format"),
        (b"x" * 5000, "bad_request"),
        (weak, "bad_alg"),
        (extended, "unaccepted_extension"),
        (TimeStampRequest(hash="sm3", digest=digest, policy="1.2.3").encode(), "unaccepted_policy"),
        (TimeStampRequest(hash="sm3", digest=digest[:-1]).encode(), "bad_data_format"),
    ):
        assert await publisher.time_stamp("sm2", asked, now=NOW) == rejected(failure), failure
    checked = Settings.of(public_origin="https://shield.example")
    off = True
    own = TimeStamping(db, keyring, ca.engine, checked, clock_is_off=lambda: off)
    no_time = rejected("time_not_available")
    assert await own.answer("sm2", good.encode(), now=NOW) == no_time
    off = False
    assert await own.answer("sm2", good.encode(), now=NOW) != no_time
    assert await own.answer("sm2", good.encode(), now=NOW - 1001) == no_time  # the clock was set back
    assert await own.answer("p256", good.encode(), now=NOW + 6 * 365 * 86_400_000) == no_time
