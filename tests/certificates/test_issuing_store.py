"""From signed request to active certificate: each guard of the three statements, and races between them."""

import asyncio
import json

import msgspec
import pytest

from mshield.server.certificates.rows import certificates, issuing
from mshield.server.certificates.rows import changes as certificate_changes
from mshield.server.certificates.rows.certificates import NewCertificate, Reservation
from mshield.server.certificates.rows.issuing import ConfirmedKey
from mshield.server.certificates.rules.states import CertificateEvent
from mshield.server.database.interface import Database, Tx
from mshield.server.filing.rows import filing
from mshield.server.keys.keyring import Keyring
from tests.support.clock import START, Clock
from tests.support.issuing import change
from tests.support.more_phones import another_account, another_phone, sign_request
from tests.support.signing import World, execute, fetch, make_world

VERSION = 6
"""Version of the CAs: root, issuing CA and the OCSP responders of both, none of them revoked."""

ACCOUNTS = ("account", "another of the same person")
"""Accounts that the second of two applications may come from."""


@pytest.fixture
async def world(db: Database, keyring: Keyring, clock: Clock) -> World:
    """A logged-in phone of a filed operator, without a certificate."""
    return await make_world(db, keyring, clock, enrolled=False)


async def _signed(world: World) -> ConfirmedKey:
    await sign_request(world)
    return await _found(world)


async def _found(world: World) -> ConfirmedKey:
    caller = world.phone.caller
    found = await issuing.find_by_token(
        world.db, token_hash=caller.token_hash, jkt=caller.jkt, now=world.clock()
    )
    assert found.key is not None
    return found.key


def _new(key: ConfirmedKey) -> NewCertificate:
    subject = json.loads(key.subject)
    return NewCertificate(
        uid=key.uid,
        request_sid=key.request_sid,
        account_id=key.account_id,
        device_id=key.device_id,
        person_id=key.person_id,
        filing_version=key.filing_version,
        shield_number=key.shield_number,
        organisation=subject["organisation"],
        credit_code=key.credit_code,
        role=key.role,
        common_name=subject["common_name"],
    )


def _reservation(serial: str) -> Reservation:
    return Reservation(serial, "issuing", START, START * 2)


async def _reserve(db: Database, key: ConfirmedKey, serial: str = "one", *, version: int = VERSION) -> bool:
    return await issuing.reserve(db, key, _new(key), _reservation(serial), authorities=version, now=START)


async def _counts(db: Database) -> tuple[object, object, object]:
    row = await fetch(
        db,
        "SELECT (SELECT COUNT(*) FROM certificates) AS certificates,"
        " (SELECT COUNT(*) FROM certificate_events) AS events,"
        " (SELECT COUNT(*) FROM devices WHERE account_id IS NOT NULL) AS pinned",
    )
    return row["certificates"], row["events"], row["pinned"]


async def test_reservation_stores_the_requested_row(world: World) -> None:
    key = await _signed(world)
    assert (key.first_account_id, key.reservations, key.reserved) == ("account", 0, None)
    assert await _reserve(world.db, key)
    row = await certificates.find_by_serial(world.db, serial="one")
    assert row is not None
    assert {name: getattr(row, name) for name in NewCertificate.__dataclass_fields__} == {
        name: getattr(_new(key), name) for name in NewCertificate.__dataclass_fields__
    }
    assert (row.state, row.holds, row.der, row.issued_at, row.changed_at) == (
        "issued",
        frozenset(),
        None,
        START,
        START,
    )
    assert await _counts(world.db) == (1, 0, 1)
    again = await _found(world)
    assert (again.reservations, again.reserved) == (1, _reservation("one"))
    in_force = await fetch(world.db, "SELECT state, certificate FROM keys WHERE uid = $1", key.uid)
    assert in_force == {"state": "confirmed", "certificate": None}


async def test_second_reservation_of_a_request_is_refused(world: World) -> None:
    key = await _signed(world)
    assert await _reserve(world.db, key)
    assert not await _reserve(world.db, key, "two")  # based on the earlier read
    assert not await _reserve(world.db, await _found(world), "two")
    assert await _counts(world.db) == (1, 0, 1)


async def test_reservation_based_on_outdated_cas_is_refused(world: World) -> None:
    key = await _signed(world)
    assert not await _reserve(world.db, key, version=VERSION - 1)
    await execute(world.db, "UPDATE authorities SET revoked_at = 1 WHERE name = 'issuing'")
    assert not await _reserve(world.db, key)
    assert await _counts(world.db) == (0, 0, 0)
    assert await _reserve(world.db, key, version=VERSION + 1)


