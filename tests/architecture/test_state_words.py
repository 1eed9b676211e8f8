"""A certificate's states and holds have one word each, in one table for Python and TypeScript."""

import json
import re
from pathlib import Path
from typing import Final

import pytest

from mshield.server.certificates.rules.states import CertificateState, Hold
from mshield.wire.state_words import HOLDS_ZH, STATES_ZH
from tests.support.sources import python

_ROOT: Final = Path(__file__).parents[2]
_TABLE: Final = _ROOT / "client" / "src" / "mshield" / "wire" / "state_words.json"
_SMS: Final = "frontend/apps/console/src/words/sms.ts"
"""Kinds of SMS, whose names are often those of states."""


def _sources() -> list[Path]:
    files = [*python(), *(_ROOT / "frontend").glob("*/*/**/*.ts")]
    files += (_ROOT / "frontend").glob("*/*/**/*.vue")
    return [file for file in files if not {"node_modules", "static"} & set(file.parts)]


def test_each_state_and_hold_has_a_word() -> None:
    for words in json.loads(_TABLE.read_bytes()).values():
        assert set(words["state"]) == {
            *CertificateState,
            *("expired", "expiring", "filing_changed", "filing_ended"),
        }
        assert list(words["hold"]) == list(Hold)


def test_words_of_states_are_in_one_table() -> None:
    for names in (STATES_ZH, HOLDS_ZH):
        line = re.compile(rf"""(?<![\w.])["']?({"|".join(names)})["']?: *["'][^"']*[一-鿿]""")
        for file in _sources():
            place = file.relative_to(_ROOT).as_posix()
            known = {match[1] for match in line.finditer(file.read_text("utf-8"))}
            assert len(known) < len(names) - 1 or place == _SMS, place


@pytest.mark.parametrize("word", [*STATES_ZH.values(), *HOLDS_ZH.values()])
def test_the_glossary_has_the_word(word: str) -> None:
    assert word.removeprefix("已") in (_ROOT / "docs" / "glossary.md").read_text("utf-8")
