"""Others' texts in the output of commands: no terminal control, and no line breaks."""

import json
import sys
from typing import Final

import click
import pytest
from click.testing import CliRunner, Result

from mshield.cli.parts.honest_text import honest_line
from mshield.cli.parts.output import Output, Refused, output_options, table
from tests.vectors.files import load

_VECTORS: Final = load("shown_text.json")


def _points(name: str) -> frozenset[int]:
    return frozenset(
        each for first, last in _VECTORS[name] for each in range(int(first, 16), int(last, 16) + 1)
    )


_HIDDEN: Final = frozenset(range(sys.maxunicode + 1)) - (_points("plain") - _points("isolated")) | frozenset(
    map(ord, _VECTORS["lookalikes"])
)
_ENDS: Final = frozenset(int(each, 16) for each in _VECTORS["ends"])
_HOSTILE: Final = "x\x1b[4A\r\u202e\x9b\n  signer: 李四"
_SHOWN: Final = "x[U+001B][4A[U+000D][U+202E][U+009B][U+000A]  signer: 李四"


def test_exactly_the_characters_of_the_list_are_marked() -> None:
    every = [chr(each) for each in range(sys.maxunicode + 1)]
    assert {ord(each) for each in every if honest_line(each) != each} == _HIDDEN | _ENDS


@pytest.mark.parametrize("case", _VECTORS["texts"])
def test_texts_are_marked_as_in_the_list(case: dict[str, str]) -> None:
    assert honest_line(case["text"]) == case["line"]


def _run(*, error: Exception | None = None, as_json: bool = False) -> Result:
    @click.command()
    @output_options
    def hostile(out: Output) -> None:
        if error is not None:
            raise error
        out.say(_HOSTILE, _HOSTILE)
        out.data({"title": _HOSTILE}, [f"title: {_HOSTILE}", *table(("a", "b"), [(_HOSTILE, "end")])])

    return CliRunner().invoke(hostile, ["--lang", "en", *(["--json"] if as_json else [])])


def test_data_tables_and_sentences_are_marked() -> None:
    done = _run()
    assert done.stderr == f"{_SHOWN}\n"
    wide = len(_SHOWN) + 2  # two more Chinese characters
    assert done.stdout.splitlines() == [f"title: {_SHOWN}", f"a{' ' * wide} b", f"{_SHOWN}  end"]


def test_refusals_are_marked() -> None:
    assert _run(error=Refused(_HOSTILE, code="failed")).stderr == f"{_SHOWN} [failed]\n"


def test_json_has_the_value_and_no_character_that_a_terminal_obeys() -> None:
    done = _run(as_json=True)
    assert json.loads(done.stdout) == {"title": _HOSTILE}
    assert not _HIDDEN & set(map(ord, done.stdout))
    tag = Refused("\U000e0041", code="failed", as_json=True)
    assert json.loads(_run(error=tag).stderr)["error"]["message"] == "\U000e0041"
    assert "\\udb40\\udc41" in _run(error=tag).stderr
