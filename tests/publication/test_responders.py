"""The OCSP responders: renewed once in time or on request, picked up by every process, never unnecessarily."""

import asyncio

import pytest

from mshield.pki.certificates.certificate import Certificate, parse_certificate
from mshield.pki.revocation.ocsp import CertId, Good, build_ocsp_request, error_response, parse_ocsp_response
from mshield.pki.verification.path import check_ocsp
from mshield.server.authorities.authority import open_authority, responder_name
from mshield.server.authorities.rows.authorities import find_authority
from mshield.server.ca.init_p256 import init_p256
from mshield.server.ca.renew_issuing import renew_issuing
from mshield.server.database.interface import Database
from mshield.server.keys.errors import AuthorityExists, NoAuthority
from mshield.server.keys.keyring import Keyring
from mshield.server.publication.ocsp import UNASKED_MS
from mshield.server.publication.publisher import Publisher
from mshield.server.publication.renew_responder import RENEW_MS, renew_responders
from mshield.server.publication.responders import LOOK_MS
from mshield.server.settings.settings import Settings
from tests.support.acts import acts_on
from tests.support.clock import START
from tests.support.issuing import Ca, make_ca
from tests.support.signing import execute

DAY = 86_400_000


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START)


async def _stored(ca: Ca, name: str) -> Certificate:
    row = await find_authority(ca.db, name=name)
    assert row is not None
    return parse_certificate(row.certificate)


async def _renew(ca: Ca, name: str | None, *, now: int) -> dict[str, Certificate]:
    return dict(await renew_responders(ca.db, ca.keyring, ca.engine, name, now=now))


async def _ask(ca: Ca, publisher: Publisher, *, now: int, nonce: bytes | None = None) -> bytes:
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, 4711)], nonce=nonce)
    return (await publisher.ocsp(request, now=now)).der


def _signer(answer: bytes) -> Certificate:
    (found,) = parse_ocsp_response(answer).certificates
    return found


# ---- near the CA's end ----


async def test_near_the_cas_end_the_responder_stays(ca: Ca) -> None:
    end = ca.authorities.issuing.certificate.not_after
    publisher, signers = ca.publisher(), set()
    for step in range(4):
        now = end - 10 * DAY + step * LOOK_MS
        for process in (publisher, ca.publisher()):
            answer = await _ask(ca, process, now=now, nonce=bytes([step]) * 16)
            signers.add(_signer(answer).der)
    assert signers == {(await _stored(ca, "ocsp")).der}
    assert (await _stored(ca, "ocsp")).not_after == end


async def test_a_responder_that_ends_before_its_ca_is_renewed_for_the_last_time(ca: Ca) -> None:
    end = ca.authorities.issuing.certificate.not_after
    publisher, ends = ca.publisher(), []
    for left in range(60, 0, -1):
        answer = await _ask(ca, publisher, now=end - left * DAY)
        ends.append(_signer(answer).not_after)
    assert len(set(ends)) == 3  # 60, 39 and 18 days before the end: the last one lasts until it
    assert ends[-1] == end


async def test_no_answer_outlives_its_responder(ca: Ca) -> None:
    issuing = ca.authorities.issuing.certificate
    now = issuing.not_after - 60_000
    answer = parse_ocsp_response(await _ask(ca, ca.publisher(), now=now))
    (status,) = answer.statuses
    assert status.next_update == issuing.not_after


@pytest.mark.parametrize("nonce", [None, b"n" * 16])
async def test_expired_ca_has_no_responder(ca: Ca, nonce: bytes | None) -> None:
    publisher, end = ca.publisher(), ca.authorities.issuing.certificate.not_after
    assert await _ask(ca, publisher, now=end - 1000, nonce=nonce) != error_response("unauthorized")
    for process in (publisher, ca.publisher()):
        assert await _ask(ca, process, now=end, nonce=nonce) == error_response("unauthorized")


# ---- renewed on request ----


@pytest.mark.parametrize("name", ["issuing", "ocsp"])
async def test_a_new_key_by_the_cas_name_or_its_own(ca: Ca, name: str) -> None:
    old, root = await _stored(ca, "ocsp"), await _stored(ca, "root_ocsp")
    made = await _renew(ca, name, now=START + DAY)
    assert made == {"ocsp": await _stored(ca, "ocsp")}
    assert made["ocsp"].public_key != old.public_key
    assert made["ocsp"].not_after > old.not_after
    assert await _stored(ca, "root_ocsp") == root


async def test_renewal_without_a_name_renews_all_responders(ca: Ca) -> None:
    await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, now=START)
    made = await _renew(ca, None, now=START)
    assert list(made) == ["root_ocsp", "ocsp", "ocsp-2"]
    assert made == {name: await _stored(ca, name) for name in made}


async def test_expired_ca_needs_no_responder(ca: Ca) -> None:
    await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, now=START + DAY)
    ended = ca.authorities.issuing.certificate.not_after
    assert list(await _renew(ca, None, now=ended)) == ["root_ocsp", "ocsp-2"]
    for name in ("issuing", "ocsp", "issuing-3", "p256", ""):
        with pytest.raises(NoAuthority):
            await _renew(ca, name, now=ended)


