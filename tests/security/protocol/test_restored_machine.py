"""Attacks B and F: a machine restored from a snapshot draws the same random bytes again.

`tests/security/test_nonce_reuse.py` tests B: one commitment with two contents gives one nonce.
"""

import os

import pytest

from mshield.gm.cosign import phone_enrol
from mshield.gm.engine import Engine
from mshield.gm.enrolment import server_share
from mshield.server.keys.keyring import PREFIX_BYTES, Keyring
from mshield.server.keys.master import NONCE_BYTES, CipherName


@pytest.mark.parametrize("cipher", ["aes", "sm4"])
def test_two_boxes_under_the_same_random_bytes_share_no_key_stream(
    cipher: CipherName, monkeypatch: pytest.MonkeyPatch
) -> None:
    ring = Keyring.generate(cipher)
    monkeypatch.setattr(os, "urandom", bytes)
    known, share, uid = bytes(97), bytes(range(97)), bytes(16)
    outcome = ring.seal(known, purpose="outcome", context=uid)
    sealed = ring.seal_share(share, uid=uid, epoch=0)
    start = PREFIX_BYTES + NONCE_BYTES
    stream = bytes(a ^ b for a, b in zip(outcome[start:], known, strict=False))
    read = bytes(a ^ b for a, b in zip(sealed[start:], stream, strict=False))
    assert read[: len(share)] != share
    assert ring.open_share(sealed, uid=uid, epoch=0) == share


def test_the_nonce_changes_with_the_text_the_place_and_the_random_bytes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ring, random = Keyring.generate(), [bytes(16)]
    monkeypatch.setattr(os, "urandom", lambda _: random[0])

    def nonce(text: bytes, context: bytes) -> bytes:
        box = ring.seal(text, purpose="secret", context=context)
        return box[PREFIX_BYTES : PREFIX_BYTES + NONCE_BYTES]

    first = nonce(b"a", b"row")
    assert first == nonce(b"a", b"row")
    assert nonce(b"b", b"row") != first
    assert nonce(b"a", b"other row") != first
    random[0] = bytes(15) + b"1"
    assert nonce(b"a", b"row") != first
    assert first not in {b"\0" * NONCE_BYTES, random[0][:NONCE_BYTES]}


def test_each_phone_gets_its_own_share(engine: Engine) -> None:
    w, uid, sid = bytes(32), bytes(16), bytes(16)
    shares = set()
    for _ in range(2):
        key = server_share(engine, uid=uid, sid=sid, P1=phone_enrol(engine, uid=uid, sid=sid).P1, w=w)
        assert key is not None
        shares.add(key.d2)
    assert len(shares) == 2
