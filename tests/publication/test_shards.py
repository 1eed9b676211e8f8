"""Shards of revocation lists: which certificate belongs to which, and each list's content and delay."""

import asyncio
from collections.abc import Mapping

import pytest

from mshield.pki.certificates.certificate import Certificate
from mshield.pki.errors import CertificateRevoked, StatusUnknown
from mshield.pki.revocation.crl import Crl, Revoked, parse_crl
from mshield.pki.verification.path import check_crl
from mshield.server.authorities.rows.authorities import CrlRow
from mshield.server.ca.renew_issuing import renew_issuing
from mshield.server.certificates.issue import serial_text
from mshield.server.certificates.rules.shards import shard_of
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.errors import NotFound
from mshield.server.keys.keyring import Keyring
from mshield.server.publication import lists
from mshield.server.publication.lists import StoredLists
from mshield.server.publication.publisher import Publisher
from mshield.server.publication.rows import shards
from mshield.server.publication.rows.shards import Changed
from mshield.server.restore.rows import high_water
from mshield.server.settings.settings import Settings
from tests.support.clock import START
from tests.support.issuing import Ca, change, make_ca
from tests.support.signing import execute

HOUR = 3_600_000
DAY = 24 * HOUR
BASE = "http://localhost:8000/pki"


@pytest.fixture
async def ca(db: Database, keyring: Keyring) -> Ca:
    return await make_ca(db, keyring, now=START, settings=Settings.of(crl_shard_certificates=2))


@pytest.fixture
def publisher(ca: Ca) -> Publisher:
    return ca.publisher()


async def _list(publisher: Publisher, name: str, *, now: int) -> Crl:
    return parse_crl((await publisher.crl(name, now=now)).der)


async def _full(ca: Ca, publisher: Publisher, *, now: int = START) -> list[Certificate]:
    """Returns certificates that fill shard 0; the next ones get shard 1."""
    made = [await ca.certify(now=now) for _ in range(2)]
    await publisher.refresh(now=now + 1)
    return made


async def _revoke(ca: Ca, leaf: Certificate, *, now: int) -> None:
    await change(ca.db, serial_text(leaf.serial), CertificateEvent.REVOKE, now=now, reason=1)


async def test_certificates_after_a_full_shard_name_the_next_shards_list(
    ca: Ca, publisher: Publisher
) -> None:
    first = await _full(ca, publisher)
    second = [await ca.certify(now=START + 1) for _ in range(2)]
    await publisher.refresh(now=START + 2)
    third = await ca.certify(now=START + 2)
    for number, leaf in ((0, first[0]), (0, first[1]), (1, second[0]), (1, second[1]), (2, third)):
        assert shard_of(serial_text(leaf.serial)) == number
        name = "issuing" if number == 0 else f"issuing.{number}"
        assert leaf.values.crl_urls == (f"{BASE}/{name}.crl",)
        crl = await _list(publisher, name, now=START)
        assert crl.points == leaf.values.crl_urls
        check_crl(ca.engine, certificate=leaf, issuer=ca.authorities.issuing.certificate, crl=crl, at=START)


async def test_single_shard_has_a_complete_list(ca: Ca, publisher: Publisher) -> None:
    """The list doesn't say that it is partial, and serial numbers have their usual form."""
    leaf = await ca.certify(now=START)
    await publisher.refresh(now=START)
    assert leaf.serial.bit_length() == 159
    assert (await _list(publisher, "issuing", now=START)).points == ()


async def test_another_shards_list_answers_for_no_revoked_certificate(ca: Ca, publisher: Publisher) -> None:
    (old, _), new = await _full(ca, publisher), await ca.certify(now=START)
    for leaf in (old, new):
        await _revoke(ca, leaf, now=START + 1000)
    await publisher.refresh(now=START + 2000)
    at, issuer = START + 2000, ca.authorities.issuing.certificate
    of = {name: await _list(publisher, name, now=at) for name in ("issuing", "issuing.1")}
    for leaf, own, other in ((old, "issuing", "issuing.1"), (new, "issuing.1", "issuing")):
        assert set(of[own].revoked) == {leaf.serial}
        with pytest.raises(CertificateRevoked):
            check_crl(ca.engine, certificate=leaf, issuer=issuer, crl=of[own], at=at)
        with pytest.raises(StatusUnknown):
            check_crl(ca.engine, certificate=leaf, issuer=issuer, crl=of[other], at=at)


async def test_only_the_list_that_changed_is_made(ca: Ca, publisher: Publisher) -> None:
    await _full(ca, publisher)
    new = await ca.certify(now=START)
    before = {
        name: (await publisher.crl(name, now=START)).number for name in ("root", "issuing", "issuing.1")
    }
    await _revoke(ca, new, now=START + 1000)
    stale = await publisher.crl("issuing.1", now=START + 5000)
    assert stale.number == before["issuing.1"]  # a request makes no list
    assert await publisher.refresh(now=START + 5000) == 1
    after = {name: (await publisher.crl(name, now=START + 5000)).number for name in before}
    assert after | {"issuing.1": 0} == before | {"issuing.1": 0}
    assert after["issuing.1"] > max(before.values())
    assert await publisher.refresh(now=START + 6000) == 0
    other_process = await ca.publisher().crl("issuing.1", now=START + 6000)
    assert other_process == await publisher.crl("issuing.1", now=START + 6000)