async def test_renewal_without_a_ca_is_refused(db: Database, keyring: Keyring) -> None:
    engine = (await make_ca(db, keyring, now=START)).engine
    await execute(db, "DELETE FROM authorities")
    with pytest.raises(NoAuthority, match="mshield ca init"):
        await renew_responders(db, keyring, engine, None, now=START)


async def test_each_renewal_leaves_an_act(ca: Ca) -> None:
    first = await _stored(ca, "ocsp")
    late = first.not_after - RENEW_MS
    await asyncio.gather(*(_ask(ca, ca.publisher(), now=late) for _ in range(3)))  # renewed once
    second = await _stored(ca, "ocsp")
    third = (await _renew(ca, "issuing", now=late + 1000))["ocsp"]
    found = await acts_on(ca.db, subject="ocsp")
    assert [(each.act, each.actor, each.at, each.details) for each in found] == [
        ("ca.renew_responder", "service", at, _details(cause, new, old))
        for at, cause, new, old in ((late, "due", second, first), (late + 1000, "asked", third, second))
    ]


def _details(cause: str, new: Certificate, old: Certificate) -> dict[str, object]:
    return {
        "cause": cause,
        "sha256": new.fingerprint().hex(),
        "old_sha256": old.fingerprint().hex(),
        "old_until": old.not_after,
    }


async def test_concurrent_renewals_succeed_once(ca: Ca, monkeypatch: pytest.MonkeyPatch) -> None:
    both = asyncio.Barrier(2)

    async def met(*arguments: object, **more: object) -> object:
        await both.wait()  # so that both have read the same certificates
        return await open_authority(*arguments, **more)  # type: ignore[arg-type]  # passed through

    monkeypatch.setattr("mshield.server.publication.renew_responder.open_authority", met)
    made = await asyncio.gather(*(_renew(ca, None, now=START) for _ in range(2)), return_exceptions=True)
    assert sorted(type(each).__name__ for each in made) == [AuthorityExists.__name__, "dict"]
    assert len(await acts_on(ca.db, subject="ocsp")) == 1
    assert len(await acts_on(ca.db, subject="root_ocsp")) == 1  # all or none


# ---- picked up by running processes ----


@pytest.mark.parametrize("nonce", [None, b"n" * 16])
async def test_running_process_uses_the_new_responder_within_seconds(ca: Ca, nonce: bytes | None) -> None:
    publisher, issuing = ca.publisher(), ca.authorities.issuing.certificate
    leaf = await ca.certify(now=START)
    request = build_ocsp_request([CertId.of(issuing, leaf.serial)], nonce=nonce)
    old = await publisher.ocsp(request, now=START)
    new = (await _renew(ca, "issuing", now=START + 1))["ocsp"]
    later = START + LOOK_MS + UNASKED_MS
    answer = await publisher.ocsp(request, now=later)  # the cached response is valid for some more minutes
    assert answer.der != old.der
    assert _signer(answer.der) == new
    check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=answer.der, at=later, nonce=nonce)
    # Responses of the old key stay valid until its certificate ends.
    check_ocsp(ca.engine, certificate=leaf, issuer=issuing, response=old.der, at=later, nonce=nonce)


async def test_presigning_uses_the_new_responder(ca: Ca) -> None:
    publisher = ca.publisher()
    await _ask(ca, publisher, now=START)
    new = (await _renew(ca, "issuing", now=START + 1))["ocsp"]
    assert await publisher.presign(now=START + 200_000) == 1
    answer = await _ask(ca, publisher, now=START + 200_001)
    assert parse_ocsp_response(answer).produced_at == START + 200_000
    assert _signer(answer) == new


async def test_the_roots_responder_is_noticed_too(ca: Ca) -> None:
    publisher, issuing = ca.publisher(), ca.authorities.issuing.certificate
    await publisher.ocsp_for_ca(issuing, now=START, since=0)
    new = (await _renew(ca, "root", now=START))[responder_name("root")]
    answer = await publisher.ocsp_for_ca(issuing, now=START + LOOK_MS, since=0)
    assert _signer(answer) == new
    assert parse_ocsp_response(answer).statuses[0].status == Good()


async def test_new_p256_key_discards_responses_of_the_old_one(db: Database, keyring: Keyring) -> None:
    ca = await make_ca(db, keyring, now=START, settings=Settings.of(p256_status=True))
    await init_p256(db, keyring, renew=False, now=START)
    publisher = ca.publisher()
    request = build_ocsp_request([CertId.of(ca.authorities.issuing.certificate, 4711)])
    old = await publisher.p256_ocsp(request, now=START)
    assert await publisher.p256_ocsp(request, now=START + 1) == old
    new = await init_p256(db, keyring, renew=True, now=START)
    answer = await publisher.p256_ocsp(request, now=START + 2)
    assert new in answer.der
    assert new not in old.der
