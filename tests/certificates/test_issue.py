"""Issuing: first the serial, then one certificate for it, despite crashes and repeats in between."""

import asyncio
import hmac
from dataclasses import replace

import pytest
from cryptography import x509

from mshield.gm.engine import Engine
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.certificates.identity import HASH_PREFIX
from mshield.pki.errors import LintError
from mshield.pki.verification.path import verify_chain
from mshield.server.certificates.issue import Issue, serial_text
from mshield.server.certificates.rows import certificates as store
from mshield.server.database.interface import Database
from mshield.server.errors import Conflict, NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.issuing import CREDIT_CODE, ID_NUMBER, NAME, ORGANISATION, Ca, make_ca, person
from tests.support.signing import execute

DAY = 86_400_000


@pytest.fixture
async def ca(db: Database, keyring: Keyring, engine: Engine) -> Ca:
    return await make_ca(db, keyring, now=START, engine=engine)


def _with(ca: Ca, **settings: object) -> Issue:
    return replace(ca.issue, settings=ca.settings.changed(**settings))


async def test_certificate_is_issued_for_the_reserved_row(ca: Ca) -> None:
    new, private = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START + 700)
    made = await ca.issue.issue(row.serial, now=START + 800)
    assert made.public_key == private.public
    assert serial_text(made.serial) == row.serial
    assert len(row.serial) == 40
    assert made.subject.common_name == NAME
    assert made.subject.organisation == ORGANISATION
    assert made.values.credit_code == CREDIT_CODE
    assert (made.not_before, made.not_after) == (START, START + ca.settings.ca.certificate_days * DAY)
    assert made.values.crl_urls == ("http://localhost:8000/pki/issuing.crl",)
    stored = await store.find_by_serial(ca.db, serial=row.serial)
    assert stored is not None
    assert (stored.state, stored.der) == ("active", made.der)
    assert (stored.not_before, stored.not_after) == (made.not_before, made.not_after)
    verify_chain(
        ca.engine,
        leaf=made,
        intermediates=[ca.authorities.issuing.certificate],
        roots=[ca.authorities.root],
        at=START + 800,
    )
    parsed = x509.load_der_x509_certificate(made.der)
    assert parsed.subject.rfc4514_string() == f"CN={NAME},OU=操作员,O={ORGANISATION},C=CN"


async def test_serials_are_random(ca: Ca) -> None:
    serials = {(await ca.certify(now=START)).serial for _ in range(8)}
    assert len(serials) == 8
    assert all(serial.bit_length() == 159 for serial in serials)


async def test_crash_after_the_reservation_is_recorded_and_recovered(ca: Ca) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    evidence = await store.find_by_request(ca.db, request_sid=new.request_sid)
    assert evidence is not None
    assert (evidence.serial, evidence.der, evidence.state) == (row.serial, None, "issued")
    again = await ca.issue.reserve(new, now=START + 5 * DAY)
    assert again == row
    made = await ca.issue.issue(again.serial, now=START + 5 * DAY)
    assert serial_text(made.serial) == row.serial


async def test_issuing_again_gives_the_same_certificate(ca: Ca) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    first = await ca.issue.issue(row.serial, now=START)
    assert (await ca.issue.issue(row.serial, now=START + DAY)).der == first.der


async def test_concurrent_calls_make_one_certificate(ca: Ca) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)

    async def both() -> bytes:
        row = await ca.issue.reserve(new, now=START)
        return (await ca.issue.issue(row.serial, now=START)).der

    assert len(set(await asyncio.gather(*(both() for _ in range(8))))) == 1


async def test_a_certificate_never_outlives_its_issuer(ca: Ca) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    end = ca.authorities.issuing.certificate.not_after
    row = await ca.issue.reserve(new, now=end - 30 * DAY)
    assert (await ca.issue.issue(row.serial, now=end - 30 * DAY)).not_after == end


async def test_the_id_number_is_a_keyed_hash_by_default(ca: Ca) -> None:
    made = await ca.certify(now=START)
    assert Settings().ca.certificate_id_number == "hash"
    key = ca.lookup.key_for("certificate-id-number")
    assert made.values.id_number == HASH_PREFIX + hmac.new(key, ID_NUMBER.encode(), "sm3").hexdigest()
    assert ID_NUMBER.encode() not in made.der


@cases(("setting", "expected"), [("clear", ID_NUMBER), ("none", None)])
async def test_setting_decides_the_form_of_the_id_number(ca: Ca, setting: str, expected: str | None) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    made = await _with(ca, certificate_id_number=setting).issue(row.serial, now=START)
    assert made.values.id_number == expected


@cases(
    ("id_type", "kind"),
    [
        ("resident_id", "resident"),
        ("foreign_resident_id", "resident"),
        ("passport", "passport"),
        ("hk_macau_permit", "passport"),
        ("taiwan_permit", "passport"),
    ],
)
async def test_id_type_selects_the_extensions_choice(ca: Ca, id_type: str, kind: str) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START, id_type=id_type)
    row = await ca.issue.reserve(new, now=START)
    assert (await ca.issue.issue(row.serial, now=START)).values.id_kind == kind


async def test_certificate_refused_by_the_lint_is_not_stored(ca: Ca) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await _with(ca, certificate_days=365 * 6).reserve(new, now=START)
    with pytest.raises(LintError):
        await ca.issue.issue(row.serial, now=START)
    stored = await store.find_by_serial(ca.db, serial=row.serial)
    assert stored is not None
    assert stored.der is None


async def test_impossible_reservations_are_refused(ca: Ca) -> None:
    with pytest.raises(NotFound):
        await ca.issue.issue("00" * 20, now=START)
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    await execute(ca.db, "UPDATE certificates SET state = 'revoked' WHERE serial = $1", row.serial)
    with pytest.raises(Conflict):
        await ca.issue.issue(row.serial, now=START)
    await execute(ca.db, "UPDATE keys SET public_key = NULL WHERE uid = $1", new.uid)
    with pytest.raises(Conflict):
        await ca.issue.issue(row.serial, now=START)


async def test_the_stored_bytes_are_a_certificate(ca: Ca) -> None:
    made = await ca.certify(now=START)
    row = await store.find_by_serial(ca.db, serial=serial_text(made.serial))
    assert row is not None
    assert row.der is not None
    assert parse_certificate(row.der) == made
