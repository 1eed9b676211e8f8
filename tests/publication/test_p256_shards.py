"""P-256 lists: one per shard with the SM2 list's content, and no list of everything once there are shards."""

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from mshield.pki.certificates.certificate import Certificate
from mshield.pki.revocation.crl import parse_crl
from mshield.server.ca.init_p256 import init_p256
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database
from mshield.server.errors import NotFound, Unavailable
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.publisher import Publisher
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.issuing import Ca, change, make_ca
from tests.support.signing import execute

BASE = "http://localhost:8000/pki"
MOST = 3


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    ca = await make_ca(
        db, keyring, now=START, settings=Settings.of(p256_status=True, crl_shard_certificates=MOST)
    )
    await init_p256(db, keyring, renew=False, now=START)
    return ca


async def _list(publisher: Publisher, name: str, *, now: int) -> x509.CertificateRevocationList:
    crl = x509.load_der_x509_crl((await publisher.crl(name, now=now)).der)
    signer = x509.load_der_x509_certificate(await publisher.certificate("p256"))
    key = signer.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    assert crl.is_signature_valid(key)
    return crl


async def _revoked(ca: Ca, count: int, *, now: int) -> list[Certificate]:
    leaves = [await ca.certify(now=now) for _ in range(count)]
    for leaf in leaves:
        await change(ca.db, serial_text(leaf.serial), CertificateEvent.REVOKE, now=now, reason=1)
    return leaves


async def test_each_shard_has_its_own_list_of_at_most_a_shards_length(ca: Ca) -> None:
    publisher = ca.publisher()
    await publisher.refresh(now=START)
    assert len(await _list(publisher, "p256", now=START)) == 0
    by_shard = []
    for step in range(3):
        by_shard.append(await _revoked(ca, MOST, now=START + 2000 * step))
        await publisher.refresh(now=START + 2000 * step + 1000)
    now = START + 6000
    with pytest.raises(NotFound):
        await publisher.crl("p256", now=now)  # the list of everything doesn't exist: it would be unbounded
    for shard, leaves in enumerate(by_shard):
        name = "issuing" if shard == 0 else f"issuing.{shard}"
        crl = await _list(publisher, f"p256-{name}", now=now)
        assert {entry.serial_number for entry in crl} == {leaf.serial for leaf in leaves}
        assert len(crl) <= MOST
        point = crl.extensions.get_extension_for_class(x509.IssuingDistributionPoint)
        assert (point.critical, point.value.indirect_crl) == (True, True)
        assert point.value.full_name is not None
        assert [one.value for one in point.value.full_name] == [f"{BASE}/{name}.crl"]
        assert leaves[0].values.crl_urls == (f"{BASE}/{name}.crl",)
        own = parse_crl((await publisher.crl(name, now=now)).der)
        number = crl.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number
        assert crl.next_update_utc is not None
        assert (number, crl.next_update_utc.timestamp() * 1000) == (own.number, own.next_update)
    first = await publisher.crl("p256-issuing.1", now=now)
    assert await publisher.crl("p256-issuing.1", now=now) is first  # signed once
    await change(ca.db, serial_text((await ca.certify(now=now)).serial), CertificateEvent.FREEZE, now=now)
    for name in ("p256-issuing.9", "p256-issuing-7", "p256-", "p256-p256", "p256-x"):
        with pytest.raises(NotFound):
            await publisher.crl(name, now=now)
    assert len(await _list(publisher, "p256-root", now=now)) == 0


async def test_a_list_that_somebody_changed_in_the_database_is_not_signed(ca: Ca) -> None:
    publisher = ca.publisher()
    await _revoked(ca, 1, now=START)
    await publisher.refresh(now=START + 1000)
    der = bytearray((await publisher.crl("issuing", now=START + 1000)).der)
    der[-1] ^= 1
    await execute(ca.db, "UPDATE crls SET der = $1 WHERE authority = 'issuing'", bytes(der))
    with pytest.raises(Unavailable):
        await ca.publisher().crl("p256-issuing", now=START + 1000)
