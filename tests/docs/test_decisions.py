"""Architecture decision records have the fixed form from which the index is built."""

import re
from pathlib import Path

import pytest

from tests.support.decision_index import (
    FOLDER,
    MOST_LINES,
    SECTIONS,
    SUBJECTS,
    BadHeader,
    decisions_page,
    read_record,
    records,
)

_FILES = sorted(FOLDER.glob("[0-9]*.md"))
_RECORD = "# 0007 Title\n\nAccepted, 2026-11 (front end)\n\n## Context\n"


@pytest.mark.parametrize("file", _FILES, ids=lambda file: file.stem)
def test_record_has_its_sections_and_length(file: Path) -> None:
    if read_record(file).superseded_by is not None:
        return
    lines = file.read_text("utf-8").splitlines()
    assert len(lines) <= MOST_LINES, f"{len(lines)} lines: move tables to docs/performance.md"
    sections = [line.removeprefix("## ").partition(":")[0] for line in lines if line.startswith("## ")]
    assert set(SECTIONS) <= set(sections) <= {*SECTIONS, "Alternatives"}
    assert sections == sorted(sections, key=("Context", "Decision", "Alternatives", "Consequences").index)


def test_superseded_record_names_one_with_content() -> None:
    current = {record.number: record for record in records() if record.superseded_by is None}
    for record in records():
        if record.superseded_by is not None:
            assert current[record.superseded_by].file == record.target, record.file


def test_replacing_record_names_what_it_includes() -> None:
    merged: dict[int, list[int]] = {}
    for record in records():
        if record.superseded_by is not None and record.is_merged:
            merged.setdefault(record.superseded_by, []).append(record.number)
    for record in records():
        if record.superseded_by is None:
            expected = [f"ADR {number}" for number in merged.get(record.number, [])]
            named = record.status.partition("includes ")[2].replace(" and ", ", ")
            assert [name for name in named.split(", ") if name] == expected, record.file


def test_each_record_is_in_the_index_once() -> None:
    page = decisions_page()
    for record in records():
        assert len(re.findall(rf"^- {record.number}(?::| \()", page, re.MULTILINE)) == 1, record.file
    assert all(f"\n## {subject[0].upper()}{subject[1:]}\n" in page for subject in SUBJECTS)


@pytest.mark.parametrize(
    "text",
    [
        _RECORD.replace("Accepted, 2026-11 ", ""),
        _RECORD.replace("front end", "cooking"),
        _RECORD.replace("0007", "0008"),
        "# 0007 Title\n\nSuperseded by ADR 8.\n",
    ],
    ids=["no status", "unknown subject", "another number", "no link"],
)
def test_record_with_another_header_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "0007-title.md"
    file.write_text(_RECORD, "utf-8")
    assert read_record(file).subject == "front end"
    file.write_text(text, "utf-8")
    with pytest.raises(BadHeader):
        read_record(file)
