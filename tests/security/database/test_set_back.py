"""Rows of a revoked certificate and its key, set back to an older, validly sealed state, don't sign again (N16)."""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from cryptography import x509

from mshield.pki.revocation.crl import CERTIFICATE_HOLD, KEY_COMPROMISE, Revoked, parse_crl
from mshield.pki.revocation.ocsp import (
    CertId,
    RevokedAt,
    build_ocsp_request,
    error_response,
    parse_ocsp_response,
)
from mshield.server.ca.init_p256 import init_p256
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, SealBroken
from mshield.server.keys.keyring import Keyring
from mshield.server.settings.settings import Settings
from tests.support.clock import START, Clock
from tests.support.intruder import Intruder
from tests.support.issuing import Ca, change, make_ca
from tests.support.renewal import make_renewing
from tests.support.signing import World, fetch

_DAY = 86_400_000


def _copied(intruder: Intruder, *tables: str) -> Callable[[], None]:
    """Copies the rows of these tables; the result sets them back."""
    kept = {table: intruder.rows(f"SELECT * FROM {table}") for table in tables}  # noqa: S608  # the names above

    def set_back() -> None:
        for table, rows in kept.items():
            for row in rows:
                key, *names = row
                values: list[Any] = [row[name] for name in names]
                columns = ", ".join(f"{name} = ?" for name in names)
                intruder.run(f"UPDATE {table} SET {columns} WHERE {key} = ?", *values, row[key])  # noqa: S608  # as above

    return set_back


async def _serial(db: Database) -> str:
    return str((await fetch(db, "SELECT serial FROM certificates"))["serial"])


@pytest.mark.parametrize("event", [CertificateEvent.REVOKE, CertificateEvent.FREEZE])
async def test_set_back_key_does_not_open(world: World, intruder: Intruder, event: CertificateEvent) -> None:
    set_back = _copied(intruder, "certificates", "keys")
    reason = 1 if event is CertificateEvent.REVOKE else None
    await change(world.db, await _serial(world.db), event, now=world.clock(), reason=reason)
    set_back()
    with pytest.raises(SealBroken):
        await world.sign([await world.task()])


async def test_set_back_key_does_not_finish(world: World, intruder: Intruder) -> None:
    nonces = await world.commit([await world.task()])
    opened = await world.open(nonces)
    set_back = _copied(intruder, "certificates", "keys")
    await change(world.db, await _serial(world.db), CertificateEvent.REVOKE, now=world.clock(), reason=1)
    set_back()
    with pytest.raises(SealBroken):
        await world.finish(world.partials(nonces, opened))
    assert (await fetch(world.db, "SELECT COUNT(*) AS n FROM signatures WHERE purpose <> 'enrol'"))["n"] == 0


async def test_key_replaced_by_a_renewal_does_not_sign_again(
    db: Database, keyring: Keyring, clock: Clock, intruder: Intruder
) -> None:
    renewing = await make_renewing(db, keyring, clock, key="new")
    replaced = renewing.old
    set_back = _copied(intruder, "certificates", "keys")
    await renewing.renewed()
    set_back()
    renewing.world.phone = renewing.old = replaced
    sid = await renewing.world.task()
    with pytest.raises(SealBroken):
        await renewing.sign(replaced, sid)


async def test_hold_that_was_lifted_does_not_stop_signing(world: World) -> None:
    """Also if clocks of two processes differ, so that the newest event isn't the last one."""
    serial, now = await _serial(world.db), world.clock()
    await change(world.db, serial, CertificateEvent.REPORT_LOSS, now=now)
    await change(world.db, serial, CertificateEvent.LIFT_LOSS, now=now - 5)
    await world.sign([await world.task()])


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


