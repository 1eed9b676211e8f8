"""The index of architecture decisions, docs/adr/README.md, built from the header of each record.

A record begins with its title and a line with status and subject, `Accepted, 2026-11 (front end)`. A record that was
merged into another or no longer holds has its title and one line, `Merged into [ADR n](file).` or
`Superseded by [ADR n](file).`
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / "docs/adr"

SUBJECTS: Final = (
    "project",
    "signing and requests",
    "keys and protocol",
    "accounts and identity",
    "portal and staff",
    "business systems, OpenID Connect, notices",
    "documents and formats",
    "certificates, CA, publication",
    "time stamps and log",
    "retention",
    "database and operation",
    "HTTP and its cost",
    "front end",
)
"""Subjects in the order of the index."""

MOST_LINES: Final = 60
"""Maximum length of a record; long tables of measurements belong in docs/performance.md."""

SECTIONS: Final = ("Context", "Decision", "Consequences")
"""Sections that each record has; Alternatives is there if some were considered."""

_RECORD: Final = re.compile(
    r"# (?P<number>\d{4}) (?P<title>.+)\n\n(?P<status>[A-Z].+) \((?P<subject>[^()]+)\)\n\n"
)
_SUPERSEDED: Final = re.compile(
    r"# (?P<number>\d{4}) (?P<title>.+)\n\n"
    r"(?:(?P<merged>Merged into)|Superseded by) \[ADR (?P<by>\d+)\]\((?P<file>[\w-]+\.md)\)\.\n"
)
_HEAD: Final = """\
# Architecture decisions

Written by `make docs` from the records' headers. Each record states one decision that is costly to reverse, in the form
of [ADR 1](0001-decisions-are-written-down.md). A decision without a status is accepted; its record says since when.
"""


class BadHeader(Exception):
    """A record whose header doesn't have the fixed form."""


@dataclass(frozen=True, slots=True)
class Record:
    """A record's header; `superseded_by` is the number of the record that replaces it, or None."""

    file: str
    number: int
    title: str
    status: str = ""
    subject: str = ""
    superseded_by: int | None = None
    is_merged: bool = False
    target: str = ""


def read_record(file: Path) -> Record:
    """Parses a record's header. Raises: BadHeader."""
    text = file.read_text("utf-8")
    if match := _SUPERSEDED.fullmatch(text):
        record = Record(
            file.name,
            int(match["number"]),
            match["title"],
            superseded_by=int(match["by"]),
            is_merged=match["merged"] is not None,
            target=match["file"],
        )
    elif match := _RECORD.match(text):
        record = Record(file.name, int(match["number"]), match["title"], match["status"], match["subject"])
    else:
        raise BadHeader(f"{file.name}: no header of the fixed form")
    if not file.name.startswith(f"{record.number:04}-"):
        raise BadHeader(f"{file.name}: its title has number {record.number}")
    if record.superseded_by is None and record.subject not in SUBJECTS:
        raise BadHeader(f"{file.name}: unknown subject {record.subject!r}")
    return record


def records() -> list[Record]:
    """Returns the headers of all records by number. Raises: BadHeader."""
    return [read_record(file) for file in sorted(FOLDER.glob("[0-9]*.md"))]


def decisions_page() -> str:
    """docs/adr/README.md. Raises: BadHeader."""
    every = records()
    current = [record for record in every if record.superseded_by is None]
    subjects = "".join(
        f"\n## {subject[0].upper()}{subject[1:]}\n\n"
        + "".join(
            f"- {record.number}: [{record.title}]({record.file}){_status(record)}\n"
            for record in current
            if record.subject == subject
        )
        for subject in SUBJECTS
    )
    merged = "".join(
        f"- {record.number} (now [{record.superseded_by}]({record.target})): {record.title}\n"
        for record in every
        if record.superseded_by is not None
    )
    return f"{_HEAD}{subjects}\n## Merged or superseded\n\n{merged}"


def _status(record: Record) -> str:
    """Returns what a reader of the index needs of the status: nothing while the decision is simply in force."""
    return "" if record.status.startswith("Accepted") else f", {record.status}"