async def test_r04_person_no_longer_on_file_gets_no_reservation(world: World) -> None:
    key = await _signed(world)
    await execute(world.db, "UPDATE filed_persons SET ended_at = 1")
    assert not await _reserve(world.db, key)
    assert await _counts(world.db) == (0, 0, 0)
    assert await world.db.write(lambda tx: issuing.admit(tx, key)) == "no_filing"
    row = await fetch(world.db, "SELECT state FROM keys WHERE uid = $1", key.uid)
    assert row["state"] == "void"


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
async def test_r04_concurrent_end_of_filing_names_the_shield_or_refuses(world: World) -> None:
    key = await _signed(world)

    async def leaves(tx: Tx) -> list[str]:
        assert await filing.end_person(tx, person_id="person", now=START) is not None
        await asyncio.sleep(0.1)
        return await filing.live_shields(tx, person_id="person")

    shields, reserved = await asyncio.gather(world.db.write(leaves), _reserve(world.db, key))
    assert bool(shields) is reserved
    assert (await _counts(world.db))[0] == len(shields)


async def _elsewhere(
    world: World, key: ConfirmedKey, name: str, *, reservations: int, account: str = "account"
) -> ConfirmedKey:
    """Returns the same request as if it had been signed on another device."""
    await another_phone(world, name, account=account)
    return msgspec.structs.replace(
        key,
        account_id=account,
        device_id=name,
        request_sid=name.encode(),
        reservations=reservations,
        reserved=None,
    )


async def test_device_with_a_certificate_gets_no_reservation(world: World) -> None:
    key = await _signed(world)
    assert await _reserve(world.db, key)
    again = msgspec.structs.replace(key, request_sid=b"another", reservations=1)
    assert not await _reserve(world.db, again, "two")
    await change(world.db, "one", CertificateEvent.REVOKE, now=START, reason=0)
    assert await _reserve(world.db, again, "two")


async def test_device_of_another_account_gets_no_reservation(world: World) -> None:
    key = await _signed(world)
    await another_account(world, "other")
    await execute(world.db, "UPDATE devices SET account_id = 'other' WHERE id = 'device'")
    assert not await _reserve(world.db, key)
    assert (await _counts(world.db))[0] == 0
    row = await fetch(world.db, "SELECT account_id FROM devices WHERE id = 'device'")
    assert row["account_id"] == "other"


async def test_r05_seventh_device_gets_no_reservation(world: World) -> None:
    key = await _signed(world)
    for number in range(6):
        other = await _elsewhere(world, key, f"device-{number}", reservations=number)
        assert await _reserve(world.db, other, f"serial-{number}")
    seventh = msgspec.structs.replace(key, reservations=6)
    assert not await _reserve(world.db, seventh)
    await change(world.db, "serial-3", CertificateEvent.REVOKE, now=START, reason=0)
    assert await _reserve(world.db, seventh)


async def _last_two(world: World, account: str) -> tuple[ConfirmedKey, ConfirmedKey]:
    """Returns two requests for the sixth device, each read before the other one's reservation.

    The second one is this account's.
    """
    if account != "account":
        await another_account(world, account)
    key = await _signed(world)
    for number in range(5):
        other = await _elsewhere(world, key, f"device-{number}", reservations=number)
        assert await _reserve(world.db, other, f"serial-{number}")
    return (
        await _elsewhere(world, key, "first", reservations=5),
        await _elsewhere(world, key, "second", reservations=5, account=account),
    )


@pytest.mark.parametrize("account", ACCOUNTS)
async def test_r05_two_concurrent_reservations_of_the_sixth_device_make_one(
    world: World, account: str
) -> None:
    first, second = await _last_two(world, account)
    taken = await asyncio.gather(
        *(_reserve(world.db, key, f"{key.device_id} {turn}") for key in (first, second) for turn in range(2)),
        return_exceptions=True,
    )
    assert sorted(map(str, taken)) == ["False", "False", "False", "True"]
    assert (await _counts(world.db))[0] == 6


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)  # SQLite has one writer
@pytest.mark.parametrize("account", ACCOUNTS)
async def test_r05_uncommitted_reservation_counts(world: World, account: str) -> None:
    """The statement began before the other commit, so it can't see that certificate: it must see the count."""
    first, second = await _last_two(world, account)
    began = asyncio.Event()

    async def other(tx: Tx) -> None:
        assert await issuing.admit(tx, first) == "admitted"
        await certificates.reserve(tx, _new(first), _reservation("first"), now=START)
        began.set()
        await asyncio.sleep(0.2)  # the second one waits for the lock of the account's row

    async def late() -> bool:
        await began.wait()
        return await _reserve(world.db, second, "second")

    _, reserved = await asyncio.gather(world.db.write(other), late())
    assert not reserved
    assert (await _counts(world.db))[0] == 6