async def test_set_back_certificate_stays_revoked_in_ocsp_and_list(ca: Ca, intruder: Intruder) -> None:
    leaf = await ca.certify(now=START)
    set_back = _copied(intruder, "certificates")
    await change(
        ca.db, serial_text(leaf.serial), CertificateEvent.REVOKE, now=START + 1000, reason=KEY_COMPROMISE
    )
    set_back()
    intruder.run("DELETE FROM crl_changes")
    issuing = ca.authorities.issuing.certificate
    cert_id = CertId.of(issuing, leaf.serial)
    publisher = ca.publisher()
    answer = await publisher.ocsp(build_ocsp_request([cert_id]), now=START + 2000)
    (single,) = parse_ocsp_response(answer.der).statuses
    assert single.status == RevokedAt(START + 1000, KEY_COMPROMISE)
    made = await publisher.crl("issuing", now=START + _DAY)
    assert parse_crl(made.der).revoked[leaf.serial].reason == KEY_COMPROMISE


async def _listed(ca: Ca, *, now: int) -> Mapping[int, Revoked]:
    """Makes the lists that are due, and returns the entries of the one in force."""
    publisher = ca.publisher()
    await publisher.refresh(now=now)
    return parse_crl((await publisher.crl("issuing", now=now)).der).revoked


_NOTED = "INSERT INTO crl_changes (serial, issuer, changes) VALUES (?, 'issuing', 1)"


@pytest.fixture
async def two(ca: Ca) -> tuple[int, int]:
    """The serials of two certificates that no list names yet."""
    serials = (await ca.certify(now=START)).serial, (await ca.certify(now=START)).serial
    await _listed(ca, now=START)
    return serials


