"""Faults found when processes and databases were killed, clocks set and disks filled under load, with their tests.

Nothing acknowledged was lost. docs/operations.md describes how the service behaves now.
"""

import re
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_FAULTS: Final = {
    # D1: a failover to a lagging copy, or a late call, made honest phones look like copies. Now no phone is held, the
    # processes end and the restore is declared
    "D1": (
        "tests/restore/test_failovers.py::test_hundred_failovers_hold_no_honest_phone_and_detect_clones",
        "tests/restore/test_marks.py::test_a_new_connection_asks_for_the_mark_before_its_first_use",
        "tests/restore/test_marks.py::test_older_copy_places_no_hold",
        "tests/restore/test_marks.py::test_declaration_lifts_clone_holds_since_the_loss",
        "tests/signing/test_late_open.py::test_late_open_causes_no_hold",
    ),
    # D2: a clock three days ahead for half a minute postponed all jobs and ended all logins; phones got
    # `invalid_proof`. Now the clock is doubted, and nothing permanent happens
    "D2": (
        "tests/runtime/test_clock.py::test_three_days_ahead_for_half_a_minute_lose_nothing",
        "tests/runtime/test_clock.py::test_job_postponed_by_a_wrong_clock_is_rescheduled",
        "tests/runtime/test_clock.py::test_refusal_for_time_names_the_possible_clocks",
        "tests/runtime/test_clock.py::test_node_with_a_wrong_clock_is_not_ready",
        "tests/commands/test_clock_of_commands.py::test_commands_that_create_timestamps_are_refused",
    ),
    # D3: a migration that was killed, or met a busy database, was left half done or locked. Now it is applied whole or
    # not at all, leaves no lock, and blocks nobody
    "D3": (
        "tests/fault/test_migration_kill.py::test_a_killed_migration_of_sqlite_leaves_a_schema_and_no_lock",
        "tests/fault/test_migration_kill.py::test_a_killed_migration_of_postgresql_leaves_a_schema_and_no_lock",
        "tests/fault/test_migration_kill.py::test_writing_service_does_not_break_a_migration",
        "tests/database/test_migrate.py::test_busy_database_is_refused_unchanged",
        "tests/database/test_migrate_beside.py::test_calls_do_not_queue_behind_a_waiting_migration",
        "tests/database/test_migrate_beside.py::test_migration_interrupted_without_the_standby_stays_invisible",
        "tests/fault/test_rolling_upgrade.py::test_last_release_and_this_one_serve_side_by_side",
    ),
    # D4: a crash of PostgreSQL during a signature cost a PIN attempt. Now the repeat completes without counting
    "D4": (
        "tests/signing/test_database_crash.py::test_r10_database_crash_during_an_attempt_counts_it_at_most_once",
    ),
    # D6: database calls had no timeout. Now each has one; what takes longer is ended, never cancelled
    "D6": (
        "tests/runtime/test_readiness.py::test_frozen_database_is_reported_in_time",
        "tests/database/test_reaching.py::test_a_frozen_server_is_given_up",
        "tests/database/test_ended_not_cancelled.py::test_timeout_leaves_no_visible_commit",
        "tests/database/test_ended_not_cancelled.py::test_cancelled_task_leaves_no_visible_commit",
    ),
    # D8: a database address with several hosts ended `mshield migrate` with a traceback. Now both libpq forms work in
    # every command
    "D8": (
        "tests/database/test_migrate.py::test_one_of_several_hosts_is_enough",
        "tests/database/test_reaching.py::test_one_of_several_hosts_is_enough",
        "tests/commands/test_addresses.py::test_commands_take_several_hosts",
    ),
    # D9: each call refused while the database was away wrote a traceback. Now it writes one line, as does a process
    # that ends
    "D9": (
        "tests/runtime/test_readiness.py::test_frozen_database_is_reported_in_time",
        "tests/runtime/test_last_words.py::test_a_database_that_is_away_makes_no_tracebacks",
        "tests/runtime/test_last_words.py::test_older_copy_is_logged_once",
    ),
    # D10: `/healthz` was one SELECT: it hung, or said 200 while every write failed. Now it checks all that a call
    # needs, within a second, and names the fault
    "D10": (
        "tests/runtime/test_readiness.py::test_read_only_database_is_reported",
        "tests/runtime/test_readiness.py::test_a_read_only_database_is_refused_politely_and_left",
        "tests/database/test_full_disk.py::test_disk_found_full_by_calls_stops_writes",
    ),
    # D11: any number of calls waited for a connection without limit. Now their number and their wait are limited
    "D11": (
        "tests/http/test_admission.py::test_call_over_the_limit_is_refused_at_once_with_retry_after",
        "tests/database/test_lost_connections.py::test_waiting_for_a_connection_times_out",
    ),
    # D12: workers outlived their parent and held its port. Now they end with it, however it ends
    "D12": (
        "tests/runtime/test_ending.py::test_workers_end_with_their_parent",
        "tests/runtime/test_ending.py::test_process_that_hangs_while_stopping_still_ends",
    ),
    # D13: a second process served one SQLite database. Now it is refused
    "D13": ("tests/commands/test_addresses.py::test_a_second_process_on_one_sqlite_is_refused",),
    # D14: behind a pooler notifications were lost silently; doctor did not recognise a standby; a hung job kept its
    # lease; two calls got a bare 500 as connections were lost. Now doctor recognises poolers and standbys and what
    # a pooler lacks; notifications are not relied on there; a hung job is stopped and reported; a lost connection
    # gives `unavailable`
    "D14": (
        "tests/runtime/test_pooler_and_standby.py::test_the_service_behind_pgbouncer_and_before_a_standby",
        "tests/database/test_reaching.py::test_pooler_is_detected_and_not_used_for_notifications",
        "tests/commands/test_addresses.py::test_doctor_reports_a_read_only_database",
        "tests/runtime/test_jobs.py::test_hanging_job_is_cancelled_logged_and_retried",
        "tests/database/test_lost_connections.py::test_lost_connection_is_reported_as_unavailable",
    ),
}


@pytest.mark.parametrize("fault", _FAULTS)
def test_tests_of_each_fault_exist(fault: str) -> None:
    for test in _FAULTS[fault]:
        file, _, name = test.partition("::")
        assert re.search(rf"^(async )?def {name}\(", (_ROOT / file).read_text("utf-8"), re.MULTILINE), test
