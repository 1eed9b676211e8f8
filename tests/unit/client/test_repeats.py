"""The phone's idempotency keys: one per operation, the same when it is repeated, even after the phone was killed."""

from pathlib import Path

from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.repeats import RETENTION_MS, UNANSWERED, Repeats
from tests.support.clock import START

CALL = ("POST", "/api/phone/accounts")
BODY = b'{"password":"a secret"}'


def _repeats(folder: Path) -> Repeats:
    """Opens the store like a new process."""
    made = Folder(folder)
    made.create()
    return Repeats(made)


def test_an_unanswered_call_has_the_same_key_also_for_the_next_process(tmp_path: Path) -> None:
    key = _repeats(tmp_path).key(*CALL, BODY, now=START)
    assert _repeats(tmp_path).key(*CALL, BODY, now=START + RETENTION_MS - 1) == key


def test_other_content_is_another_operation(tmp_path: Path) -> None:
    repeats = _repeats(tmp_path)
    first = repeats.key(*CALL, BODY, now=START)
    assert repeats.key(*CALL, BODY + b" ", now=START) != first
    assert repeats.key("POST", "/api/phone/captchas", BODY, now=START) != first


def test_repeat_after_an_answer_is_a_new_operation(tmp_path: Path) -> None:
    repeats = _repeats(tmp_path)
    first = repeats.key(*CALL, BODY, now=START)
    repeats.answered(*CALL, now=START)
    assert not (tmp_path / UNANSWERED).exists()
    assert repeats.key(*CALL, BODY, now=START) != first


def test_repeat_after_the_retention_is_a_new_operation(tmp_path: Path) -> None:
    first = _repeats(tmp_path).key(*CALL, BODY, now=START)
    assert _repeats(tmp_path).key(*CALL, BODY, now=START + RETENTION_MS) != first


def test_calls_that_wait_do_not_disturb_each_other(tmp_path: Path) -> None:
    repeats = _repeats(tmp_path)
    first = repeats.key(*CALL, BODY, now=START)
    repeats.key("DELETE", "/api/phone/sessions/current", b"", now=START)
    repeats.answered("DELETE", "/api/phone/sessions/current", now=START)
    assert repeats.key(*CALL, BODY, now=START) == first


def test_file_reveals_no_content_and_may_be_damaged(tmp_path: Path) -> None:
    repeats = _repeats(tmp_path)
    key = repeats.key(*CALL, BODY, now=START)
    stored = (tmp_path / UNANSWERED).read_bytes()
    assert b"secret" not in stored.replace(b'"secret"', b"")
    assert key.encode() not in stored
    (tmp_path / UNANSWERED).write_bytes(b"{")
    assert repeats.key(*CALL, BODY, now=START) != key
