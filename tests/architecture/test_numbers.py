"""Each number of the manual's rules is defined once: all code uses that constant, and SQL a parameter.

A copy is found by its neighbours: an expression or statement that has the number and one of the names.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Final

import pytest

from tests.support.sources import name, python, sql

_FRONTEND: Final = Path(__file__).parents[2] / "frontend"
_TOGETHER: Final = ast.Assign | ast.AnnAssign | ast.Compare | ast.BinOp | ast.keyword | ast.Return
_REPEATED: Final = re.compile(r"(?:\[0-9\]|\\d)\{(\d+)\}")
_COMPARED: Final = re.compile(r"(\w+)\s*[<>=]=?\s*(\d+)\b")


@dataclass(frozen=True, slots=True)
class Number:
    """A rule's number: its value, its constant, and names beside which it would be a copy.

    `others` are numbers that can express the same; `typescript` is the front end's one file with it, if any.
    """

    rule: str
    value: int
    module: str
    constant: str
    names: str
    typescript: str | None = None
    others: tuple[int, ...] = ()

    def __str__(self) -> str:
        return f"{self.rule} {self.constant}"

    @property
    def file(self) -> str:
        return f"{self.module.removeprefix('mshield.').replace('.', '/')}.py"


_CERTIFICATES: Final = "mshield.server.certificates.rules"
_PIN_TRIES: Final = "mshield.wire.pin_tries"
_TRIES: Final = r"^(max_|most_)?failures$|wrong|full_attempts|^left$|pin_tr(y|ies)|tries_left"
NUMBERS: Final = (
    Number(
        "R1",
        11,
        "mshield.wire.shield_number",
        "DIGITS",
        r"shield|(?-i:^DIGITS$)|^ms$",
        "packages/identity/src/shield_number.ts",
    ),
    Number(
        "R4",
        6,
        "mshield.gm.mask",
        "PIN_DIGITS",
        r"^_?pins?$|pin_(digits|form)|six_digits",
        "packages/gm/src/mask.ts",
    ),
    Number("R5", 6, f"{_CERTIFICATES}.states", "MAX_DEVICES", r"device"),
    Number("R10", 5, _PIN_TRIES, "MAX_FAILURES", _TRIES, "packages/shield/src/pin_tries.ts"),
    Number("R10", 50, _PIN_TRIES, "MAX_WRONG_TOTAL", _TRIES),
    Number("R10", 40, _PIN_TRIES, "CHANGE_DUE", rf"{_TRIES}|change_due"),
    Number(
        "R11",
        6,
        f"{_CERTIFICATES}.renewal",
        "MONTHS",
        r"month|half_(a_)?year",
        "apps/phone/src/engine/certificate_state.ts",
        (181, 182, 183, 184),
    ),
)


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_python_defines_each_number_once(number: Number) -> None:
    assert getattr(import_module(number.module), number.constant) == number.value
    here = {
        file
        for file, names, numbers in _python()
        if {number.value, *number.others} & numbers
        and any(re.search(number.names, one, re.IGNORECASE) for one in names)
    }
    assert here == {number.file}


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_sql_gets_each_number_as_a_parameter(number: Number) -> None:
    copies = [
        f"{file.name}: {column} {value}"
        for file in sql()
        for column, value in _COMPARED.findall(file.read_text("utf-8"))
        if int(value) == number.value and re.search(number.names, column, re.IGNORECASE)
    ]
    assert copies == []


@pytest.mark.parametrize("number", NUMBERS, ids=str)
def test_typescript_defines_each_number_once(number: Number) -> None:
    value = re.compile(rf"[=<>?]\s*{number.value}\b|\{{{number.value}\}}")
    here = {
        str(file.relative_to(_FRONTEND))
        for file in _FRONTEND.glob("*/*/src/**/*.*")
        if file.suffix in {".ts", ".vue"} and "generated" not in file.parts
        for line in file.read_text("utf-8").splitlines()
        if value.search(line)
        and any(re.search(number.names, word, re.IGNORECASE) for word in re.findall(r"\w+", line))
    }
    assert here == ({number.typescript} if number.typescript else set())


def test_typescript_defines_a_day_once() -> None:
    """The day is in ms. The verifier shares no code with pages, so its lifetime of OCSP responses is separate."""
    here = {
        str(file.relative_to(_FRONTEND))
        for kind in ("ts", "vue")
        for file in _FRONTEND.glob(f"*/*/*/**/*.{kind}")
        if "node_modules" not in file.parts and re.search(r"\b86_?400_?000\b", file.read_text("utf-8"))
    }
    assert {file for file in here if not file.startswith("packages/verify/")} == {
        "packages/look/vue/dates.ts"
    }


@cache
def _python() -> list[tuple[str, set[str], set[int]]]:
    """Returns file, names and relevant numbers of each statement or expression."""
    wanted = {value for number in NUMBERS for value in (number.value, *number.others)}
    return [
        (name(file), set(_names(node)), numbers)
        for file in python()
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, _TOGETHER) and (numbers := wanted & set(_numbers(node)))
    ]


def _names(node: ast.AST) -> Iterator[str]:
    for part in ast.walk(node):
        match part:
            case ast.Name(id=word) | ast.Attribute(attr=word) | ast.keyword(arg=str(word)):
                yield word


def _numbers(node: ast.AST) -> Iterator[int]:
    """Yields its numbers, including repetition counts in regular expressions."""
    for part in ast.walk(node):
        match part:
            case ast.Constant(value=int(value)):
                yield value
            case ast.Constant(value=str(text)):
                yield from map(int, _REPEATED.findall(text))