async def test_incrementally_built_list_equals_a_full_one(ca: Ca, publisher: Publisher) -> None:
    await _full(ca, publisher)
    leaves = [await ca.certify(now=START) for _ in range(6)]
    await publisher.refresh(now=START)
    steps: list[tuple[int, CertificateEvent]] = [
        (3, CertificateEvent.REPORT_LOSS), (0, CertificateEvent.REVOKE), (5, CertificateEvent.FREEZE),
        (3, CertificateEvent.FREEZE), (3, CertificateEvent.LIFT_LOSS), (5, CertificateEvent.UNFREEZE),
        (1, CertificateEvent.REVOKE), (3, CertificateEvent.UNFREEZE), (4, CertificateEvent.REVOKE),
        (3, CertificateEvent.REVOKE),
    ]  # fmt: skip
    made: Mapping[int, Revoked] = {}
    for number, (leaf, event) in enumerate(steps, 1):
        now = START + number * 2000
        await change(ca.db, serial_text(leaves[leaf].serial), event, now=now, reason=4)
        await publisher.refresh(now=now)
        made = (await _list(publisher, "issuing.1", now=now)).revoked
        await execute(ca.db, "UPDATE crl_shards SET renew_at = 0")
        whole = ca.publisher()
        await whole.refresh(now=now)
        assert (await _list(whole, "issuing.1", now=now)).revoked == made
    assert set(made) == {leaves[at].serial for at in (0, 1, 3, 4)}


@pytest.mark.parametrize("form", ["sharded", "whole"])
async def test_change_during_the_making_is_in_the_next_list(ca: Ca, publisher: Publisher, form: str) -> None:
    """This includes many concurrent processes, each of which extends the last list that it saw."""
    if form == "sharded":
        await _full(ca, publisher)
    leaves = [await ca.certify(now=START) for _ in range(4)]
    name = "issuing.1" if form == "sharded" else "issuing"
    held: set[int] = set()
    for step in range(1, 7):
        now, turned = START + step * 1000, [leaves[(step + k) % 4] for k in range(3)]

        async def turn(leaf: Certificate, *, at: int) -> None:
            lifts = leaf.serial in held
            event = CertificateEvent.LIFT_LOSS if lifts else CertificateEvent.REPORT_LOSS
            await change(ca.db, serial_text(leaf.serial), event, now=at)
            held.symmetric_difference_update({leaf.serial})

        await asyncio.gather(
            *(ca.publisher().refresh(now=now) for _ in range(3)), *(turn(leaf, at=now) for leaf in turned)
        )
        await ca.publisher().refresh(now=now + 500)
        assert set((await _list(ca.publisher(), name, now=now + 500)).revoked) == held
    assert await shards.changed(ca.db, most=10) == []


async def test_change_after_the_read_stays_pending(ca: Ca) -> None:
    leaf = await ca.certify(now=START)
    serial = serial_text(leaf.serial)
    await change(ca.db, serial, CertificateEvent.REPORT_LOSS, now=START)
    read = await shards.changed(ca.db, most=10)
    assert read == [Changed(serial, "issuing", 1)]
    await change(ca.db, serial, CertificateEvent.LIFT_LOSS, now=START)

    async def forget(tx: Tx) -> None:
        await shards.forget_changes(tx, read)

    await ca.db.write(forget)
    assert await shards.changed(ca.db, most=10) == [Changed(serial, "issuing", 2)]


async def test_event_outside_the_lists_is_no_change(ca: Ca) -> None:
    """Issuing and PIN locks are frequent and appear in no list."""
    leaf = await ca.certify(now=START)
    await change(ca.db, serial_text(leaf.serial), CertificateEvent.LOCK_PIN, now=START)
    assert await shards.changed(ca.db, most=10) == []


async def test_tampered_stored_list_is_never_extended(ca: Ca, publisher: Publisher) -> None:
    """Write access to the database can't remove anyone from the CA's next list."""
    await _full(ca, publisher)
    gone, new = [await ca.certify(now=START) for _ in range(2)]
    await _revoke(ca, gone, now=START)
    await publisher.refresh(now=START)
    made = await publisher.crl("issuing.1", now=START)
    (entry,) = parse_crl(made.der).revoked.values()
    other = made.der.replace(entry.serial.to_bytes(20, "big"), (entry.serial + 1).to_bytes(20, "big"))
    assert other != made.der
    await execute(ca.db, "UPDATE crl_shards SET der = $1 WHERE shard = 1", other)
    await _revoke(ca, new, now=START + 2000)
    await ca.publisher().refresh(now=START + 2000)
    after = await _list(ca.publisher(), "issuing.1", now=START + 2000)
    assert set(after.revoked) == {gone.serial, new.serial}


