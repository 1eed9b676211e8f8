"""The faults of docs/operations.md: each names tests that there are."""

import re
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_FAULTS: Final = ("D1", "D2", "D3", "D4", "D6", "D8", "D9", "D10", "D11", "D12", "D13", "D14")


def _rows() -> dict[str, list[str]]:
    lines = (_ROOT / "docs/operations.md").read_text("utf-8").splitlines()
    cells = [line.strip("|").split("|") for line in lines if re.match(r"\| D[0-9]+ \|", line)]
    return {row[0].strip(): re.findall(r"`(tests/[^`]+)`", row[3]) for row in cells}


def test_each_fault_is_there() -> None:
    assert tuple(_rows()) == _FAULTS


@pytest.mark.parametrize("fault", _FAULTS)
def test_its_tests_are_there(fault: str) -> None:
    named = _rows()[fault]
    assert named
    for test in named:
        file, _, name = test.partition("::")
        assert re.search(rf"^(async )?def {name}\(", (_ROOT / file).read_text("utf-8"), re.MULTILINE), test
