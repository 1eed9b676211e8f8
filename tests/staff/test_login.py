"""Traces of a staff login: codes shown by the demonstration are valid; ended rows are purged after a day."""

from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.server.retention.sweep import purge
from mshield.server.staff.demo_codes import shown_codes
from mshield.server.staff.members import disable_staff
from mshield.server.staff.one_time_code import STEP_MS, code_at, step_of
from tests.support.clock import START
from tests.support.staff import set_up


async def test_demonstration_shows_an_unused_code(db: Database, keyring: Keyring) -> None:
    made = await set_up(db, keyring, now=START)
    (shown,) = await shown_codes(db, keyring, now=START)
    assert (shown.name, shown.code) == (made.member.name, made.code(START + STEP_MS))
    assert shown.code != made.code(START)
    await disable_staff(db, staff_id=made.member.id, now=START)
    assert await shown_codes(db, keyring, now=START) == []


async def test_purge_deletes_ended_rows_only(db: Database, keyring: Keyring) -> None:
    await set_up(db, keyring, now=START)
    assert await purge(db, now=START) == 0
    # Two offered factors, then the used address and the session, each a day after its end.
    day, hour = 86_400_000, 3_600_000
    assert await purge(db, now=START + day + hour) == 2
    assert await purge(db, now=START + day + 8 * hour) == 1
    assert await purge(db, now=START + 2 * day) == 1


def test_code_is_valid_one_step_before_and_after() -> None:
    secret, step = bytes(range(20)), START // STEP_MS
    for away, counts in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = code_at(secret, after=step + away - 1, now=START + away * STEP_MS + STEP_MS)
        assert step_of(secret, code, now=START) == (step + away if counts else None)
