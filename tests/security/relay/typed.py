"""The relay lab's attacks by short codes, which are dictated instead of shown."""

from typing import Final

import pytest

from mshield.client import ClientError
from mshield.server.requests.short_codes import MOST, WINDOW_MS
from mshield.wire.qr import QR_MS, TYPING_MS, read_qr, short_code
from tests.security.relay.app_links import APP_LINKS
from tests.security.relay.attacks import CODES, FLOODS, MADE_UP, Attack
from tests.security.relay.before_login import BEFORE_LOGIN
from tests.security.relay.lab import Lab

AFTER_SECONDS: Final = (QR_MS + TYPING_MS) // 1000
"""Maximum time in s for which a short code is valid, from when it was shown."""


def _shown(lab: Lab) -> str:
    created = lab.login()
    text = lab.code_after(created, 10)
    qr = read_qr(text)
    assert qr is not None
    return short_code(bytes.fromhex(created.qr_secret), qr.elapsed)


def _dictated_late(lab: Lab) -> None:
    code = _shown(lab)
    lab.later(6 + 10)
    lab.victim.scan(code, typed_ms=10_000)


def _dictated(lab: Lab) -> None:
    code = _shown(lab)
    lab.later(2 + 15)
    lab.victim.scan(code, typed_ms=15_000)
    lab.approve()


def _guessed(lab: Lab) -> None:
    lab.later(WINDOW_MS / 1000)
    for n in range(MOST):
        with pytest.raises(ClientError, match="qr_stale"):
            lab.victim.scan(f"0A000{n:03}")
    lab.victim.scan("0A000999")


TYPED: Final = (
    Attack(
        name="Short code, dictated late",
        does="dictates their short code by telephone; the victim begins to type it 6 s later",
        ends="qr_stale",
        why=f"typing must begin while its QR code is valid, within {QR_MS // 1000} s",
        play=_dictated_late,
    ),
    Attack(
        name="Short code, dictated at once",
        does="the same within 2 s; the victim types for 15 s and enters their PIN",
        ends=None,
        why=f"up to {TYPING_MS // 1000} s of typing are accepted; the only defence is what the phone displays",
        play=_dictated,
    ),
    Attack(
        name="Short codes, guessed",
        does="tries short codes on their own phone, to take another person's request",
        ends="too_many_requests",
        why=f"{MOST} tries in {WINDOW_MS // 60_000} minutes per shield, for codes of 30 bits; and a guessed request is "
        "signed by the guesser's own shield",
        play=_guessed,
    ),
)
EVERY_ATTACK: Final = (*CODES, *BEFORE_LOGIN, *MADE_UP, *APP_LINKS, *FLOODS, *TYPED)
