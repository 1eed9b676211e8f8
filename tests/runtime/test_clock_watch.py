"""A clock that jumps is doubted until it agrees again or is confirmed; one adjusted by NTP never is."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from mshield.server.errors import ClockDoubted
from mshield.server.runtime.clocks import steady_clock
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.runtime.clocks.watch import ClockWatch, unwatched
from mshield.wire.times import DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, TOLERANCE_MS, Doubt
from tests.support.clock import START


@dataclass(slots=True)
class Machine:
    """A machine's two clocks, and another machine's: the database's."""

    wall: int = START
    steady: int = 5 * HOUR_MS
    database: int = START + 200

    def watch(self) -> ClockWatch:
        """Returns the clock watch of a new process."""
        return ClockWatch(lambda: self.wall, lambda: self.steady)

    def go_on(self, ms: int = SECOND_MS) -> None:
        """Lets time pass."""
        self.wall += ms
        self.steady += ms
        self.database += ms


def _now_of(watch: ClockWatch) -> Doubt | None:
    return watch.doubt


def test_jump_is_doubted_at_once_and_the_earlier_time_continues() -> None:
    machine = Machine()
    watch = machine.watch()
    machine.wall += 3 * DAY_MS
    assert watch.doubt == Doubt("jumped", 3 * DAY_MS)
    assert watch() == START
    with pytest.raises(ClockDoubted):
        watch.require_sure()
    machine.go_on(MINUTE_MS)
    watch.look()
    assert (watch(), watch.doubt is None) == (START + MINUTE_MS, False)
    machine.wall -= 3 * DAY_MS
    assert (watch(), _now_of(watch)) == (START + MINUTE_MS, None)


@pytest.mark.parametrize("jump", [-2 * HOUR_MS, -TOLERANCE_MS - 1, TOLERANCE_MS + 1, 90 * DAY_MS])
def test_both_ways_are_a_jump(jump: int) -> None:
    machine = Machine()
    watch = machine.watch()
    machine.wall += jump
    assert watch.doubt == Doubt("jumped", jump)


def test_slewed_clock_is_followed() -> None:
    machine = Machine()
    watch = machine.watch()
    for _ in range(400_000):  # half a thousandth, over four days and a half: 200 s in all
        machine.go_on(1000)
        machine.wall += 1 if machine.steady // 1000 % 2 else 0
        watch.look()
    assert machine.wall - START - 400_000_000 == 200_000
    assert (watch.doubt, watch()) == (None, machine.wall)


def test_small_step_is_no_jump_but_many_are() -> None:
    machine = Machine()
    watch = machine.watch()
    machine.wall += 20 * SECOND_MS
    watch.look()
    assert (watch.doubt, watch()) == (None, machine.wall)
    for _ in range(3):
        machine.go_on()
        machine.wall += 20 * SECOND_MS
        watch.look()
    assert watch.doubt is not None


def test_a_difference_to_the_databases_clock_is_doubted() -> None:
    machine = Machine(database=START - 3 * DAY_MS)
    watch = machine.watch()
    watch.look(machine.database)
    assert watch.doubt == Doubt("database", 3 * DAY_MS)
    assert watch.database_time == machine.database
    machine.database = START - 29 * SECOND_MS
    watch.look(machine.database)
    assert watch.doubt is None


def test_process_starting_apart_uses_the_databases_time() -> None:
    machine = Machine(wall=START + 3 * DAY_MS, database=START)
    watch = machine.watch()
    watch.look(machine.database)
    machine.go_on()
    assert (watch.doubt, watch()) == (Doubt("database", 3 * DAY_MS), START + SECOND_MS)
    assert not watch.doubts_database  # it is unknown which of the two is wrong
    there = Machine(database=START)
    watch = there.watch()
    watch.look(there.database)
    there.go_on()
    assert not watch.doubts_database
    watch.look(there.database - HOUR_MS)  # now the database's clock is set
    assert (watch.doubt, watch()) == (Doubt("database", HOUR_MS), START + SECOND_MS)
    assert watch.doubts_database


def test_slow_database_answer_is_ignored() -> None:
    machine = Machine()
    watch = machine.watch()
    watch.look(machine.database - HOUR_MS, took=MINUTE_MS)
    assert watch.doubt is None


def test_a_wrong_clock_that_jumps_to_the_databases_was_set_right() -> None:
    machine = Machine(wall=START - 2 * HOUR_MS)
    watch = machine.watch()
    watch.look(machine.database)
    assert watch.doubt == Doubt("database", -2 * HOUR_MS - 200)
    machine.go_on()
    machine.wall += 2 * HOUR_MS
    watch.look(machine.database)
    assert (_now_of(watch), watch()) == (None, machine.wall)