async def test_set_back_hold_stops_no_other_revocation(
    ca: Ca, intruder: Intruder, two: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    """Its certificate is on hold for as long as its row and its events differ, and the operator is told."""
    forged, revoked = two
    set_back = _copied(intruder, "certificates")
    await change(ca.db, serial_text(forged), CertificateEvent.FREEZE, now=START + 1000)
    set_back()
    await change(
        ca.db, serial_text(revoked), CertificateEvent.REVOKE, now=START + 2000, reason=KEY_COMPROMISE
    )
    entries = await _listed(ca, now=START + 3000)
    assert entries == {
        forged: Revoked(forged, START + 3000, CERTIFICATE_HOLD),
        revoked: Revoked(revoked, START + 2000, KEY_COMPROMISE),
    }
    assert any(
        record.levelno == logging.CRITICAL and serial_text(forged) in record.getMessage()
        for record in caplog.records
    )
    assert await _listed(ca, now=START + _DAY) == entries  # made from the rows
    await change(ca.db, serial_text(forged), CertificateEvent.FREEZE, now=START + _DAY)
    await change(ca.db, serial_text(forged), CertificateEvent.UNFREEZE, now=START + _DAY + 1000)
    assert set(await _listed(ca, now=START + _DAY + 2000)) == {revoked}


@pytest.mark.parametrize("is_noted", [True, False])
async def test_entry_of_a_set_back_hold_stays(
    ca: Ca, intruder: Intruder, two: tuple[int, int], *, is_noted: bool
) -> None:
    forged, _ = two
    set_back = _copied(intruder, "certificates")
    await change(ca.db, serial_text(forged), CertificateEvent.FREEZE, now=START + 1000)
    entries = await _listed(ca, now=START + 2000)
    set_back()
    if is_noted:
        intruder.run(_NOTED, serial_text(forged))
    assert entries == {forged: Revoked(forged, START + 1000, CERTIFICATE_HOLD)}
    assert await _listed(ca, now=START + (3000 if is_noted else _DAY)) == entries


async def test_unreadable_events_of_a_revoked_certificate_leave_its_entry(
    ca: Ca, intruder: Intruder, two: tuple[int, int]
) -> None:
    forged, _ = two
    set_back = _copied(intruder, "certificates")
    await change(ca.db, serial_text(forged), CertificateEvent.REVOKE, now=START + 1000, reason=KEY_COMPROMISE)
    entries = await _listed(ca, now=START + 2000)
    set_back()
    intruder.run("UPDATE certificate_events SET event = 'nonsense' WHERE serial = ?", serial_text(forged))
    assert await _listed(ca, now=START + _DAY) == entries
    assert entries[forged].reason == KEY_COMPROMISE


@pytest.mark.parametrize(
    "forged_values",
    ["holds = 'a b'", "holds = 'nonsense'", "state = 'revoked', revocation_reason = 77"],
)
@pytest.mark.parametrize("is_noted", [True, False])
async def test_row_with_odd_values_is_listed_as_on_hold(
    ca: Ca, intruder: Intruder, two: tuple[int, int], forged_values: str, *, is_noted: bool
) -> None:
    forged, revoked = two
    intruder.run(f"UPDATE certificates SET {forged_values} WHERE serial = ?", serial_text(forged))  # noqa: S608  # the values above
    if is_noted:
        intruder.run(_NOTED, serial_text(forged))
    now = START + (3000 if is_noted else _DAY)
    await change(ca.db, serial_text(revoked), CertificateEvent.REVOKE, now=now - 1000, reason=KEY_COMPROMISE)
    entries = await _listed(ca, now=now)
    assert {serial: entry.reason for serial, entry in entries.items()} == {
        forged: CERTIFICATE_HOLD,
        revoked: KEY_COMPROMISE,
    }


@pytest.mark.parametrize("event", [CertificateEvent.REVOKE, CertificateEvent.FREEZE])
async def test_set_back_certificate_stays_in_the_p256_list_of_all_cas(
    db: Database, keyring: Keyring, intruder: Intruder, event: CertificateEvent
) -> None:
    ca = await make_ca(db, keyring, now=START, settings=Settings.of(p256_status=True))
    await init_p256(db, keyring, renew=False, now=START)
    leaf = await ca.certify(now=START)
    set_back = _copied(intruder, "certificates")
    reason = KEY_COMPROMISE if event is CertificateEvent.REVOKE else None
    await change(ca.db, serial_text(leaf.serial), event, now=START + 1000, reason=reason)
    await ca.publisher().refresh(now=START + 2000)
    set_back()
    for now in (START + 3000, START + _DAY):
        publisher = ca.publisher()
        await publisher.refresh(now=now)
        listed = x509.load_der_x509_crl((await publisher.crl("p256", now=now)).der)
        assert [entry.serial_number for entry in listed] == [leaf.serial], now


async def test_forged_serial_among_the_changes_stops_no_list(
    ca: Ca, intruder: Intruder, two: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    """It is dropped with an alarm; the lists of all others go on."""
    _, revoked = two
    for serial in ("not hex", "", "g" * 40, "ab", "A" * 40, f"{'0' * 39}é"):
        intruder.run(_NOTED, serial)
    await change(
        ca.db, serial_text(revoked), CertificateEvent.REVOKE, now=START + 1000, reason=KEY_COMPROMISE
    )
    assert set(await _listed(ca, now=START + 2000)) == {revoked}
    assert intruder.rows("SELECT serial FROM crl_changes") == []
    assert any(
        "serials" in record.getMessage() for record in caplog.records if record.levelno == logging.CRITICAL
    )


async def test_ocsp_names_the_doubted_certificate_as_the_reason(
    ca: Ca, intruder: Intruder, two: tuple[int, int], caplog: pytest.LogCaptureFixture
) -> None:
    forged, _ = two
    set_back = _copied(intruder, "certificates")
    await change(ca.db, serial_text(forged), CertificateEvent.FREEZE, now=START + 1000)
    set_back()
    cert_id = CertId.of(ca.authorities.issuing.certificate, forged)
    answer = await ca.publisher().ocsp(build_ocsp_request([cert_id]), now=START + 2000)
    assert answer.der == error_response("try_later")
    (line,) = [record for record in caplog.records if record.name.endswith("publication.ocsp")]
    assert line.levelno == logging.CRITICAL
    assert "in doubt" in line.getMessage()
    assert serial_text(forged) in line.getMessage()
    assert "database failed" not in line.getMessage()
