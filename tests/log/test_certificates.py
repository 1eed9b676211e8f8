"""A certificate's state follows from its events, whatever clock wrote them, or it is reported."""

# ruff: noqa: S608  the names in the statements are the schema's own

from dataclasses import replace
from itertools import product
from typing import Final

import pytest

from mshield.server.certificates.rules.states import CertificateEvent, format_holds
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.log.rows import log as store
from mshield.server.log.rows.log import Life
from mshield.server.log.verify import Report, verify_log
from mshield.server.log.verify_certificates import explained
from tests.support.cases import cases
from tests.support.certificate_life import standings
from tests.support.clock import START
from tests.support.filled_log import LoggedService
from tests.support.intruder import Intruder
from tests.support.issuing import person

E: Final = CertificateEvent
LIVES: Final = {
    "active": (),
    "held": (E.REPORT_LOSS, E.FREEZE),
    "lifted": (E.REPORT_LOSS, E.LIFT_LOSS),
    "revoked at once": (E.REVOKE,),
    "held and revoked": (E.REPORT_LOSS, E.REVOKE),
    "lifted and revoked": (E.FREEZE, E.UNFREEZE, E.REVOKE),
    "locked": (E.LOCK_PIN,),
    "held and locked": (E.REPORT_LOSS, E.FREEZE, E.LOCK_PIN),
    "locked and lifted": (E.REPORT_LOSS, E.LOCK_PIN, E.LIFT_LOSS),
    "locked and revoked": (E.LOCK_PIN, E.REVOKE),
    "renewed": (E.SUPERSEDE,),
    "applied again": (E.APPLY_AGAIN, E.REPORT_LOSS),
    "copied": (E.FIND_CLONE, E.FREEZE),
}


@pytest.fixture
async def service(db: Database, keyring: Keyring) -> LoggedService:
    made = await LoggedService.on(db, keyring)
    await made.live()
    return made


async def _check(service: LoggedService) -> Report:
    return await verify_log(service.log)


async def _life(service: LoggedService, serial: str) -> Life:
    return next(each for each in await store.lives(service.db, after="", limit=99) if each.serial == serial)


# ---- what was done can't be undone ----


async def test_a_revocation_right_after_a_hold_is_not_taken_back(
    service: LoggedService, intruder: Intruder
) -> None:
    serial = await service.certify()
    await service.change(serial, E.REPORT_LOSS, E.REVOKE, reason=1)
    await service.sequence()
    assert (await _check(service)).holds
    (lost,) = intruder.rows(
        "SELECT at FROM certificate_events WHERE serial = ? AND event = 'report_loss'", serial
    )
    undo = (
        "UPDATE certificates SET state = 'active', holds = 'lost', changed_at = ?, revoked_at = NULL,"
        " revocation_reason = NULL WHERE serial = ?"
    )
    assert intruder.run(undo, lost["at"], serial) == 1
    (found,) = (await _check(service)).findings
    assert (found.code, found.table, found.row) == ("unexplained", "certificates", serial)


async def test_a_revocation_right_after_the_issue_is_not_taken_back(
    service: LoggedService, intruder: Intruder
) -> None:
    serial = await service.certify()
    await service.change(serial, E.REVOKE, reason=1)
    await service.sequence()
    assert (await _check(service)).holds
    undo = (
        "UPDATE certificates SET state = 'active', changed_at = issued_at, revoked_at = NULL,"
        " revocation_reason = NULL WHERE serial = ?"
    )
    assert intruder.run(undo, serial) == 1
    (found,) = (await _check(service)).findings
    assert (found.code, found.table, found.row) == ("unexplained", "certificates", serial)


@cases("life", LIVES)
async def test_no_other_state_is_explained(service: LoggedService, life: str) -> None:
    serial = await service.certify()
    await service.change(serial, *LIVES[life], reason=4)
    right = await _life(service, serial)
    assert explained(right)
    times = {each.at for each in right.events} | {START - 1, service.now + 1}
    states = {each.state.value for each in standings()}
    holds = {format_holds(each.holds) for each in standings()}
    for now in product(states, holds, times, (None, *times), (None, 0, 4, 5)):
        assert explained(replace(right, now=now)) is (now == right.now), now


async def test_a_hold_began_when_its_events_say(service: LoggedService, intruder: Intruder) -> None:
    """The start of a hold is neither the last change, nor the start of another hold that was lifted."""
    serial = await service.certify()
    for event in (E.FREEZE, E.UNFREEZE, E.REPORT_LOSS, E.FREEZE, E.LIFT_LOSS):
        service.now += 60_000
        await service.change(serial, event)
    await service.sequence()
    right = await _life(service, serial)
    assert right.held_since == right.events[3].at
    assert (await _check(service)).holds
    for other in (None, *(each.at for each in right.events if each.at != right.held_since)):
        intruder.run("UPDATE certificates SET held_since = ? WHERE serial = ?", other, serial)
        (found,) = (await _check(service)).findings
        assert (found.code, found.row) == ("unexplained", serial)


@cases("life", ["held and revoked", "locked", "held and locked", "applied again", "copied"])
async def test_inserted_event_cannot_undo_a_final_state(service: LoggedService, life: str) -> None:
    """Even an event without a log position: the table allows none that could undo it."""
    serial = await service.certify()
    await service.change(serial, *LIVES[life], reason=4)
    right = await _life(service, serial)
    for event, after in product(E, standings()):
        forged = store.RecordedEvent(
            event.value, after.state.value, format_holds(after.holds), service.now, None
        )
        for now in (("active", "", service.now, None, None), ("issued", "", service.now, None, None)):
            assert not explained(replace(right, now=now, events=(*right.events, forged)))


