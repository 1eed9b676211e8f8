"""docs/integrate.md against the demonstration: each block runs as it stands on the page, in its order."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from mshield.demo.people import OPERATOR
from tests.service import free_ports

pytestmark = pytest.mark.slow

_ROOT: Final = Path(__file__).parents[2]
_BLOCKS: Final = re.compile(r"^```(bash|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_PAGE: Final = "8010"
"""The port that the guide names; a test may not count on it."""


@pytest.mark.timeout(300)  # it runs the whole demonstration
def test_a_first_login_in_five_steps(tmp_path: Path) -> None:
    (tmp_path / "examples").symlink_to(_ROOT / "examples")
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    blocks = _BLOCKS.findall((_ROOT / "docs/integrate.md").read_text("utf-8"))
    page = str(_free_port())
    with _demonstration(tmp_path):
        *steps, serve, scan = [
            f"python3 - <<'STEP'\n{text}STEP\n" if kind == "python" else text for kind, text in blocks
        ]
        printed = _run(tmp_path, steps)
        assert '"state":"signed"' in printed
        assert printed.rstrip().endswith(OPERATOR.credit_code)
        last = [steps[0], serve.replace(_PAGE, page), _visit(page), scan.replace(_PAGE, page), _look(page)]
        printed = _run(tmp_path, [*last, "kill $!\n"])
        assert OPERATOR.name in printed
        assert OPERATOR.credit_code in printed


def _visit(port: str) -> str:
    """What the person does at this point: opens the page."""
    return f"""for _ in $(seq 50); do
  curl -s -c jar -o page.html http://localhost:{port}/ && break; sleep 0.1
done
grep -q '<mshield-login request=' page.html
"""


def _look(port: str) -> str:
    """What the page does once it hears of the signature; a stranger's browser gets nothing."""
    return f"""test "$(curl -s -o /dev/null -w '%{{http_code}}' http://localhost:{port}/done)" = 403
curl -sS -b jar http://localhost:{port}/done
"""


def _run(folder: Path, blocks: list[str]) -> str:
    """The blocks as one session of a shell, which ends at the first that fails."""
    script = "set -eu -o pipefail\n" + "\n".join(blocks)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "NO_PROXY": "localhost", "no_proxy": "localhost"}
    done = subprocess.run(
        ["bash", "-c", script], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@contextmanager
def _demonstration(folder: Path) -> Iterator[None]:
    """`make demo`, which serves until it is told to end."""
    command = [sys.executable, "-m", "mshield.demo", "--port", str(free_ports(3))]
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


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
