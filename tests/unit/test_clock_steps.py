"""A step of the machine's clock during a run: fixtures end, and a test that failed with it runs again."""

import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
CONFTEST: Final = """
from pathlib import Path
from tests.support.clock_steps import ClockSteps

AHEAD = Path(__file__).with_name("ahead")
STEPS = ClockSteps(lambda: float(AHEAD.read_text()))


def pytest_runtest_protocol(item, nextitem):
    return STEPS.run(item, nextitem)
"""
SUITE: Final = """
from pathlib import Path
import pytest

AHEAD = Path(__file__).with_name("ahead")


@pytest.fixture(scope="session")
def started():
    return float(AHEAD.read_text())


def doubts(started):
    return abs(float(AHEAD.read_text()) - started) > 30


def test_before(started):
    assert not doubts(started)


def test_during(started):
    if started == 0:
        AHEAD.write_text("STEP")
    assert not doubts(started)


def test_after(started):
    assert not doubts(started)


def test_fails_for_another_reason(started):
    assert False
"""


def _run(folder: Path, step: str) -> str:
    (folder / "ahead").write_text("0")
    (folder / "conftest.py").write_text(CONFTEST)
    (folder / "test_suite.py").write_text(SUITE.replace("STEP", step))
    command = (
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(folder),
        str(folder),
    )
    return subprocess.run(
        command, env={"PYTHONPATH": str(ROOT)}, cwd=folder, capture_output=True, text=True, check=False
    ).stdout


def test_failed_test_runs_again_after_a_step_and_others_get_new_fixtures(tmp_path: Path) -> None:
    """Only the test that fails for another reason fails, once."""
    assert "1 failed, 3 passed" in _run(tmp_path, "400")


def test_step_within_the_tolerance_changes_nothing(tmp_path: Path) -> None:
    """A service doesn't doubt it either."""
    assert "1 failed, 3 passed" in _run(tmp_path, "29")


def test_a_clock_set_back_counts_too(tmp_path: Path) -> None:
    """Either direction."""
    assert "1 failed, 3 passed" in _run(tmp_path, "-400")
