"""Making the CA: once, sealed, valid by our own verifier and readable by `cryptography`."""

import asyncio

import pytest
from cryptography import x509

from mshield.gm.engine import Engine
from mshield.pki.asn1 import oids
from mshield.pki.certificates import trust
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.errors import BadName
from mshield.server.authorities.authority import load_authorities, open_authority
from mshield.server.authorities.rows.authorities import find_authority, list_authorities
from mshield.server.ca.init import CaNames, init_ca, list_certificates
from mshield.server.database.interface import Database
from mshield.server.keys.errors import AuthorityExists, BadAuthority, NoAuthority, SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.renew_responder import LIFE_MS, RENEW_MS, current_responder
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.signing import execute

SETTINGS = Settings.of(public_origin="https://shield.example/")
NAMES = CaNames(name="宁波电子口岸", organisation="宁波电子口岸有限公司")


async def test_init_creates_root_and_issuing_ca(db: Database, keyring: Keyring, engine: Engine) -> None:
    root, issuing = await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    trust.require_issued(engine, issuing, root)
    for certificate, name in ((root, "宁波电子口岸 Root CA"), (issuing, "宁波电子口岸 CA")):
        assert certificate.is_ca
        assert certificate.subject.common_name == name
        assert certificate.subject.organisation == "宁波电子口岸有限公司"
        assert certificate.subject.get(oids.COUNTRY) == "CN"
        assert certificate.not_before == START
    assert issuing.values.crl_urls == ("https://shield.example/pki/root.crl",)
    assert issuing.values.ca_issuer_urls == ("https://shield.example/pki/root.cer",)
    assert issuing.values.ocsp_urls == ("https://shield.example/pki/ocsp",)
    assert issuing.values.path_length == 0
    parsed = x509.load_der_x509_certificate(issuing.der)
    assert parsed.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"
    assert parsed.serial_number == issuing.serial


async def test_its_keys_are_sealed(db: Database, keyring: Keyring, engine: Engine) -> None:
    await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    rows = await list_authorities(db)
    assert {row.name for row in rows} == {"root", "issuing", "root_ocsp", "ocsp", "tsa", "tsa-p256"}
    for row in rows:
        assert keyring.open(row.key_box, purpose="authority", context=row.name.encode())
        with pytest.raises(SealError):
            keyring.open(row.key_box, purpose="authority", context=b"other")
    with pytest.raises(SealError):
        await load_authorities(db, Keyring.generate(), engine)


async def test_a_ca_is_never_overwritten(db: Database, keyring: Keyring, engine: Engine) -> None:
    await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    before = await list_authorities(db)
    with pytest.raises(AuthorityExists):
        await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    assert await list_authorities(db) == before


async def test_concurrent_inits_make_one_ca(db: Database, keyring: Keyring, engine: Engine) -> None:
    made = await asyncio.gather(
        *(init_ca(db, keyring, engine, SETTINGS, NAMES, now=START) for _ in range(4)), return_exceptions=True
    )
    refused = [each for each in made if isinstance(each, AuthorityExists)]
    (won,) = (each for each in made if isinstance(each, tuple))
    assert len(refused) == 3
    authorities = await load_authorities(db, keyring, engine)
    assert (authorities.root, authorities.issuing.certificate) == won


async def test_invalid_name_stores_nothing(db: Database, keyring: Keyring, engine: Engine) -> None:
    with pytest.raises(BadName):
        await init_ca(db, keyring, engine, SETTINGS, CaNames(name="长" * 64), now=START)
    assert await list_authorities(db) == []


async def test_loading_without_a_ca_is_refused(db: Database, keyring: Keyring, engine: Engine) -> None:
    with pytest.raises(NoAuthority, match="mshield ca init"):
        await load_authorities(db, keyring, engine)
    with pytest.raises(NoAuthority):
        await list_certificates(db)


async def test_key_that_does_not_fit_its_certificate_is_refused(
    db: Database, keyring: Keyring, engine: Engine
) -> None:
    await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    for d in (bytes(32), (12345).to_bytes(32, "big"), b"\xff" * 32):
        box = keyring.seal(d, purpose="authority", context=b"issuing")
        await execute(db, "UPDATE authorities SET key_box = $1 WHERE name = 'issuing'", box)
        with pytest.raises(BadAuthority):
            await load_authorities(db, keyring, engine)


async def test_certificates_are_listed_from_the_root_down(
    db: Database, keyring: Keyring, engine: Engine
) -> None:
    root, issuing = await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    listed = await list_certificates(db)
    assert [name for name, _, _ in listed] == ["root", "issuing", "root_ocsp", "ocsp", "tsa"]
    assert listed[0][1] == root
    assert listed[1][1] == issuing


@pytest.mark.parametrize(("ca", "name"), [("issuing", "ocsp"), ("root", "root_ocsp")])
async def test_a_responder_renews_itself_before_its_end(
    db: Database, keyring: Keyring, engine: Engine, ca: str, name: str
) -> None:
    await init_ca(db, keyring, engine, SETTINGS, NAMES, now=START)
    issuer = (await open_authority(db, keyring, engine, ca)).certificate
    first = await current_responder(db, keyring, engine, issuer, ca, now=START)
    assert first.certificate.not_after <= START + LIFE_MS
    later = await current_responder(db, keyring, engine, issuer, ca, now=START + 86_400_000)
    assert later.certificate == first.certificate
    late = first.certificate.not_after - RENEW_MS
    renewed, same = await asyncio.gather(
        *(current_responder(db, keyring, engine, issuer, ca, now=late) for _ in range(2))
    )
    assert renewed.certificate == same.certificate
    assert renewed.certificate.public_key != first.certificate.public_key
    assert renewed.certificate.not_after > first.certificate.not_after
    row = await find_authority(db, name=name)
    assert row is not None
    assert parse_certificate(row.certificate) == renewed.certificate
    assert renewed.certificate.issuer_der == issuer.subject_der
