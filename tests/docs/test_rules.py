"""docs/rules.md has a block for each rule, and the code and tests it names exist."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_RULES: Final = 23
_DEFINED: Final = r"(?:def|class|const|function) {name}\b|^{name}\b.* ="


_MOST_FILES: Final = 5
_MOST_TESTS: Final = 3


@dataclass(frozen=True, slots=True)
class Block:
    """One rule of the page."""

    number: str
    homes: tuple[str, ...]
    code: tuple[str, ...]
    command: str
    tests: tuple[str, ...]


def _blocks() -> list[Block]:
    blocks = []
    for text in re.split(r"^## ", (_ROOT / "docs/rules.md").read_text("utf-8"), flags=re.MULTILINE)[1:]:
        lines = dict(re.findall(r"^- \*\*(\w+):\*\* (.+)$", text, re.MULTILINE))
        homes, code, tests = (
            tuple(re.findall(r"`([^`]+)`", lines[name])) for name in ("Rule", "Enforced", "Tests")
        )
        blocks.append(Block(text.split()[0], homes, code, tests[0], tests[1:]))
    return blocks


def test_each_rule_of_the_manual_is_listed() -> None:
    assert [block.number for block in _blocks()] == [f"R{number}" for number in range(1, _RULES + 1)]


@pytest.mark.parametrize("block", _blocks(), ids=lambda block: block.number)
def test_names_in_each_block_exist(block: Block) -> None:
    assert block.homes
    assert 1 <= len(block.code) <= _MOST_FILES
    assert 1 <= len(block.tests) <= _MOST_TESTS
    for home in block.homes:
        file, _, name = home.partition("::")
        assert re.search(_DEFINED.format(name=name), (_ROOT / file).read_text("utf-8"), re.MULTILINE), home
    for place in block.code:
        assert (_ROOT / place).is_file(), place
    for test in block.tests:
        file, _, name = test.partition("::")
        assert re.search(rf"def {name}\(", (_ROOT / file).read_text("utf-8")), test


@pytest.mark.parametrize("block", _blocks(), ids=lambda block: block.number)
def test_command_finds_tests_of_the_rule(block: Block) -> None:
    pattern = re.fullmatch(r"grep -rE '(test_r0\?\d+_)' tests", block.command)
    assert pattern is not None, block.command
    tests = (file.read_text("utf-8") for file in (_ROOT / "tests").rglob("test_*.py"))
    assert any(re.search(rf"def {pattern[1]}", text) for text in tests), block.number
