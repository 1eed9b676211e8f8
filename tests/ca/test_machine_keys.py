"""A CA with keys in a cipher machine: the machine signs certificates and lists, the database has no CA key."""

import threading

import pytest

from mshield.gm.engine import Engine
from mshield.gm.sm2 import Signature
from mshield.pki.certificates import trust
from mshield.pki.revocation.crl import parse_crl
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request
from mshield.pki.verification.path import check_ocsp
from mshield.server.authorities.authority import load_authorities, open_authority
from mshield.server.authorities.keys import reference_content, reference_in
from mshield.server.authorities.rows.authorities import (
    AuthorityRow,
    find_authority,
    list_authorities,
    replace_authority,
)
from mshield.server.ca.init import CaKeyNames, CaNames, init_ca
from mshield.server.ca.renew_issuing import renew_issuing
from mshield.server.database.interface import Database
from mshield.server.keys.errors import BadAuthority, BadKeyReference, HardwareError, HardwareFailed
from mshield.server.keys.hardware.devices import Devices
from mshield.server.keys.hardware.machine import MachineSigner
from mshield.server.keys.keyring import Keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.publication.renew_responder import RENEW_MS, renew_responders
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.issuing import Ca, make_ca
from tests.support.sdf.machine import Fault, Machine

KEYS = CaKeyNames(root="sdf:1", issuing="sdf:2")


@pytest.fixture
def ring(machine: Machine) -> Keyring:
    return Keyring((generate_master_key("aes"),), devices=Devices(machine.settings().keys))


@pytest.fixture
async def ca(db: Database, ring: Keyring) -> Ca:
    return await make_ca(db, ring, now=START, keys=KEYS)


async def _kept(ca: Ca, name: str) -> bytes:
    row = await find_authority(ca.db, name=name)
    assert row is not None
    return ca.keyring.open(row.key_box, purpose="authority", context=name.encode())


async def test_certificates_and_lists_are_signed_by_the_machine(ca: Ca, machine: Machine) -> None:
    root, issuing = ca.authorities.root, ca.authorities.issuing.certificate
    trust.require_issued(ca.engine, issuing, root)
    before = machine.signatures
    leaf = await ca.certify(now=START)
    trust.require_issued(ca.engine, leaf, issuing)
    assert machine.signatures == before + 1
    publisher = ca.publisher()
    for name in ("issuing", "root"):
        assert parse_crl((await publisher.crl(name, now=START)).der).number
    assert machine.signatures == before + 3
    request = build_ocsp_request([CertId.of(issuing, leaf.serial)])
    answer = await publisher.ocsp(request, now=START)
    check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=answer.der, at=START)


async def test_the_database_has_the_keys_name_under_a_seal(ca: Ca, machine: Machine) -> None:
    assert [reference_in(await _kept(ca, name)) for name in ("root", "issuing", "ocsp")] == [
        "sdf:1",
        "sdf:2",
        None,
    ]
    for name in ("root", "issuing"):
        row = await find_authority(ca.db, name=name)
        assert row is not None
        assert b"sdf:" not in row.key_box
    with pytest.raises(HardwareError, match="MSHIELD_SDF_LIBRARY"):
        await load_authorities(
            ca.db, Keyring((ca.keyring._current,)), ca.engine
        )  # the keyring without devices


async def test_another_key_at_the_index_is_refused(ca: Ca) -> None:
    """The machine was set up again, so the index in the database holds a key that isn't the certificate's."""
    old = await find_authority(ca.db, name="issuing")
    assert old is not None
    box = ca.keyring.seal(reference_content("sdf:3"), purpose="authority", context=b"issuing")
    row = AuthorityRow("issuing", old.certificate, box)
    assert await ca.db.write(lambda tx: replace_authority(tx, row, old_certificate=old.certificate))
    with pytest.raises(BadAuthority):
        await open_authority(ca.db, ca.keyring, ca.engine, "issuing")


async def test_the_next_generation_has_a_key_of_its_own(ca: Ca) -> None:
    for taken in ("sdf:1", "sdf:2"):
        with pytest.raises(BadKeyReference, match="each needs its own"):
            await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, key=taken, now=START)
    name, certificate = await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, key="sdf:3", now=START)
    trust.require_issued(ca.engine, certificate, ca.authorities.root)
    assert reference_in(await _kept(ca, name)) == "sdf:3"
    await ca.authorities.refresh(ca.db)
    trust.require_issued(ca.engine, await ca.certify(now=START), certificate)


@pytest.mark.parametrize(
    "keys",
    [
        CaKeyNames(root="sdf:1", issuing="sdf:1"),
        CaKeyNames(root="sdf:9"),
        CaKeyNames(issuing="pkcs11:object=issuing"),
        CaKeyNames(issuing="2"),
    ],
)
async def test_invalid_key_references_make_no_ca(
    db: Database, ring: Keyring, engine: Engine, keys: CaKeyNames
) -> None:
    with pytest.raises((BadKeyReference, HardwareError)):
        await init_ca(db, ring, engine, Settings(), CaNames(), keys=keys, now=START)
    assert await list_authorities(db) == []


async def test_wrong_signature_of_the_machine_is_never_issued(ca: Ca, machine: Machine) -> None:
    machine.fault(Fault.WRONG_SIGNATURE)
    with pytest.raises(HardwareFailed):
        await ca.certify(now=START)
    with pytest.raises(HardwareFailed):
        await ca.publisher().crl("issuing", now=START)
    machine.fault(Fault.NONE)
    trust.require_issued(ca.engine, await ca.certify(now=START), ca.authorities.issuing.certificate)


async def test_ocsp_works_without_the_machine_until_the_responder_expires(ca: Ca, machine: Machine) -> None:
    issuing = ca.authorities.issuing.certificate
    leaf = await ca.certify(now=START)
    row = await find_authority(ca.db, name="ocsp")
    assert row is not None
    responder = (await open_authority(ca.db, ca.keyring, ca.engine, "ocsp")).certificate
    late = responder.not_after - RENEW_MS
    request = build_ocsp_request([CertId.of(issuing, leaf.serial)], nonce=b"n" * 16)
    machine.fault(Fault.WRONG_SIGNATURE)
    publisher, before = ca.publisher(), machine.signatures
    for _ in range(3):
        answer = await publisher.ocsp(request, now=late)
        check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=answer.der, at=late, nonce=b"n" * 16)
    assert machine.signatures == before + 1  # not called for each request
    with pytest.raises(HardwareFailed):
        await renew_responders(ca.db, ca.keyring, ca.engine, "issuing", now=late)
    machine.fault(Fault.NONE)
    ((_, renewed),) = await renew_responders(ca.db, ca.keyring, ca.engine, "issuing", now=late)
    trust.require_issued(ca.engine, renewed, issuing)


async def test_signatures_of_the_machine_do_not_block_the_event_loop(
    ca: Ca, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []
    sign = MachineSigner.sign

    def seen(signer: MachineSigner, tbs: bytes) -> Signature:
        threads.append(threading.current_thread())
        return sign(signer, tbs)

    monkeypatch.setattr(MachineSigner, "sign", seen)
    await ca.certify(now=START)
    await ca.publisher().crl("issuing", now=START)
    responder = (await open_authority(ca.db, ca.keyring, ca.engine, "ocsp")).certificate
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, 4711)])
    await ca.publisher().ocsp(request, now=responder.not_after - RENEW_MS)
    assert len(threads) == 3
    assert threading.current_thread() not in threads
