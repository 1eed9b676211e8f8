"""The files under deploy/ for one host: systemd accepts them, they restrict the service, and it runs with them."""

import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Final

import pytest

from mshield.server.settings.settings import SETTING_FIELDS, Settings

_FOLDER: Final = Path(__file__).parents[2] / "deploy/systemd"
_MOST_EXPOSURE: Final = 20
"""Maximum exposure in tenths, by `systemd-analyze security`: 0 is none, 100 the whole host."""
_REFUSE_MADE_CODE: Final = 65, 1  # PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN: like MemoryDenyWriteExecute=


@pytest.mark.parametrize("unit", ["systemd/mshield.service", "ha/patroni-guard.service"])
def test_services_have_low_exposure(unit: str) -> None:
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", f"--threshold={_MOST_EXPOSURE}",
         _FOLDER.parent / unit],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"Overall exposure level for {Path(unit).name}" in done.stdout


@pytest.mark.parametrize("unit", ["systemd/mshield.service", "ha/patroni-guard.service"])
def test_services_cannot_write_outside_their_folders(unit: str) -> None:
    """`ProtectSystem=strict` leaves /run unchanged, with world-writable folders; the drill checks it all."""
    lines = (_FOLDER.parent / unit).read_text().splitlines()
    assert {"ProtectSystem=strict", "ReadOnlyPaths=/run"} <= set(lines)


def test_guard_kills_only_patroni() -> None:
    """Without `--kill-whom=main`, systemd's `kill` ends all processes of a unit, PostgreSQL among them."""
    unit = (_FOLDER.parent / "ha/patroni-guard.service").read_text()
    (start,) = (line for line in unit.splitlines() if line.startswith("ExecStart="))
    assert start.endswith(" systemctl kill --kill-whom=main --signal=KILL patroni.service")


def _polls_before_kill(folder: Path, *codes: int) -> int:
    """Returns how often the guard polls before it ends Patroni; `codes` are curl's, the last one repeated."""
    programs = {
        "sleep": "",
        "curl": f'echo >>"{folder}/asked"\n'
        + "".join(
            f'[ "$(wc -l <"{folder}/asked")" -gt {asked} ] || exit {code}\n'
            for asked, code in enumerate(codes[:-1], start=1)
        )
        + f"exit {codes[-1]}",
        "end": "kill $PPID",
    }
    for name, text in programs.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(0o755)
    guard = ["sh", str(_FOLDER.parent / "ha/patroni-guard"), "https://node", "ca.pem", "end"]
    path = f"{folder}:/usr/bin:/bin"
    subprocess.run(guard, env={"PATH": path}, capture_output=True, check=False, timeout=30)
    asked = (folder / "asked").read_text().count("\n")
    (folder / "asked").unlink()
    return asked


def test_guard_waits_for_a_starting_patroni(tmp_path: Path) -> None:
    """systemd restarts the guard with each Patroni, so it starts with that patience."""
    nothing, yes, no = 7, 0, 22
    assert _polls_before_kill(tmp_path, nothing) == 18
    assert _polls_before_kill(tmp_path, yes, nothing) == 1 + 3
    assert _polls_before_kill(tmp_path, yes, nothing, yes, no) == 3 + 1


@pytest.mark.parametrize("added", [None, "serve.conf", "jobs.conf"])
def test_systemd_accepts_each_line(tmp_path: Path, added: str | None) -> None:
    text = (_FOLDER / "mshield.service").read_text()
    if added is not None:
        (tmp_path / "mshield.service.d").mkdir()
        more = (_FOLDER.parent / "ha" / added).read_text().replace("/opt/mshield/bin/mshield", "/bin/true")
        (tmp_path / "mshield.service.d/site.conf").write_text(more)
    program = tmp_path / "mshield"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (tmp_path / "mshield.service").write_text(text.replace("/opt/mshield/bin/mshield", str(program)))
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", tmp_path / "mshield.service"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    root = tmp_path / "root"
    commands: list[list[str | Path]] = [
        ["systemd-sysusers", f"--root={root}", _FOLDER / "mshield.sysusers"],
        ["systemd-tmpfiles", f"--root={root}", "--create", "--dry-run", _FOLDER / "mshield.tmpfiles"],
    ]
    for command in commands:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (command, done.stderr)


def test_the_security_log_is_rotated(tmp_path: Path) -> None:
    log, rules = tmp_path / "security.log", tmp_path / "rules"
    log.write_text("a line\n")
    text = (_FOLDER / "mshield.logrotate").read_text()
    assert "/var/log/mshield/security.log {" in text
    mine = text.replace("/var/log/mshield", str(tmp_path)).replace("su mshield mshield", "su root root")
    rules.write_text(mine)
    rules.chmod(0o600)
    done = subprocess.run(
        ["/usr/sbin/logrotate", "--force", "--state", tmp_path / "state", rules],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")
    (rotated,) = tmp_path.glob("security.log-*")
    assert rotated.read_text() == "a line\n"
    assert not log.exists()  # the service creates the next one


def test_engines_need_no_executable_memory() -> None:
    """Otherwise the service ends at its start, as with memory for Botan that is writable and executable."""
    program = (
        "import ctypes, sys\n"
        f"assert ctypes.CDLL(None).prctl{(*_REFUSE_MADE_CODE, 0, 0, 0)} == 0\n"
        "from mshield.gm.engine import load_engine\n"
        "for name in ('botan', 'openssl'):\n"
        "    engine = load_engine(name)\n"
        "    two = engine.mul(2, engine.mul_g(1))\n"
        "    assert two == engine.mul_g(2)\n"
        "    print(name)\n"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert done.stdout.split() == ["botan", "openssl"], done.stderr


def test_deployed_settings_file_is_valid() -> None:
    settings = tomllib.loads((_FOLDER / "mshield.toml").read_text())
    assert settings.keys() <= SETTING_FIELDS.keys()
    Settings.of(**settings)