async def test_r05_certificates_of_all_accounts_count_at_the_oldest_account(world: World) -> None:
    await another_account(world, "a younger one")  # whose id sorts before the other's
    await execute(world.db, "UPDATE accounts SET created_at = created_at + 1 WHERE id = 'a younger one'")
    await another_account(world, "another person's")
    await execute(
        world.db,
        "UPDATE accounts SET id_number_hash = $1, created_at = 0 WHERE id = $2",
        b"another",
        "another person's",
    )
    phone = await another_phone(world, "phone", account="a younger one")
    key = await _signed(phone)
    assert (key.account_id, key.first_account_id) == ("a younger one", "account")
    assert await _reserve(world.db, key)
    counted = await fetch(world.db, "SELECT id FROM accounts WHERE reservations > 0")
    assert counted["id"] == "account"
    again = await issuing.find_of_device(world.db, device_id="phone", account_id="a younger one")
    assert again is not None
    assert (again.first_account_id, again.reservations) == ("account", 1)


async def test_activation_stores_key_and_event(world: World) -> None:
    key = await _signed(world)
    assert await _reserve(world.db, key)
    assert await certificate_changes.activate(world.db, serial="one", uid=key.uid, der=b"der", now=START + 1)
    row = await fetch(world.db, "SELECT state, certificate FROM keys WHERE uid = $1", key.uid)
    assert row == {"state": "certified", "certificate": "one"}
    stored = await certificates.find_by_serial(world.db, serial="one")
    assert stored is not None
    assert (stored.state, stored.der, stored.changed_at) == ("active", b"der", START + 1)
    events = await certificate_changes.history(world.db, serial="one")
    assert [
        (each.event, each.actor, each.actor_id, each.reason, each.state, each.holds, each.at)
        for each in events
    ] == [("activate", "service", None, "", "active", "", START + 1)]
    assert not await certificate_changes.activate(
        world.db, serial="one", uid=key.uid, der=b"2", now=START + 2
    )
    assert (await _counts(world.db))[1] == 1


async def test_activation_needs_a_waiting_key(world: World) -> None:
    key = await _signed(world)
    assert await _reserve(world.db, key)
    await execute(world.db, "UPDATE keys SET state = 'void' WHERE uid = $1", key.uid)
    assert not await certificate_changes.activate(
        world.db, serial="one", uid=key.uid, der=b"der", now=START + 1
    )
    stored = await certificates.find_by_serial(world.db, serial="one")
    assert stored is not None
    assert (stored.state, stored.der) == ("issued", None)
    assert (await _counts(world.db))[1] == 0


async def test_revoked_reservation_is_never_activated(world: World) -> None:
    key = await _signed(world)
    assert await _reserve(world.db, key)
    await change(world.db, "one", CertificateEvent.REVOKE, now=START, reason=0)
    assert not await certificate_changes.activate(
        world.db, serial="one", uid=key.uid, der=b"der", now=START + 1
    )
    row = await fetch(world.db, "SELECT state, certificate FROM keys WHERE uid = $1", key.uid)
    assert row == {"state": "confirmed", "certificate": None}
    assert [each.event for each in await certificate_changes.history(world.db, serial="one")] == ["revoke"]


async def test_a_key_that_was_refused_meanwhile_is_not_admitted(world: World) -> None:
    key = await _signed(world)
    await execute(world.db, "UPDATE keys SET state = 'void' WHERE uid = $1", key.uid)
    assert await world.db.write(lambda tx: issuing.admit(tx, key)) == "gone"


async def test_concurrent_stores_learn_which_one_succeeded(world: World) -> None:
    key = await _signed(world)
    assert await _reserve(world.db, key)
    stored = await asyncio.gather(
        *(
            certificate_changes.activate(world.db, serial="one", uid=key.uid, der=der, now=START + 1)
            for der in (b"first", b"second", b"third")
        )
    )
    assert stored.count(True) == 1
    row = await certificates.find_by_serial(world.db, serial="one")
    assert row is not None
    assert row.der == (b"first", b"second", b"third")[stored.index(True)]


async def test_token_with_another_devices_key_finds_nothing(world: World) -> None:
    await sign_request(world)
    caller, now = world.phone.caller, world.clock()
    found = await asyncio.gather(
        *(
            issuing.find_by_token(world.db, token_hash=caller.token_hash, jkt=jkt, now=now)
            for jkt in (caller.jkt, "another")
        )
    )
    assert [each.valid for each in found] == [True, False]


async def test_invalid_login_finds_nothing(world: World) -> None:
    await sign_request(world)
    caller, now = world.phone.caller, world.clock()
    for token, jkt in ((b"another", caller.jkt), (caller.token_hash, "another")):
        assert not (await issuing.find_by_token(world.db, token_hash=token, jkt=jkt, now=now)).valid
    for change_sql in (
        "UPDATE phone_sessions SET ended_at = 1",
        "UPDATE phone_sessions SET ended_at = NULL, expires_at = 1",
        "UPDATE accounts SET state = 'closed'",
    ):
        await execute(world.db, change_sql)
        found = await issuing.find_by_token(world.db, token_hash=caller.token_hash, jkt=caller.jkt, now=now)
        assert not found.valid
