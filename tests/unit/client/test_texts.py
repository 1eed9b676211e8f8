"""The phone's own messages (R17): virtual phone and app have the same texts, and each leads to an FAQ entry."""

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mshield.client.texts import PHONE_TEXTS, TEXTS
from mshield.pki.errors import LogError, PathError, PkiError
from mshield.server.http.pages.faq import FAQ
from tests.support.sources import name, python

_ROOT: Final = Path(__file__).parents[3]
_OF_THE_APP: Final = {"worker", "storage"}
"""Codes of the app only: the browser's worker and storage."""

_OF_THE_VIRTUAL_PHONE: Final = {
    *("not_initialised", "already_initialised", "work_refused"),
    *("no_such_document", "confirmation_missing"),
}
"""Codes of the virtual phone only: its folder; an unknown server, since the app comes from its own; confirmations,

which are a screen of the app; documents chosen by position, in its command.
"""

_PHONES: Final = frozenset({"PhoneError", "ProtocolError"})
_CLIENTS: Final = _PHONES | {"ClientError", "VerificationError"}


def _of_the_app() -> dict[str, tuple[str, ...]]:
    source = (_ROOT / "frontend/packages/shield/src/texts.ts").read_text("utf-8")
    found = re.findall(r"^  (\w+): (\[.*?\]),$", source, re.MULTILINE | re.DOTALL)
    return {code: tuple(json.loads(re.sub(r",\s*\]$", "]", texts))) for code, texts in found}


def _below(base: type[PkiError]) -> Iterator[type[PkiError]]:
    for each in base.__subclasses__():
        yield each
        yield from _below(each)


def _codes_in(module: ast.Module, errors: frozenset[str] = _PHONES) -> Iterator[str]:
    """Yields the codes given as first argument to these errors; both codes of a conditional expression."""
    for call in ast.walk(module):
        if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name)):
            continue
        if call.func.id in errors:
            for node in ast.walk(call.args[0]):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_r17_app_and_virtual_phone_have_the_same_texts() -> None:
    app = _of_the_app()
    assert {code: app[code] for code in app.keys() - _OF_THE_APP} == {
        code: PHONE_TEXTS[code] for code in PHONE_TEXTS.keys() - _OF_THE_VIRTUAL_PHONE
    }


def test_r17_each_error_of_the_virtual_phone_has_texts_and_an_entry() -> None:
    sources = [*(_ROOT / "testkit/src/mshield/testkit/phone").glob("*.py")]
    raised = {code for file in sources for code in _codes_in(ast.parse(file.read_text("utf-8")))}
    assert {"damaged_slot", "epoch_unknown", "no_key", "bad_task"} <= raised
    assert raised - PHONE_TEXTS.keys() == set()
    assert {code for code, text in PHONE_TEXTS.items() if text[2] not in FAQ} == set()


def test_each_error_of_clients_and_commands_has_texts() -> None:
    sources = [
        file for file in python() if {"client", "cli", "testkit", "commands"} & set(name(file).split("/"))
    ]
    found = {code for file in sources for code in _codes_in(ast.parse(file.read_text("utf-8")), _CLIENTS)}
    proved = {
        error.code for base in (PathError, LogError) for error in _below(base)
    }  # `verify` reports them unchanged
    assert {"timed_out", "other_session", "unexpected_signer", "not_logged_in"} <= found
    assert {"revoked", "bad_log_proof"} <= proved
    assert (found | proved) - TEXTS.keys() == set()


def test_each_sentence_is_one_in_its_language() -> None:
    for code, (zh, en, _) in TEXTS.items():
        assert re.search(r"[一-鿿]", zh), code
        assert re.match(r"[A-Z].* ", en), code
        assert en.isascii(), code
