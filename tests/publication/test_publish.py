"""Revocation lists and OCSP responses: their content, when new ones are made, and who signs them."""

import asyncio
from dataclasses import replace

import pytest
from cryptography import x509
from cryptography.x509 import ocsp as x509_ocsp

from mshield.gm.engine import Engine, load_engine
from mshield.pki.errors import CertificateOnHold, CertificateRevoked, StatusUnknown
from mshield.pki.revocation.crl import CERTIFICATE_HOLD, SUPERSEDED, Crl, parse_crl
from mshield.pki.revocation.ocsp import (
    CertId,
    Good,
    HashName,
    RevokedAt,
    Unknown,
    build_ocsp_request,
    error_response,
    parse_ocsp_response,
)
from mshield.pki.verification.path import check_crl, check_ocsp
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Unavailable
from mshield.server.errors import Conflict
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.lists import PublishedCrl
from mshield.server.publication.ocsp import KEEP_MS, UNASKED_MS
from mshield.server.publication.publisher import Publisher
from mshield.server.publication.renew_responder import RENEW_MS
from tests.support.cases import cases
from tests.support.clock import START
from tests.support.issuing import Ca, change, make_ca, person
from tests.support.signing import execute

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


@pytest.fixture
def publisher(ca: Ca) -> Publisher:
    return ca.publisher()


async def _new(publisher: Publisher, now: int) -> PublishedCrl:
    """Returns the list after a run of the job."""
    await publisher.refresh(now=now)
    return await publisher.crl("issuing", now=now)


async def _list(publisher: Publisher, now: int) -> Crl:
    return parse_crl((await _new(publisher, now)).der)


# ---- revocation lists ----


@pytest.mark.parametrize("engine_name", ["botan", "openssl"])
async def test_first_list_is_made_on_request(db: Database, keyring: Keyring, engine_name: str) -> None:
    engine: Engine = load_engine("botan" if engine_name == "botan" else "openssl")
    ca = await make_ca(db, keyring, now=START, engine=engine)
    leaf = await ca.certify(now=START)
    issuing = ca.authorities.issuing.certificate
    for name, subject, issuer in (("issuing", leaf, issuing), ("root", issuing, ca.authorities.root)):
        made = await ca.publisher().crl("issuing" if name == "issuing" else "root", now=START)
        status = check_crl(engine, certificate=subject, issuer=issuer, crl=made.der, at=START)
        assert status.number == made.number == 1
        parsed = x509.load_der_x509_crl(made.der)
        assert len(parsed) == 0
        assert parsed.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"
        number = parsed.extensions.get_extension_for_class(x509.CRLNumber).value
        assert number.crl_number == 1


async def test_the_same_list_until_its_end_is_near(ca: Ca, publisher: Publisher) -> None:
    first, root = await publisher.crl("issuing", now=START), await publisher.crl("root", now=START)
    assert first.next_update == START + 24 * HOUR
    assert first.renew_at == START + 18 * HOUR
    assert await publisher.crl("issuing", now=first.renew_at - 1) == first
    assert await ca.publisher().crl("issuing", now=first.renew_at - 1) == first  # another process
    assert await publisher.crl("issuing", now=first.renew_at) == first
    second = await _new(publisher, first.renew_at)
    assert (second.number, second.this_update) == (2, first.renew_at)
    assert root.next_update == START + 30 * DAY
    assert (await publisher.crl("root", now=START + 20 * DAY)).number == root.number == 1


