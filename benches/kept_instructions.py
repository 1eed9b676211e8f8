"""Stored instructions per call, and the rule by which they may grow.

They are in benches/instructions.json and in docs/performance.md.
"""

import os
import platform
import sqlite3
import ssl
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Final

import msgspec

from benches import kept
from mshield.gm.engine import available_engines

FILE: Final = Path(__file__).with_name("instructions.json")
PAGE: Final = Path(__file__).parents[1] / "docs/performance.md"
BEGIN: Final = "<!-- instructions per call: written by benches.instructions -->\n"
END: Final = "<!-- end of the instructions -->\n"
WITHIN: Final = 1.02
"""Ratio up to which a call may grow without renewing the file."""
_PACKAGES: Final = ("cffi", "cryptography", "msgspec", "starlette", "uvicorn", "uvloop")
_FEATURES: Final = ("avx", "avx2", "f16c", "rdrand", "rdseed")
"""Processor features that valgrind passes on if the machine has them; libraries choose their code by them."""
_CALLS: Final = {
    "create": "a business system requests a signature of a text of 1.2 kB",
    "scan": "the phone scans the QR code",
    "open": "the phone opens the co-signing session",
    "finish": "the phone sends its half; the service signs",
    "result": "the business system fetches the signature",
    "login": "a whole login by scan: the same five calls, without content",
    "issuing": "the `finish` of an application, which issues the certificate",
}
"""Calls in the order of the page, and what each does."""


class Kept(msgspec.Struct, frozen=True):
    """Thousands of instructions by call, with the commit they were measured at (plus its uncommitted changes)."""

    commit: str
    day: str
    reason: str
    environment: dict[str, str]
    calls: dict[str, float]


def now(calls: dict[str, float], *, reason: str) -> Kept:
    """Describes counts that were measured just now."""
    return Kept(kept.commit(), kept.today(), reason, environment(), calls)


def environment() -> dict[str, str]:
    """Versions and processor features that change counts without a change of this project."""
    valgrind = subprocess.run(("valgrind", "--version"), capture_output=True, text=True, check=True).stdout
    return {
        "python": f"{platform.python_version()} ({platform.python_compiler()})",
        "libc": " ".join(platform.libc_ver()),
        "valgrind": valgrind.strip().removeprefix("valgrind-"),
        "botan": available_engines().get("botan", ""),
        "openssl": ssl.OPENSSL_VERSION.split()[1],
        "sqlite": sqlite3.sqlite_version,
        **{name: version(name) for name in _PACKAGES},
        "processor": " ".join((platform.machine(), *_features())),
    }


def _features() -> list[str]:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("flags"):
            return [feature for feature in _FEATURES if feature in line.split()]
    return []


def four_steps(calls: dict[str, float]) -> float:
    """Returns the sum of create, open, finish and result."""
    return round(sum(calls[step] for step in ("create", "open", "finish", "result")), 1)


def write(measured: Kept) -> None:
    """Writes the file and the table of the page."""
    FILE.write_bytes(msgspec.json.format(msgspec.json.encode(measured), indent=1) + b"\n")
    kept.put(PAGE, BEGIN, text(measured), END)


def read() -> Kept:
    """Returns the stored counts."""
    return _parsed(FILE.read_bytes())


def previous() -> Kept | None:
    """Returns the version before the stored one, from git; None without such history.

    That is the committed version if the file has uncommitted changes, else the one before its last commit.
    """
    committed = _committed("HEAD")
    if committed is None or committed != FILE.read_bytes():
        return None if committed is None else _parsed(committed)
    commits = _git("log", "-2", "--format=%H", "--", f"./{FILE.name}").decode().split()
    before = _committed(commits[1]) if len(commits) == 2 else None
    return None if before is None else _parsed(before)


def _committed(commit: str) -> bytes | None:
    """The file's content at a commit; None if it isn't there."""
    return _git("show", f"{commit}:./{FILE.name}") or None


def _git(*arguments: str) -> bytes:
    """Output of a git command in the file's folder; empty if it fails."""
    return subprocess.run(
        ("git", *arguments),
        cwd=FILE.parent,
        capture_output=True,
        check=False,
        env={**os.environ, "LC_ALL": "C"},
    ).stdout


def _parsed(content: bytes) -> Kept:
    return msgspec.json.decode(content, type=Kept)


def grown(before: dict[str, float], after: dict[str, float]) -> list[str]:
    """Returns a line for each call that grew beyond `WITHIN`."""
    return [
        f"{name}: {before[name]:.1f} to {after[name]:.1f} thousand instructions (+{after[name] / before[name] - 1:.1%})"
        for name in before
        if after[name] > before[name] * WITHIN
    ]


def explain(lines: list[str], stored: Kept, here: dict[str, str]) -> str:
    """Returns what to do about calls that grew; empty if none did."""
    if not lines:
        return ""
    renew = 'python -m benches.instructions --keep --reason "WHY"'
    changed = [
        f"{name}: {stored.environment.get(name)} then, {value} now"
        for name, value in here.items()
        if stored.environment.get(name) != value
    ]
    if not changed:
        advice = [
            f"The environment is the one of {FILE.name}, so changes since commit {stored.commit} are the cause.",
            f"Make the calls cheaper, or, if the cost is intended, renew in the same commit: {renew}",
        ]
    else:
        advice = [
            f"The environment isn't the one of {FILE.name}, so the cause may be there:",
            *changed,
            "Run `python -m benches.instructions` on the previous commit in this environment.",
            f"If the counts are the same there, renew in a commit of its own: {renew}",
            "Otherwise make the calls cheaper, or renew in the commit that costs more.",
        ]
    return "\n".join([f"Calls grew by more than {WITHIN - 1:.0%}:", *lines, *advice])


def text(stored: Kept) -> str:
    """Returns the page's table, in Markdown."""
    lines = ["| call | | thousand instructions |", "|---|---|---|"]
    lines += [f"| {name} | {what} | {_thousands(stored.calls[name])} |" for name, what in _CALLS.items()]
    signature = _thousands(four_steps(stored.calls))
    lines.append(f"| **four steps** | create, open, finish and result: a signature | **{signature}** |")
    versions = ", ".join(f"{name} {value}" for name, value in stored.environment.items())
    where = f"Measured on {stored.day} at commit `{stored.commit}`: {versions}."
    return "\n".join(lines) + f"\n\n{where} Reason of the last renewal: {stored.reason}.\n"


def _thousands(number: float) -> str:
    return f"{number:,.0f}".replace(",", " ")
