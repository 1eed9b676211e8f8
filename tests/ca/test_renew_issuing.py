"""Generations of the issuing CA: the new one issues, the old one answers for its own, the root lists a revoked one."""

import asyncio

import pytest

from mshield.pki.certificates import trust
from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import CertificateOnHold, CertificateRevoked
from mshield.pki.revocation.crl import KEY_COMPROMISE, parse_crl
from mshield.pki.revocation.ocsp import CertId, Good, RevokedAt, build_ocsp_request, parse_ocsp_response
from mshield.pki.verification.path import check_crl, check_ocsp
from mshield.server import errors as server_errors
from mshield.server.authorities.rows.authorities import crl_der
from mshield.server.ca import end_leaves
from mshield.server.ca.init import list_certificates
from mshield.server.ca.renew_issuing import renew_issuing, revoke_issuing
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rows.certificates import find_by_serial
from mshield.server.certificates.rows.changes import history
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Unavailable
from mshield.server.errors import NotFound
from mshield.server.keys.errors import AuthorityRevoked, NoAuthority, SealError
from mshield.server.keys.keyring import Keyring
from mshield.server.publication import publisher as publish
from mshield.server.publication.ocsp import MAX_CACHED, PRESIGN_MOST, PRESIGN_MS
from mshield.server.publication.publisher import Publisher
from mshield.server.publication.renew_responder import renew_responders
from mshield.server.runtime.rows import jobs
from tests.support.clock import START
from tests.support.issuing import Ca, change, make_ca, person
from tests.support.signing import execute

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


async def _renew(ca: Ca, *, now: int) -> Certificate:
    _, certificate = await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, now=now)
    return certificate


async def _check(ca: Ca, publisher: Publisher, name: str, leaf: Certificate, *, now: int) -> None:
    """Checks a leaf by list and by OCSP, each signed for this CA."""
    issuer = ca.authorities.certificate(name)
    assert issuer is not None
    trust.require_issued(ca.engine, leaf, issuer)
    await publisher.refresh(now=now)
    crl = await publisher.crl(name, now=now)
    check_crl(ca.engine, certificate=leaf, issuer=issuer, crl=crl.der, at=now)
    answer = await publisher.ocsp(build_ocsp_request([CertId.of(issuer, leaf.serial)]), now=now)
    check_ocsp(ca.engine, certificate=leaf, issuer=issuer, response=answer.der, at=now)


async def test_new_ca_issues_at_once_and_both_publish(ca: Ca) -> None:
    publisher, before = ca.publisher(), await ca.certify(now=START)
    await _check(ca, publisher, "issuing", before, now=START)
    renewed = await _renew(ca, now=START + DAY)
    assert renewed.subject.common_name == "Mobile Shield CA 2"
    trust.require_issued(ca.engine, renewed, ca.authorities.root)
    after = await ca.certify(now=START + DAY)  # by a process started before
    assert after.values.crl_urls == ("http://localhost:8000/pki/issuing-2.crl",)
    assert after.values.ca_issuer_urls == ("http://localhost:8000/pki/issuing-2.cer",)
    assert before.values.crl_urls == ("http://localhost:8000/pki/issuing.crl",)
    for name, leaf in (("issuing", before), ("issuing-2", after)):
        await _check(ca, publisher, name, leaf, now=START + DAY)
        await _check(ca, ca.publisher(), name, leaf, now=START + 300 * DAY)
    third = await _renew(ca, now=START + 2 * DAY)
    assert third.subject.common_name == "Mobile Shield CA 3"
    names = [name for name, _, _ in await list_certificates(ca.db)]
    assert names == [
        "root",
        "issuing",
        "issuing-2",
        "issuing-3",
        "root_ocsp",
        "ocsp",
        "ocsp-2",
        "ocsp-3",
        "tsa",
    ]