async def test_hold_is_listed_as_certificate_hold_until_lifted(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    serial, issuing = serial_text(leaf.serial), ca.authorities.issuing.certificate
    await _list(publisher, START)
    await change(ca.db, serial, CertificateEvent.REPORT_LOSS, now=START + 1500)
    held = await _new(publisher, START + 2500)
    entry = parse_crl(held.der).revoked[leaf.serial]
    assert (entry.at, entry.reason) == (START + 1000, CERTIFICATE_HOLD)
    with pytest.raises(CertificateOnHold):
        check_crl(ca.engine, certificate=leaf, issuer=issuing, crl=held.der, at=START + 2500)
    parsed = x509.load_der_x509_crl(held.der)
    (found,) = list(parsed)
    assert found.serial_number == leaf.serial
    reason = found.extensions.get_extension_for_class(x509.CRLReason).value
    assert reason.reason is x509.ReasonFlags.certificate_hold
    await change(ca.db, serial, CertificateEvent.LIFT_LOSS, now=START + 3000)
    lifted = await _new(publisher, START + 3000)
    assert check_crl(ca.engine, certificate=leaf, issuer=issuing, crl=lifted.der, at=START + 3000).number == 3


async def test_r14_listed_hold_keeps_its_start_whatever_other_holds_change(
    ca: Ca, publisher: Publisher
) -> None:
    leaf = await ca.certify(now=START)
    serial = serial_text(leaf.serial)
    steps = (
        (CertificateEvent.FREEZE, DAY),
        (CertificateEvent.REPORT_LOSS, DAY),
        (CertificateEvent.UNFREEZE, DAY),
        (CertificateEvent.LIFT_LOSS, None),
        (CertificateEvent.REPORT_LOSS, 5 * DAY),
    )
    for number, (event, since) in enumerate(steps, start=1):
        now = START + number * DAY
        await change(ca.db, serial, event, now=now)
        entry = (await _list(publisher, now)).revoked.get(leaf.serial)
        assert (None if entry is None else entry.at - START) == since


async def test_r14_r10_a_locked_pin_turns_no_hold_back_into_good(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    serial, issuing = serial_text(leaf.serial), ca.authorities.issuing.certificate
    await change(ca.db, serial, CertificateEvent.REPORT_LOSS, now=START + 1000)
    await change(ca.db, serial, CertificateEvent.LOCK_PIN, now=START + 2000)
    now = START + 3000
    assert (await _list(publisher, now)).revoked[leaf.serial].reason == CERTIFICATE_HOLD
    response = await _ask(ca, publisher, leaf.serial, now=now)
    with pytest.raises(CertificateOnHold):
        check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=response, at=now)
    # The legal representative lifts their hold: the key's signatures are good again, and the PIN lock stays.
    await change(ca.db, serial, CertificateEvent.LIFT_LOSS, now=START + 4000)
    assert leaf.serial not in (await _list(publisher, START + 5000)).revoked
    with pytest.raises(Conflict):
        await change(ca.db, serial, CertificateEvent.REPORT_LOSS, now=START + 6000)


async def test_revoked_stays_with_its_reason_and_moment(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    serial = serial_text(leaf.serial)
    await change(ca.db, serial, CertificateEvent.REPORT_LOSS, now=START + 1000)
    await change(ca.db, serial, CertificateEvent.REVOKE, now=START + 60_000, reason=5)
    entry = (await _list(publisher, START + DAY)).revoked[leaf.serial]
    assert (entry.at, entry.reason) == (START + 60_000, 5)
    assert leaf.serial in (await _list(publisher, START + 300 * DAY)).revoked


async def test_superseded_is_revoked_and_a_locked_pin_is_not(ca: Ca, publisher: Publisher) -> None:
    renewed, locked = await ca.certify(now=START), await ca.certify(now=START)
    for leaf, state in ((renewed, "superseded"), (locked, "pin_locked")):
        await execute(
            ca.db,
            "UPDATE certificates SET state = $1, changed_at = $2 WHERE serial = $3",
            state,
            START + 5000,
            serial_text(leaf.serial),
        )
    revoked = (await _list(publisher, START + 6000)).revoked
    assert {serial: entry.reason for serial, entry in revoked.items()} == {renewed.serial: SUPERSEDED}


async def test_an_expired_certificate_leaves_the_list_after_a_while(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    await change(ca.db, serial_text(leaf.serial), CertificateEvent.REVOKE, now=START + 1000, reason=1)
    assert leaf.serial in (await _list(publisher, leaf.not_after + DAY)).revoked
    assert not (await _list(publisher, leaf.not_after + 40 * DAY)).revoked


async def test_a_change_that_was_committed_late_is_seen(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    first = await publisher.crl("issuing", now=START + 10_000)
    await change(
        ca.db, serial_text(leaf.serial), CertificateEvent.FIND_CLONE, now=START + 5_000
    )  # before the list's time
    second = await _new(publisher, START + 10_000)
    assert second.number > first.number
    assert leaf.serial in parse_crl(second.der).revoked


async def test_a_change_by_a_clock_ahead_doesnt_stop_the_list(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    await change(ca.db, serial_text(leaf.serial), CertificateEvent.REPORT_LOSS, now=START + HOUR)
    assert (await _list(publisher, START)).revoked[leaf.serial].at == START


async def test_concurrent_requests_get_one_list(publisher: Publisher) -> None:
    made = await asyncio.gather(*(publisher.crl("issuing", now=START) for _ in range(20)))
    assert {each.number for each in made} == {1}


async def test_numbers_grow_across_processes(ca: Ca) -> None:
    leaf = await ca.certify(now=START)
    numbers = []
    for step in range(6):
        made = await asyncio.gather(*(_new(ca.publisher(), START + step * 1000) for _ in range(3)))
        numbers.append(max(each.number for each in made))
        event = CertificateEvent.LIFT_LOSS if step % 2 else CertificateEvent.REPORT_LOSS
        await change(ca.db, serial_text(leaf.serial), event, now=START + step * 1000 + 500)
    assert numbers == sorted(set(numbers))


# ---- OCSP ----


async def _ask(ca: Ca, publisher: Publisher, serial: int, *, now: int, nonce: bytes | None = None) -> bytes:
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, serial)], nonce=nonce)
    return (await publisher.ocsp(request, now=now)).der


async def test_valid_certificate_is_reported_as_good(db: Database, keyring: Keyring, engine: Engine) -> None:
    ca = await make_ca(db, keyring, now=START, engine=engine)
    leaf, issuing = await ca.certify(now=START), ca.authorities.issuing.certificate
    response = await _ask(ca, ca.publisher(), leaf.serial, now=START + 1000, nonce=b"n" * 32)
    status = check_ocsp(
        engine, certificate=leaf, issuer=issuing, response=response, at=START + 1000, nonce=b"n" * 32
    )
    assert status.next_update == START + 1000 + 12 * HOUR
    assert status.responder.subject.common_name == "Mobile Shield CA OCSP"
    parsed = x509_ocsp.load_der_ocsp_response(response)
    assert parsed.certificate_status is x509_ocsp.OCSPCertStatus.GOOD
    assert parsed.serial_number == leaf.serial
    assert parsed.extensions.get_extension_for_class(x509.OCSPNonce).value.nonce == b"n" * 32
    assert parsed.signature_algorithm_oid.dotted_string == "1.2.156.10197.1.501"


async def test_the_issuing_ca_is_vouched_for_by_the_root(ca: Ca, publisher: Publisher) -> None:
    root, issuing = ca.authorities.root, ca.authorities.issuing.certificate
    request = build_ocsp_request([CertId.of(root, issuing.serial), CertId.of(root, 4711)])
    response = (await publisher.ocsp(request, now=START)).der
    status = check_ocsp(ca.engine, certificate=issuing, issuer=root, response=response, at=START)
    assert status.responder.issuer_der == root.subject_der
    assert [single.status for single in parse_ocsp_response(response).statuses] == [Good(), Unknown()]


async def test_hold_and_revocation_are_seen_at_once(ca: Ca, publisher: Publisher) -> None:
    leaf, issuing = await ca.certify(now=START), ca.authorities.issuing.certificate
    serial = serial_text(leaf.serial)
    assert parse_ocsp_response(await publisher.ocsp_for(serial, now=START)).statuses[0].status == Good()
    await change(ca.db, serial, CertificateEvent.FREEZE, CertificateEvent.REPORT_LOSS, now=START + 2000)
    held = await publisher.ocsp_for(serial, now=START + 2000)
    with pytest.raises(CertificateOnHold):
        check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=held, at=START + 2000)
    await change(ca.db, serial, CertificateEvent.REVOKE, now=START + 3000, reason=4)
    revoked = await publisher.ocsp_for(serial, now=START + 3000)
    assert parse_ocsp_response(revoked).statuses[0].status == RevokedAt(START + 3000, 4)
    with pytest.raises(CertificateRevoked):
        check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=revoked, at=START + 3000)
    parsed = x509_ocsp.load_der_ocsp_response(revoked)
    assert parsed.certificate_status is x509_ocsp.OCSPCertStatus.REVOKED
    assert parsed.revocation_reason is x509.ReasonFlags.superseded


