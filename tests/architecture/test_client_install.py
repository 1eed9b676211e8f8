"""A client-only install (`pip install mshield`): SDK, verifier and virtual phone, without the server's packages."""

import subprocess
import sys
from typing import Final

import pytest

# Simulates an environment without the extra `server`: importing one of its packages fails as if it were
# absent.
_WITHOUT_SERVER: Final = """
import sys

ABSENT = {
    "aiosql", "argon2", "asyncpg", "captcha", "jinja2", "openpyxl", "psycopg", "pydantic",
    "stdnum", "segno", "starlette", "uvicorn",
}


class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)


sys.meta_path.insert(0, Absent())
"""


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        (sys.executable, "-c", _WITHOUT_SERVER + code), capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize(
    "module",
    [
        "mshield.client",
        "mshield.client.log",
        "mshield.testkit.phone",
        "mshield.testkit.portal",
        "mshield.pki.verification.path",
        "mshield.gm.cosign",
    ],
)
def test_client_needs_no_server_package(module: str) -> None:
    result = _run(f"import {module}")
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["log", "verify", "--help"],
        ["phone", "--help"],
        ["legal-person", "--help"],
        ["verify", "--help"],
        ["selftest", "--help"],
    ],
)
def test_client_commands_run(arguments: list[str]) -> None:
    result = _run(f"from mshield.cli.main import main\nmain({arguments!r}, prog_name='mshield')")
    assert result.returncode == 0, result.stderr
    assert "Usage" in result.stdout


def test_server_command_names_what_to_install() -> None:
    result = _run("from mshield.cli.main import main\nmain(['serve'], prog_name='mshield')")
    assert result.returncode == 1
    assert "pip install ./client . in a checkout" in result.stderr