async def test_process_publishes_for_a_ca_made_by_another_process(ca: Ca) -> None:
    publisher = Publisher(ca.db, ca.keyring, ca.engine, ca.settings, ca.authorities)
    renewed = await _renew(ca, now=START)
    assert await publisher.certificate("issuing-2") == renewed.der
    assert (await publisher.crl("issuing-2", now=START)).number == 1
    with pytest.raises(NotFound):
        await publisher.crl("issuing-3", now=START)


async def test_status_change_is_only_in_its_own_cas_list(ca: Ca) -> None:
    publisher, old = ca.publisher(), await ca.certify(now=START)
    await _renew(ca, now=START)
    new = await ca.certify(now=START)
    await change(ca.db, serial_text(old.serial), CertificateEvent.REPORT_LOSS, now=START)
    with pytest.raises(CertificateOnHold):
        await _check(ca, publisher, "issuing", old, now=START + 1000)
    await _check(ca, publisher, "issuing-2", new, now=START + 1000)


async def test_earlier_reservation_is_signed_by_the_earlier_ca(ca: Ca) -> None:
    new, _ = await person(ca.db, ca.keyring, ca.engine, now=START)
    row = await ca.issue.reserve(new, now=START)
    await _renew(ca, now=START)
    await _check(ca, ca.publisher(), "issuing", await ca.issue.issue(row.serial, now=START), now=START)


async def test_root_lists_a_revoked_ca_at_once(ca: Ca) -> None:
    publisher, old = ca.publisher(), ca.authorities.issuing.certificate
    first = await publisher.crl("root", now=START)
    await _renew(ca, now=START + 1000)
    await revoke_issuing(ca.db, "issuing", reason=KEY_COMPROMISE, now=START + 2000)
    await publisher.refresh(now=START + 2000)
    second = await publisher.crl("root", now=START + 2000)
    assert second.number == first.number + 1
    with pytest.raises(CertificateRevoked):
        check_crl(ca.engine, certificate=old, issuer=ca.authorities.root, crl=second.der, at=START + 2000)
    assert await publisher.crl("root", now=START + 3000) == second
    asked = [CertId.of(ca.authorities.root, serial) for serial in (old.serial, _newest(ca).serial)]
    answer = parse_ocsp_response((await publisher.ocsp(build_ocsp_request(asked), now=START + 2000)).der)
    assert [each.status for each in answer.statuses] == [RevokedAt(START + 2000, KEY_COMPROMISE), Good()]


def _newest(ca: Ca) -> Certificate:
    return ca.authorities.issuing.certificate


async def test_a_revoked_ca_issues_no_more(ca: Ca) -> None:
    await revoke_issuing(ca.db, "issuing", reason=0, now=START)
    with pytest.raises(server_errors.Unavailable):
        await ca.certify(now=START)
    await _renew(ca, now=START)
    assert (await ca.certify(now=START)).issuer_der == _newest(ca).subject_der


async def test_only_an_existing_ca_is_revoked_and_only_once(ca: Ca) -> None:
    await revoke_issuing(ca.db, "issuing", reason=0, now=START)
    with pytest.raises(AuthorityRevoked):
        await revoke_issuing(ca.db, "issuing", reason=0, now=START)
    for name in ("root", "ocsp", "issuing-2", "issuing-02"):
        with pytest.raises(NoAuthority):
            await revoke_issuing(ca.db, name, reason=0, now=START)


async def test_job_makes_due_lists_and_deletes_unneeded_ones(ca: Ca) -> None:
    publisher, leaf = ca.publisher(), await ca.certify(now=START)
    assert await publisher.refresh(now=START) == 2
    assert await publisher.refresh(now=START) == 0
    for step, event in enumerate((CertificateEvent.REPORT_LOSS, CertificateEvent.LIFT_LOSS)):
        await change(ca.db, serial_text(leaf.serial), event, now=START + step * 1000)
        assert await publisher.refresh(now=START + step * 1000) == 1
    numbers = range(1, 5)
    assert [await crl_der(ca.db, authority="issuing", number=n) is not None for n in numbers] == [
        True, True, True, False,
    ]  # fmt: skip
    await publisher.refresh(now=START + 2 * HOUR)
    assert [await crl_der(ca.db, authority="issuing", number=n) is not None for n in numbers] == [
        False, False, True, False,
    ]  # fmt: skip
    assert (await publisher.crl("issuing", now=START + 2 * HOUR)).number == 3
    await _renew(ca, now=START + 2 * HOUR)
    assert await publisher.refresh(now=START + 2 * HOUR) == 1