async def test_an_unknown_serial_is_unknown(ca: Ca, publisher: Publisher) -> None:
    leaf, issuing = await ca.certify(now=START), ca.authorities.issuing.certificate
    response = await publisher.ocsp_for("5f" * 20, now=START)
    assert parse_ocsp_response(response).statuses[0].status == Unknown()
    with pytest.raises(StatusUnknown):
        check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=response, at=START)


@cases("serial", [0, -1, 1 << 159, 1 << 4000])
async def test_impossible_serial_is_unknown(ca: Ca, publisher: Publisher, serial: int) -> None:
    response = await _ask(ca, publisher, serial, now=START)
    assert parse_ocsp_response(response).statuses[0].status == Unknown()


async def test_a_reserved_certificate_is_unknown_until_signed(ca: Ca, publisher: Publisher) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    before = parse_ocsp_response(await publisher.ocsp_for(row.serial, now=START))
    await ca.issue.issue(row.serial, now=START)
    after = parse_ocsp_response(await publisher.ocsp_for(row.serial, now=START))
    assert [before.statuses[0].status, after.statuses[0].status] == [Unknown(), Good()]


@cases("hash_name", ["sha1", "sha256", "sm3"])
async def test_each_hash_of_a_certificate_id_is_understood(
    ca: Ca, publisher: Publisher, hash_name: HashName
) -> None:
    leaf, issuing = await ca.certify(now=START), ca.authorities.issuing.certificate
    request = build_ocsp_request([CertId.of(issuing, leaf.serial, hash_name)])
    response = (await publisher.ocsp(request, now=START)).der
    check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=response, at=START)