async def test_an_event_deleted_together_with_its_change_is_missing_in_the_log(
    service: LoggedService, intruder: Intruder
) -> None:
    (event,) = intruder.rows("SELECT serial, log_index FROM certificate_events WHERE event = 'freeze'")
    (active,) = intruder.rows(
        "SELECT at FROM certificate_events WHERE event = 'activate' AND serial = ?", event["serial"]
    )
    intruder.run("DELETE FROM certificate_events WHERE event = 'freeze'")
    intruder.run(
        "UPDATE certificates SET holds = '', held_since = NULL, changed_at = ? WHERE serial = ?",
        active["at"],
        event["serial"],
    )
    (found,) = (await _check(service)).findings
    assert (found.code, found.index) == ("row_missing", event["log_index"])


@pytest.mark.parametrize("kind", ["signed", "reserved"])
async def test_a_deleted_certificate_is_found(service: LoggedService, intruder: Intruder, kind: str) -> None:
    serial = await (service.certify() if kind == "signed" else _reserved(service))
    await service.change(serial, E.REVOKE, reason=5)
    await service.sequence()
    assert (await _check(service)).holds
    assert intruder.run("DELETE FROM certificates WHERE serial = ?", serial) == 1
    found = [(each.code, each.row) for each in (await _check(service)).findings]
    assert ("certificate_missing", serial) in found


async def test_a_reservation_that_was_revoked_never_turns_into_a_certificate(
    service: LoggedService, intruder: Intruder
) -> None:
    serial = await _reserved(service)
    await service.change(serial, E.REVOKE, reason=5)
    await service.sequence()
    assert (await _check(service)).holds
    intruder.run("UPDATE certificates SET der = ? WHERE serial = ?", b"der", serial)
    findings = (await _check(service)).findings
    assert {(each.code, each.row) for each in findings} == {("unexplained", serial), ("key_changed", serial)}


async def _reserved(service: LoggedService) -> str:
    new, _ = await person(service.db, service.keyring, service.ca.engine, now=service.now)
    return (await service.ca.issue.reserve(new, now=service.now)).serial


@pytest.mark.parametrize(("column", "value"), [("event", "lost"), ("state", "gone"), ("holds", "wet")])
async def test_unknown_words_in_events_explain_nothing(
    service: LoggedService, intruder: Intruder, column: str, value: str
) -> None:
    serial = await service.certify()
    intruder.run(f"UPDATE certificate_events SET {column} = ? WHERE serial = ?", value, serial)
    assert [each.code for each in (await _check(service)).findings] == ["unexplained"]


# ---- clocks ----


@pytest.mark.parametrize("behind", [3_000, 3_600_000])
async def test_slow_clock_does_not_change_the_result(service: LoggedService, behind: int) -> None:
    """Two processes: the later change has the earlier time."""
    serial = await service.certify()
    await service.change(serial, E.REPORT_LOSS)
    service.now -= behind
    await service.change(serial, E.LIFT_LOSS)
    await service.sequence()
    assert (await _check(service)).holds
    await service.change(serial, E.REVOKE, reason=1)
    await service.sequence()
    assert (await _check(service)).holds


async def test_last_event_is_the_newer_of_two_with_one_state(service: LoggedService) -> None:
    serial = await service.certify()
    await service.change(serial, E.REPORT_LOSS, E.LIFT_LOSS)
    first = service.now
    service.now += 60_000
    await service.change(serial, E.REPORT_LOSS, E.LIFT_LOSS)
    right = await _life(service, serial)
    assert explained(right)
    assert not explained(replace(right, now=("active", "", first, None, None)))
    service.now -= 3_000
    await service.change(serial, E.REPORT_LOSS, E.LIFT_LOSS)  # by a clock some seconds behind
    assert explained(await _life(service, serial))


# ---- others ----


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE certificates SET state = 'active', revoked_at = NULL WHERE state = 'revoked'",
        "UPDATE certificates SET holds = '' WHERE holds <> ''",
        "UPDATE certificates SET holds = 'lost' WHERE holds <> ''",
        "UPDATE certificates SET revocation_reason = 5 WHERE state = 'revoked'",
    ],
)
async def test_unexplained_state_is_reported(service: LoggedService, intruder: Intruder, change: str) -> None:
    assert intruder.run(change) == 1
    (found,) = (await _check(service)).findings
    assert (found.code, found.table) == ("unexplained", "certificates")


async def test_certificate_never_issued_is_reported(service: LoggedService, intruder: Intruder) -> None:
    row = intruder.rows("SELECT * FROM certificates")[0]
    row |= {"serial": "0" * 40, "request_sid": bytes(16)}
    marks = ", ".join("?" * len(row))
    intruder.run(f"INSERT INTO certificates ({', '.join(row)}) VALUES ({marks})", *row.values())
    findings = (await _check(service)).findings
    assert [(each.code, each.row) for each in findings] == [
        ("unexplained", "0" * 40),
        ("seal_broken", "0" * 40),
    ]


async def test_exchanged_certificate_is_reported(service: LoggedService, intruder: Intruder) -> None:
    one, other = intruder.rows("SELECT serial, der FROM certificates")
    intruder.run("UPDATE certificates SET der = ? WHERE serial = ?", one["der"], other["serial"])
    findings = (await _check(service)).findings
    assert {(each.code, each.table) for each in findings} == {
        ("row_changed", "certificate_events"),
        ("key_changed", "certificates"),
    }


async def test_a_reservation_needs_no_event(service: LoggedService, intruder: Intruder) -> None:
    intruder.run(
        "UPDATE certificates SET state = 'issued', holds = '', der = NULL, revoked_at = NULL,"
        " revocation_reason = NULL, held_since = NULL"
    )
    intruder.run("DELETE FROM certificate_events")
    assert "unexplained" not in {each.code for each in (await _check(service)).findings}
