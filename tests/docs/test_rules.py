"""docs/rules.md tells the truth: each rule is there, and what it names as code and tests exists."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_RULES: Final = 23
_DEFINED: Final = r"(?:def|class|const|function) {name}\b|^{name}\b.* ="


@dataclass(frozen=True, slots=True)
class Row:
    """One rule of the table."""

    number: str
    state: str
    homes: tuple[str, ...]
    code: tuple[str, ...]
    tests: tuple[str, ...]


def _rows() -> list[Row]:
    rows = []
    for line in (_ROOT / "docs/rules.md").read_text("utf-8").splitlines():
        if line.startswith("| R"):
            number, _, state, homes, code, tests = (cell.strip() for cell in line.strip("|").split("|"))
            named = (tuple(re.findall(r"`([^`]+)`", cell)) for cell in (homes, code, tests))
            rows.append(Row(number, state, *named))
    return rows


def test_each_rule_of_the_manual_is_there() -> None:
    assert [row.number for row in _rows()] == [f"R{number}" for number in range(1, _RULES + 1)]


@pytest.mark.parametrize("row", _rows(), ids=lambda row: row.number)
def test_what_the_table_names_exists(row: Row) -> None:
    kept = row.state.startswith(("holds", "partly"))
    assert kept or "planned" in row.state, "a rule holds, holds partly, or is planned"
    assert bool(row.homes) == bool(row.code) == bool(row.tests) == kept
    for home in row.homes:
        file, _, name = home.partition("::")
        assert re.search(_DEFINED.format(name=name), (_ROOT / file).read_text("utf-8"), re.MULTILINE), home
    for place in row.code:
        assert (_ROOT / place).is_file(), place
    for test in row.tests:
        file, _, name = test.partition("::")
        assert re.search(rf"def {name}\(", (_ROOT / file).read_text("utf-8")), test
