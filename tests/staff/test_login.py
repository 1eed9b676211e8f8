"""What a login of staff leaves: codes that the demonstration shows count, and what is over goes after a day."""

from mshield.keys.keyring import Keyring
from mshield.services.operations.purge import purge
from mshield.services.staff.demo_codes import shown_codes
from mshield.services.staff.members import disable_staff
from mshield.services.staff.one_time_code import STEP_MS, code_at, step_of
from mshield.store.database.interface import Database
from tests.support.clock import START
from tests.support.staff import set_up


async def test_the_demonstration_shows_a_code_that_was_not_used(db: Database, keyring: Keyring) -> None:
    made = await set_up(db, keyring, now=START)
    (shown,) = await shown_codes(db, keyring, now=START)
    assert (shown.name, shown.code) == (made.member.name, made.code(START + STEP_MS))
    assert shown.code != made.code(START)
    await disable_staff(db, staff_id=made.member.id, now=START)
    assert await shown_codes(db, keyring, now=START) == []


async def test_what_is_over_goes_and_what_counts_stays(db: Database, keyring: Keyring) -> None:
    await set_up(db, keyring, now=START)
    assert await purge(db, now=START) == 0
    # Two offers of a factor, then the used address and the session, each a day after its time.
    day, hour = 86_400_000, 3_600_000
    assert await purge(db, now=START + day + hour) == 2
    assert await purge(db, now=START + day + 8 * hour) == 1
    assert await purge(db, now=START + 2 * day) == 1


def test_a_step_counts_from_one_before_to_one_after() -> None:
    secret, step = bytes(range(20)), START // STEP_MS
    for away, counts in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = code_at(secret, after=step + away - 1, now=START + away * STEP_MS + STEP_MS)
        assert step_of(secret, code, now=START) == (step + away if counts else None)