def test_two_clocks_of_one_machine_do_not_confirm_each_other() -> None:
    machine = Machine()
    watch = machine.watch()
    watch.look(machine.database)
    machine.go_on()
    machine.wall += 3 * DAY_MS
    machine.database += 3 * DAY_MS
    for _ in range(5):
        watch.look(machine.database)
        assert watch.doubt == Doubt("jumped", 3 * DAY_MS)
        machine.go_on()


def test_confirmation_is_valid_only_for_the_shown_time() -> None:
    machine = Machine()
    watch = machine.watch()
    machine.wall += HOUR_MS
    assert not watch.confirm(START, ago=SECOND_MS, database_ahead=None)
    assert watch.doubt is not None
    assert watch.confirm(machine.wall - 500, ago=SECOND_MS, database_ahead=None)
    assert (_now_of(watch), watch()) == (None, machine.wall)


def test_a_confirmed_difference_to_the_database_is_no_doubt_and_another_is() -> None:
    machine = Machine(database=START - HOUR_MS)
    watch = machine.watch()
    watch.look(machine.database)
    assert watch.confirm(START, ago=0, database_ahead=HOUR_MS)
    watch.look(machine.database)
    assert watch.doubt is None
    watch.look(START)  # the database's clock is corrected
    assert watch.doubt is None
    watch.look(START - 2 * HOUR_MS)
    assert watch.doubt == Doubt("database", 2 * HOUR_MS)


def test_process_started_after_the_jump_uses_the_stored_time() -> None:
    machine = Machine(wall=START + 3 * DAY_MS)
    watch = machine.watch()
    watch.begin(offset=START - machine.steady, latest=START, confirmed_ahead=0)
    assert (watch.doubt, watch()) == (Doubt("jumped", 3 * DAY_MS), START)
    assert not watch.doubts_database


def test_process_with_the_stored_time_doubts_the_databases_clock() -> None:
    machine = Machine(database=START + DAY_MS)
    watch = machine.watch()
    watch.begin(offset=START - machine.steady, latest=START, confirmed_ahead=0)
    watch.look(machine.database)
    assert (watch.doubt, watch.doubts_database) == (Doubt("database", -DAY_MS), True)


def test_a_machine_that_starts_in_the_past_is_doubted() -> None:
    machine = Machine(wall=0)
    watch = machine.watch()
    watch.begin(offset=None, latest=START, confirmed_ahead=0)
    assert watch.doubt == Doubt("set_back", -START)
    machine.wall = START - SECOND_MS
    machine.steady += START
    assert watch.doubt is None


def test_clock_of_a_test_is_trusted() -> None:
    now = [START]
    watch = unwatched(lambda: now[0])
    now[0] += 90 * DAY_MS
    assert (watch(), watch.doubt, watch.watched) == (now[0], None, False)


def test_machine_uptime_is_the_same_in_another_process() -> None:
    first = steady_clock.reader()()
    assert 0 < first <= steady_clock.reader()()
    watch = ClockWatch()
    assert (watch.watched, watch.doubt) == (True, None)
    assert abs(watch() - wall_clock()) < SECOND_MS
    assert steady_clock.boot()
    uptime = Path("/proc/uptime").read_text(encoding="ascii")
    assert abs(float(uptime.split()[0]) * 1000 - first) < MINUTE_MS


@pytest.mark.parametrize(
    ("ahead", "zh", "en"),
    [
        (3 * DAY_MS, "快了 3 天", "3 d ahead"),
        (-2 * HOUR_MS, "慢了 2 小时", "2 h behind"),
        (-90 * SECOND_MS, "慢了 90 秒", "90 s behind"),
    ],
)
def test_doubt_states_the_difference(ahead: int, zh: str, en: str) -> None:
    doubt = Doubt("database", ahead)
    assert doubt.zh.endswith(zh)
    assert doubt.en.endswith(en)


@pytest.fixture
def _chosen_anew() -> Iterator[None]:
    steady_clock._reader.cache_clear()
    yield
    steady_clock._reader.cache_clear()


@pytest.mark.usefixtures("_chosen_anew")
def test_uptime_is_read_from_the_file_if_a_library_may_fake_the_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("LD_PRELOAD", raising=False)
    assert steady_clock._reader() is not steady_clock._by_file
    steady_clock._reader.cache_clear()
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/faketime/libfaketime.so.1")
    assert steady_clock._reader() is steady_clock._by_file


@pytest.mark.usefixtures("_chosen_anew")
def test_uptime_call_that_differs_from_the_file_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steady_clock, "_by_call", lambda: lambda: steady_clock._by_file() + 2 * SECOND_MS)
    assert steady_clock._reader() is steady_clock._by_file


@pytest.mark.usefixtures("_chosen_anew")
def test_uptime_call_agrees_with_the_file() -> None:
    by_call = steady_clock._by_call()
    assert by_call is not None
    assert abs(by_call() - steady_clock._by_file()) < SECOND_MS