async def test_requested_responses_are_signed_again_before_they_expire(ca: Ca) -> None:
    publisher, leaf = ca.publisher(), await ca.certify(now=START)
    request = build_ocsp_request([CertId.of(_newest(ca), leaf.serial)])
    first = await publisher.ocsp(request, now=START)
    assert await publisher.presign(now=START + 179_000) == 0
    assert await publisher.presign(now=START + 200_000) == 1
    second = await publisher.ocsp(request, now=START + 320_000)
    assert parse_ocsp_response(second.der).produced_at == START + 200_000
    assert first != second
    assert await publisher.presign(now=START + 400_000) == 1
    assert await publisher.presign(now=START + 600_000) == 0  # no request since


async def test_each_process_signs_the_responses_requested_from_it(ca: Ca) -> None:
    serves, other, leaf = ca.publisher(), ca.publisher(), await ca.certify(now=START)
    request = build_ocsp_request([CertId.of(_newest(ca), leaf.serial)])
    await serves.ocsp(request, now=START)
    await other.refresh(now=START + 200_000)  # the job that makes lists
    assert await other.presign(now=START + 200_000) == 0
    assert await serves.presign(now=START + 210_000) == 1
    answer = await serves.ocsp(request, now=START + 320_000)
    assert parse_ocsp_response(answer.der).produced_at == START + 210_000


async def test_presigning_is_limited_per_round(ca: Ca) -> None:
    assert PRESIGN_MOST * PRESIGN_MS / 1000 >= MAX_CACHED  # all cached responses are signed in time
    publisher = ca.publisher()
    requests = [
        build_ocsp_request([CertId.of(_newest(ca), serial)]) for serial in range(1, PRESIGN_MOST + 11)
    ]
    for request in requests:
        await publisher.ocsp(request, now=START)
    assert await publisher.presign(now=START + 200_000) == PRESIGN_MOST
    assert await publisher.presign(now=START + 201_000) == 10
    assert await publisher.presign(now=START + 202_000) == 0
    for request in requests:
        answer = await publisher.ocsp(request, now=START + 320_000)
        assert parse_ocsp_response(answer.der).produced_at >= START + 200_000


async def test_request_during_a_round_does_not_wait(ca: Ca) -> None:
    publisher = ca.publisher()
    asked = [build_ocsp_request([CertId.of(_newest(ca), serial)]) for serial in range(1, PRESIGN_MOST + 1)]
    for request in asked:
        await publisher.ocsp(request, now=START)
    round_ = asyncio.create_task(publisher.presign(now=START + 200_000))
    await asyncio.sleep(0)  # the round has started
    other = build_ocsp_request([CertId.of(_newest(ca), 4711)], nonce=b"n" * 16)
    await publisher.ocsp(other, now=START + 200_000)
    assert not round_.done()
    assert await round_ == PRESIGN_MOST


async def test_failed_presigning_does_not_block_the_others(ca: Ca) -> None:
    publisher = ca.publisher()
    of_root = build_ocsp_request([CertId.of(ca.authorities.root, _newest(ca).serial)])
    of_leaf = build_ocsp_request([CertId.of(_newest(ca), 4711)])
    for request in (of_root, of_leaf):
        await publisher.ocsp(request, now=START)
    await renew_responders(ca.db, ca.keyring, ca.engine, "root", now=START)
    await execute(ca.db, "UPDATE authorities SET key_box = $1 WHERE name = 'root_ocsp'", bytes(64))
    with pytest.raises(SealError):
        await publisher.presign(now=START + 200_000)
    answer = await publisher.ocsp(of_leaf, now=START + 320_000)
    assert parse_ocsp_response(answer.der).produced_at == START + 200_000
    assert await publisher.presign(now=START + 201_000) == 0


