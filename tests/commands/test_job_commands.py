"""`mshield jobs`: running jobs by hand, the list, and an unknown job."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mshield.server.jobs import JOBS
from tests.support.live_service import LiveService

pytestmark = pytest.mark.slow  # each command is a separate process


@pytest.fixture
def service(sqlite_url: str, tmp_path: Path) -> LiveService:
    """A prepared service that isn't started."""
    made = LiveService(tmp_path, sqlite_url)
    made.command("keys", "init")
    made.command("ca", "init")
    return made


def test_once_runs_each_job_and_the_list_shows_it(service: LiveService) -> None:
    names = {job.name for job in JOBS}
    assert {(each["name"], each["last_at"]) for each in service.command("jobs", "list")} == {
        (name, None) for name in names
    }
    done = service.command("jobs", "run", "--once")
    assert {(each["name"], each["state"]) for each in done} == {(name, "done") for name in names}
    listed = service.command("jobs", "list")
    assert all(each["last_at"] and each["last_error"] is None and each["holder"] is None for each in listed)


def test_job_runs_by_name_and_unknown_names_are_refused(service: LiveService) -> None:
    done = service.command("jobs", "run", "--once", "--job", "purge")
    assert [(each["name"], each["state"], each["error"]) for each in done] == [("purge", "done", None)]
    wrong = subprocess.run(
        (sys.executable, "-m", "mshield.cli.main", "jobs", "run", "--job", "nothing", "--json"),
        env=service.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert wrong.returncode == 1
    assert json.loads(wrong.stderr)["error"]["code"] == "unknown_job"


def test_jobs_run_in_a_process_until_stopped(service: LiveService) -> None:
    process = subprocess.Popen(
        (sys.executable, "-m", "mshield.cli.main", "jobs", "run"), env=service.environment()
    )
    try:
        deadline = time.monotonic() + 90
        while not all(each["last_at"] for each in service.command("jobs", "list")):
            assert time.monotonic() < deadline
            time.sleep(0.2)
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
    finally:
        process.kill()
        process.wait()
