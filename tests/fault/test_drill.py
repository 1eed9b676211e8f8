"""Five faults of a whole site of eleven nodes, of those that `make drill` makes: needs root and kernel namespaces.

No acknowledged data are lost, no shield is held, no attempt is miscounted. Durations aren't checked, since
tests run beside it.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from drill.one_host.units import documented

_ROOT: Final = Path(__file__).parents[2]
_PLACES: Final = ("client/src", "src", "testkit/src", ".")
_FAULTS: Final = (
    "postmaster crashed",
    "primary killed",
    "synchronous standby killed",
    "service frozen",
    "clock jumps 3 days",
)
_SECONDS: Final = 420.0
_ENDING: Final = 60.0


def _drill(folder: Path, *arguments: str) -> tuple[int, str]:
    """Runs the drill; returns exit code and output. It cleans up, even on a timeout."""
    process = subprocess.Popen(
        (sys.executable, "-m", "drill.run", "--folder", str(folder / "site"), *arguments),
        cwd=_ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(str(_ROOT / place) for place in _PLACES)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        said, _ = process.communicate(timeout=_SECONDS)
    except BaseException:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=_ENDING)
        raise
    return process.returncode, said


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's user may enter, unlike pytest's."""
    folder = Path(tempfile.mkdtemp(prefix="mshield-drill-"))
    folder.chmod(0o711)
    yield folder
    shutil.rmtree(folder)


@pytest.mark.slow
@pytest.mark.long
@pytest.mark.timeout(_SECONDS + 2 * _ENDING)
def test_drill_of_five_faults_passes(open_folder: Path) -> None:
    out = open_folder / "drill.json"
    code, said = _drill(open_folder, "--phones", "12", "--out", str(out), *_FAULTS)
    assert code == 0, said
    result: dict[str, Any] = json.loads(out.read_text())
    assert [report["fault"] for report in result["faults"]] == list(_FAULTS)
    for report in result["faults"]:
        standing, seen = report["standing"], report["seen"]
        assert (standing["lost"], standing["lost_writes"], standing["held"]) == (0, 0, 0), report
        assert standing["wrong_pin_counts"] == 0, report
        assert seen["writes_of_two"] == 0, report
        assert seen["signed"] > 0, report
    assert result["faults"][0]["seen"]["new_primary"]
    assert result["faults"][1]["seen"]["new_primary"]


def test_unknown_fault_is_refused(tmp_path: Path) -> None:
    code, said = _drill(tmp_path, "the moon is gone")
    assert code == 2
    assert "no such fault: the moon is gone" in said


@pytest.mark.parametrize("part", ["image", "units"])
def test_part_that_cannot_run_says_so(tmp_path: Path, part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))  # a path without podman
    out = tmp_path / "drill.json"
    code, said = _drill(tmp_path, "--out", str(out), part)
    assert code == 1  # it was requested by name
    assert f"NOT RUN: {part}, " in said
    assert "podman isn't installed" in said or os.geteuid() != 0
    (report,) = json.loads(out.read_text())["parts"]
    assert (report["run"], report["right"]) == (False, None)


def test_drill_runs_the_documented_steps() -> None:
    steps = documented()
    assert steps[0] == "cd deploy/systemd"
    assert steps[-1] == "systemctl enable --now mshield"
    assert any(step.startswith("run keys init && run migrate") for step in steps)