async def test_failed_round_is_logged_once_and_the_next_ones_run(
    ca: Ca, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(publish, "PRESIGN_SECONDS", 0.001)
    publisher, outcomes, ended = ca.publisher(), iter([False, False, False, True, True]), asyncio.Event()

    async def presign(*, now: int) -> int:
        assert now == START
        well = next(outcomes, None)
        if well is None:
            ended.set()
        elif not well:
            raise Unavailable("no answer")
        return 0

    monkeypatch.setattr(publisher, "presign", presign)
    task = asyncio.create_task(publisher.keep(lambda: START))
    async with asyncio.timeout(10):
        await ended.wait()
    task.cancel()
    assert [each.getMessage() for each in caplog.records] == [
        "OCSP answers are not signed ahead: Unavailable"
    ]


async def test_older_generation_never_replaces_a_revoked_one(ca: Ca) -> None:
    await _renew(ca, now=START)
    await revoke_issuing(ca.db, "issuing-2", reason=0, now=START)
    with pytest.raises(server_errors.Unavailable):
        await ca.certify(now=START)
    await _renew(ca, now=START)
    assert (await ca.certify(now=START)).issuer_der == _newest(ca).subject_der


@pytest.mark.parametrize(("of_the_ca", "of_the_leaf"), [(0, 0), (KEY_COMPROMISE, 2), (2, 2), (4, 4), (5, 5)])
async def test_leaf_is_revoked_with_its_cas_reason(ca: Ca, of_the_ca: int, of_the_leaf: int) -> None:
    leaf = serial_text((await ca.certify(now=START)).serial)
    await revoke_issuing(ca.db, "issuing", reason=of_the_ca, now=START + 1000)
    assert await end_leaves.end_leaves(ca.db, now=START + 2000) == 1
    row = await find_by_serial(ca.db, serial=leaf)
    assert row is not None
    assert row.revocation_reason == of_the_leaf
    (listed,) = parse_crl((await ca.publisher().crl("issuing", now=START + 3000)).der).revoked.values()
    assert (f"{listed.serial:040x}", listed.reason) == (leaf, of_the_leaf)


async def test_revoked_ca_ends_exactly_its_own_leaves(ca: Ca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(end_leaves, "_BATCH", 2)
    old = [serial_text((await ca.certify(now=START)).serial) for _ in range(5)]
    await change(ca.db, old[0], CertificateEvent.REVOKE, now=START)
    await change(ca.db, old[1], CertificateEvent.FREEZE, now=START)
    await _renew(ca, now=START)
    new = serial_text((await ca.certify(now=START)).serial)
    assert await end_leaves.end_leaves(ca.db, now=START) == 0
    await revoke_issuing(ca.db, "issuing", reason=KEY_COMPROMISE, now=START + 1000)
    (job,) = await jobs.list_jobs(ca.db)
    assert (job.name, job.next_at) == ("ca", START + 1000)
    assert await end_leaves.end_leaves(ca.db, now=START + 2000) == 4
    assert await end_leaves.end_leaves(ca.db, now=START + 3000) == 0
    for serial in old[1:]:
        row = await find_by_serial(ca.db, serial=serial)
        assert row is not None
        assert (row.state, row.holds, row.revocation_reason) == ("revoked", frozenset(), 2)
        (*_, event) = await history(ca.db, serial=serial)
        assert (event.event, event.actor, event.reason) == ("revoke", "service", "ca_revoked")
    first, kept = await find_by_serial(ca.db, serial=old[0]), await find_by_serial(ca.db, serial=new)
    assert first is not None
    assert kept is not None
    assert (first.revoked_at, kept.state) == (START, "active")
