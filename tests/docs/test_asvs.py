"""docs/security/asvs.md is accurate: each requirement occurs once, everything it names exists, its counts are right."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_SECURITY: Final = _ROOT / "docs/security"
_CHAPTERS: Final = sorted((_SECURITY / "asvs").glob("*.md"))
_STATES: Final = ("met", "not", "not applicable")
_LEVELS: Final = {
    "1.1": "22", "1.2": "1111122223", "1.3": "112222222223", "1.4": "222", "1.5": "123",
    "2.1": "122", "2.2": "112", "2.3": "12223", "2.4": "23",
    "3.1": "3", "3.2": "113", "3.3": "12223", "3.4": "11222233", "3.5": "11122333", "3.6": "3", "3.7": "22333",
    "4.1": "12233", "4.2": "23333", "4.3": "22", "4.4": "1222",
    "5.1": "2", "5.2": "112333", "5.3": "113", "5.4": "222",
    "6.1": "122", "6.2": "111111112222", "6.3": "11223333", "6.4": "112233", "6.5": "22222333", "6.6": "2223",
    "6.7": "33", "6.8": "2222",
    "7.1": "222", "7.2": "1111", "7.3": "22", "7.4": "11222", "7.5": "223", "7.6": "22",
    "8.1": "1233", "8.2": "1123", "8.3": "133", "8.4": "23",
    "9.1": "111", "9.2": "1222",
    "10.1": "22", "10.2": "223", "10.3": "22223", "10.4": "1111122222233333", "10.5": "22222", "10.6": "22",
    "10.7": "222",
    "11.1": "2233", "11.2": "22233", "11.3": "11233", "11.4": "1222", "11.5": "23", "11.6": "23", "11.7": "33",
    "12.1": "12233", "12.2": "11", "12.3": "22223",
    "13.1": "2333", "13.2": "222223", "13.3": "2233", "13.4": "1222233",
    "14.1": "22", "14.2": "12223333", "14.3": "122",
    "15.1": "12233", "15.2": "12233", "15.3": "1222222", "15.4": "3333",
    "16.1": "2", "16.2": "22222", "16.3": "2222", "16.4": "222", "16.5": "2223",
    "17.1": "23", "17.2": "22223333", "17.3": "22",
}  # fmt: skip
"""OWASP ASVS 5.0.0: the level of each requirement, in the order of a section's numbers."""

_REQUIREMENTS: Final = {
    f"{section}.{number}": level
    for section, levels in _LEVELS.items()
    for number, level in enumerate(levels, 1)
    if level != "3"
}
_DEFINED: Final = r"(?:def|class|const|function|async def) {name}\b|^{name}\b.*="


@dataclass(frozen=True, slots=True)
class Row:
    """One requirement with the page's answer."""

    number: str
    level: str
    asked: str
    state: str
    answer: str

    @property
    def named(self) -> list[str]:
        """Files of the project in code marks, with `::NAME` for something in one."""
        return re.findall(r"`((?:src|tests|frontend|docs|scripts|examples)/[\w./-]+(?:::\w+)?)`", self.answer)


@cache
def _rows(file: Path) -> tuple[Row, ...]:
    lines = file.read_text("utf-8").splitlines()
    cells = (
        [cell.strip() for cell in line.strip("|").split("|")] for line in lines if re.match(r"\| \d", line)
    )
    return tuple(_row(*row) for row in cells)


def _row(number: str, *rest: str) -> Row:
    """Reads the level from the number's cell: `(L1)` marks level 1, and level 2 is unmarked."""
    plain = number.removesuffix(" (L1)")
    return Row(plain, "2" if plain == number else "1", *rest)


def _all() -> list[Row]:
    return list(chain.from_iterable(map(_rows, _CHAPTERS)))


def test_the_list_is_that_of_the_standard() -> None:
    """The standard has 345 requirements: 70 of level 1, 183 of level 2, 92 of level 3."""
    assert Counter("".join(_LEVELS.values())) == {"1": 70, "2": 183, "3": 92}


def test_each_requirement_occurs_once_in_order() -> None:
    assert [(row.number, row.level) for row in _all()] == list(_REQUIREMENTS.items())


def test_a_chapter_has_a_page() -> None:
    assert len(_CHAPTERS) == len({number.partition(".")[0] for number in _LEVELS})
    for chapter, file in enumerate(_CHAPTERS, 1):
        assert file.name.startswith(f"v{chapter:02d}-")
        assert {row.number.partition(".")[0] for row in _rows(file)} == {str(chapter)}


@pytest.mark.parametrize("file", _CHAPTERS, ids=lambda file: file.stem)
def test_each_answer_has_its_required_parts(file: Path) -> None:
    for row in _rows(file):
        assert row.state in _STATES, row.number
        assert row.asked, row.number
        if row.state == "met":
            assert row.named, f"{row.number}: met where?"
        if row.state == "not":
            assert "because" in row.answer, f"{row.number}: why not?"


@pytest.mark.parametrize("file", _CHAPTERS, ids=lambda file: file.stem)
def test_named_files_and_tests_exist(file: Path) -> None:
    for row in _rows(file):
        for place in row.named:
            path, _, name = place.partition("::")
            assert (_ROOT / path).exists(), f"{row.number}: {place}"
            if name:
                text = (_ROOT / path).read_text("utf-8")
                assert re.search(_DEFINED.format(name=name), text, re.MULTILINE), f"{row.number}: {place}"


def test_index_has_the_right_counts() -> None:
    text = (_SECURITY / "asvs.md").read_text("utf-8")
    counted = [
        [int(cell) for cell in re.findall(r"\| (\d+)(?= )", line)]
        for line in text.splitlines()
        if line.startswith(("| [V", "| all"))
    ]
    expected = [_counts(_rows(file)) for file in _CHAPTERS]
    assert counted == [*expected, [sum(column) for column in zip(*expected, strict=True)]]


def _counts(rows: tuple[Row, ...]) -> list[int]:
    states = Counter(row.state for row in rows)
    return [states[state] for state in _STATES]