async def test_expired_certificates_leave_a_frequently_changed_list(ca: Ca, publisher: Publisher) -> None:
    await _full(ca, publisher)
    expiring, held = [await ca.certify(now=START) for _ in range(2)]
    await _revoke(ca, expiring, now=START)
    await execute(
        ca.db, "UPDATE certificates SET not_after = $1 WHERE serial = $2", START, serial_text(expiring.serial)
    )
    await publisher.refresh(now=START)
    listed = []
    for hour in range(31 * 24 - 1, 31 * 24 + 19):
        now, lifts = START + hour * HOUR, hour % 2 == 0
        event = CertificateEvent.LIFT_LOSS if lifts else CertificateEvent.REPORT_LOSS
        await change(ca.db, serial_text(held.serial), event, now=now)
        await publisher.refresh(now=now)
        crl = await _list(publisher, "issuing.1", now=now)
        assert crl.next_update == now + DAY
        listed.append(expiring.serial in crl.revoked)
    assert (listed[0], listed[-1]) == (True, False)


async def test_a_list_with_another_basis_is_replaced(ca: Ca, publisher: Publisher) -> None:
    """Its basis doesn't state its content, and it names no shard."""
    leaf = await ca.certify(now=START)
    await publisher.refresh(now=START)
    await _revoke(ca, leaf, now=START)
    await execute(ca.db, "DELETE FROM crl_changes")
    await execute(ca.db, "UPDATE crls SET basis = '0:0' WHERE authority = 'issuing'")
    assert await publisher.refresh(now=START + 1000) == 1
    assert set((await _list(ca.publisher(), "issuing", now=START + 1000)).revoked) == {leaf.serial}


async def test_burst_of_changes_is_listed_at_once(
    ca: Ca, publisher: Publisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("mshield.server.publication.crl._BATCH", 2)
    await _full(ca, publisher)
    leaves = [await ca.certify(now=START) for _ in range(5)]
    for leaf in leaves:
        await _revoke(ca, leaf, now=START + 1000)
    await publisher.refresh(now=START + 1000)
    assert set((await _list(publisher, "issuing.1", now=START + 1000)).revoked) == {
        leaf.serial for leaf in leaves
    }


async def test_next_ca_starts_with_one_list_and_the_former_keeps_its_own(
    ca: Ca, publisher: Publisher
) -> None:
    await _full(ca, publisher)
    old = await ca.certify(now=START)
    await renew_issuing(ca.db, ca.keyring, ca.engine, ca.settings, now=START + 1000)
    await ca.authorities.refresh(ca.db)
    new = await ca.certify(now=START + 1000)
    assert new.values.crl_urls == (f"{BASE}/issuing-2.crl",)
    await _revoke(ca, old, now=START + 1000)
    await publisher.refresh(now=START + 1000)
    assert (await _list(publisher, "issuing-2", now=START + 1000)).points == ()
    assert set((await _list(publisher, "issuing.1", now=START + 1000)).revoked) == {old.serial}


@pytest.mark.parametrize("name", ["issuing.1", "issuing.2", "root.1", "issuing-2.1", "issuing.01", "ocsp.1"])
async def test_a_shard_that_is_not_open_has_no_list(ca: Ca, publisher: Publisher, name: str) -> None:
    await publisher.refresh(now=START)
    with pytest.raises(NotFound):
        await publisher.crl(name, now=START)


async def test_no_list_of_a_copy_is_published(ca: Ca, publisher: Publisher) -> None:
    await _full(ca, publisher)
    before = await publisher.crl("issuing.1", now=START)

    async def skip(tx: Tx) -> None:
        await high_water.skip_crl_numbers(tx, numbers=100, at_least=0)

    await ca.db.write(skip)
    assert (await ca.publisher().crl("issuing.1", now=START + 1000)).number > before.number + 100


async def test_a_ca_that_has_ended_publishes_no_more(ca: Ca, publisher: Publisher) -> None:
    await _full(ca, publisher)
    end = ca.authorities.issuing.certificate.not_after
    await publisher.refresh(now=end + 1000)
    assert (await shards.due(ca.db, now=end + 1000, most=5)) == []


async def test_cache_of_lists_is_bounded(ca: Ca, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "MAX_CACHED_BYTES", 250)
    stored = StoredLists(ca.db)
    for shard in range(1, 5):
        await shards.open_shard(ca.db, authority="issuing", shard=shard, now=START)
        stored.put(("issuing", shard), CrlRow(shard, "", START, START + DAY), b"x" * 100, now=START)
    known = [await stored.current(("issuing", shard), now=START) is not None for shard in range(1, 5)]
    assert known == [False, False, True, True]