async def test_many_certificates_in_one_request(ca: Ca, publisher: Publisher) -> None:
    leaves = [await ca.certify(now=START) for _ in range(3)]
    await change(ca.db, serial_text(leaves[1].serial), CertificateEvent.REPORT_LOSS, now=START)
    issuing, root = ca.authorities.issuing.certificate, ca.authorities.root
    ids = [CertId.of(issuing, leaf.serial) for leaf in leaves] + [CertId.of(root, issuing.serial)]
    answer = await publisher.ocsp(build_ocsp_request(ids), now=START)
    statuses = [single.status for single in parse_ocsp_response(answer.der).statuses]
    assert statuses == [Good(), RevokedAt(START, CERTIFICATE_HOLD), Good(), Unknown()]


async def test_response_is_cached_for_minutes_and_a_nonce_gets_its_own(ca: Ca, publisher: Publisher) -> None:
    serial = (await ca.certify(now=START)).serial
    first = await _ask(ca, publisher, serial, now=START)
    assert await _ask(ca, publisher, serial, now=START + KEEP_MS - 1) == first
    assert await publisher.ocsp_for(serial_text(serial), now=START + 1) == first
    assert await _ask(ca, publisher, serial, now=START + KEEP_MS) != first
    fresh = await _ask(ca, publisher, serial, now=START + KEEP_MS, nonce=b"n" * 16)
    assert parse_ocsp_response(fresh).nonce == b"n" * 16


async def test_only_answers_without_a_nonce_may_be_cached(ca: Ca, publisher: Publisher) -> None:
    cert_id = CertId.of(ca.authorities.issuing.certificate, 4711)
    assert (await publisher.ocsp(build_ocsp_request([cert_id]), now=START)).max_age == KEEP_MS // 1000
    with_nonce = build_ocsp_request([cert_id], nonce=b"n" * 16)
    assert (await publisher.ocsp(with_nonce, now=START)).max_age == 0


@cases("request_der", [b"", b"\x30\x00", b"\x30\x80", b"{}", bytes(3000), b"\x30\x84\xff\xff\xff\xff"])
async def test_invalid_request_is_malformed(publisher: Publisher, request_der: bytes) -> None:
    answer = await publisher.ocsp(request_der, now=START)
    assert answer.der == error_response("malformed_request")
    assert answer.max_age == 0


async def test_a_foreign_issuers_certificate_is_refused(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    answer = await publisher.ocsp(build_ocsp_request([CertId.of(leaf, 1)]), now=START)
    assert answer.der == error_response("unauthorized")


async def test_a_long_running_process_renews_its_responder(ca: Ca, publisher: Publisher) -> None:
    leaf, issuing = await ca.certify(now=START), ca.authorities.issuing.certificate
    for day in range(0, 200, 10):
        now = START + day * DAY
        response = await publisher.ocsp_for(serial_text(leaf.serial), now=now)
        status = check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=response, at=now)
        assert status.responder.not_after - status.next_update > RENEW_MS - DAY


async def test_a_change_by_another_process_shows_in_the_same_second(ca: Ca, publisher: Publisher) -> None:
    leaf = await ca.certify(now=START)
    serial, other = serial_text(leaf.serial), ca.publisher()
    for process in (publisher, other):
        assert _status(await _ask(ca, process, leaf.serial, now=START)) == Good()
    await change(ca.db, serial, CertificateEvent.REPORT_LOSS, now=START + 100)
    for process in (publisher, other):
        answer = await _ask(ca, process, leaf.serial, now=START + 100 + UNASKED_MS)
        assert _status(answer) == RevokedAt(START, CERTIFICATE_HOLD)
    await change(ca.db, serial, CertificateEvent.LIFT_LOSS, now=START + 1000)
    for process in (publisher, other):
        assert _status(await _ask(ca, process, leaf.serial, now=START + 1000 + UNASKED_MS)) == Good()


def _status(response: bytes) -> object:
    return parse_ocsp_response(response).statuses[0].status


async def test_a_failing_database_says_try_later(ca: Ca, monkeypatch: pytest.MonkeyPatch) -> None:
    class Down:
        dialect = "sqlite"

        async def read_together(self, *_: object, **__: object) -> None:
            raise Unavailable("no answer")

    down = replace(ca, db=Down())  # type: ignore[arg-type]  # a database that answers nothing
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, 1)])
    assert (await down.publisher().ocsp(request, now=START)).der == error_response("try_later")


async def test_responder_without_a_key_returns_internal_error(ca: Ca) -> None:
    await execute(ca.db, "UPDATE authorities SET key_box = $1 WHERE name = 'ocsp'", bytes(64))
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, 1)])
    assert (await ca.publisher().ocsp(request, now=START)).der == error_response("internal_error")
