"""docs/integrate.md with the demonstration: each code block runs as it is on the page, in order."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import httpx
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Page, expect, sync_playwright

from mshield.testkit.demo.people import OPERATOR
from tests.browser.conftest import OPEN
from tests.support.chromium import launch
from tests.support.ports import free_ports

pytestmark = pytest.mark.slow

_ROOT: Final = Path(__file__).parents[2]
_BLOCKS: Final = re.compile(r"^```(bash|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PAGE: Final = "8010"
"""The port used in the guide, which may be taken during a test."""


@pytest.mark.timeout(300)  # it runs the whole demonstration
@pytest.mark.long
def test_first_login_takes_five_steps(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(_ROOT / "examples")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    blocks = _BLOCKS.findall((_ROOT / "docs/integrate.md").read_text("utf-8"))
    page = str(free_ports(1))
    with _demonstration(tmp_path):
        *steps, serve, scan = [
            f"python3 - <<'STEP'\n{text}STEP\n" if kind == "python" else text for kind, text in blocks
        ]
        printed = _run(tmp_path, steps)
        assert '"state":"signed"' in printed
        assert printed.rstrip().endswith(OPERATOR.credit_code)
        with _started(tmp_path, [steps[0], serve.replace(_PAGE, page), "wait\n"]), _browser() as person:
            _open(person, f"http://localhost:{page}")
            _run(tmp_path, [steps[0], scan.replace(_PAGE, page)])
            expect(person.get_by_role("heading", name=OPERATOR.name)).to_be_visible()
            expect(person.get_by_text(OPERATOR.credit_code)).to_be_visible()
            stranger = httpx.get(f"http://localhost:{page}/done", trust_env=False)
            assert stranger.status_code == 403


def _open(page: Page, address: str) -> None:
    """Opens the page like a person, once the example serves it, and checks code and number."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(PlaywrightError):
            page.goto(address)
            break
        time.sleep(0.1)
    expect(page.locator("mshield-login .qr")).to_be_visible()


@contextmanager
def _browser() -> Iterator[Page]:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        page = browser.new_page()
        page.add_init_script(OPEN)
        yield page
        browser.close()


@contextmanager
def _started(folder: Path, blocks: list[str]) -> Iterator[None]:
    """Runs the blocks in a terminal of their own; their programs end with it."""
    with subprocess.Popen(
        ["bash", "-c", _script(blocks)], cwd=folder, env=_environment(), start_new_session=True
    ) as terminal:
        try:
            yield
        finally:
            os.killpg(terminal.pid, signal.SIGTERM)


def _run(folder: Path, blocks: list[str]) -> str:
    """Runs the blocks as one shell session that ends at the first failure; returns its output.

    If the code expires on a slow machine, it runs them again, as a person would.
    """
    done = _shell(folder, blocks)
    for _ in range(3):
        if "qr_stale" in done.stderr:
            done = _shell(folder, blocks)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _shell(folder: Path, blocks: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-c", _script(blocks)],
        cwd=folder,
        env=_environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def _script(blocks: list[str]) -> str:
    return "set -eu -o pipefail\n" + "\n".join(blocks)


def _environment() -> dict[str, str]:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    return {**os.environ, "PATH": path, "NO_PROXY": "localhost", "no_proxy": "localhost"}


@contextmanager
def _demonstration(folder: Path) -> Iterator[None]:
    """Runs `make demo`, which serves until it is stopped."""
    command = [sys.executable, "-m", "mshield.testkit.demo", "--port", str(free_ports(3))]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as demo:
        try:
            assert demo.stdout is not None
            for line in demo.stdout:
                if line.startswith("Serving"):
                    break
            else:
                raise AssertionError("the demonstration failed")
            yield
        finally:
            demo.terminate()
