"""Values out of range or of wrong length; fresh randomness, nonces, and secrets hidden from `repr`."""

import re
import secrets
from collections.abc import Callable
from typing import Any

import pytest

from mshield.gm import server
from mshield.gm.cosign import (
    next_phone_share,
    next_server_share,
    parse_scalar,
    parse_tau,
    phone_enrol,
    server_enrol,
    server_nonce,
)
from mshield.gm.curve import N
from mshield.gm.engine import Engine
from mshield.gm.errors import (
    Fault,
    Malformed,
)
from tests.unit.gm.parties import Parties, digests, items_of

_BYTES = re.compile(r"""b(?:'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""")
SCALARS_OUT_OF_RANGE = [0, N, N + 1, (1 << 256) - 1]


@pytest.fixture
def parties(engine: Engine) -> Parties:
    return Parties.enrol(engine)


@pytest.mark.parametrize("value", SCALARS_OUT_OF_RANGE)
def test_scalars_out_of_range_are_malformed(engine: Engine, value: int) -> None:
    raw = value.to_bytes(32, "big")
    calls: tuple[Callable[[], object], ...] = (
        lambda: parse_scalar(raw),
        lambda: parse_tau(raw),
        lambda: next_phone_share(5, value),
        lambda: next_phone_share(value, 5),
        lambda: next_server_share(engine, 5, value),
        lambda: next_server_share(engine, value, 5),
    )
    for call in calls:
        with pytest.raises(Malformed) as caught:
            call()
        assert caught.value.code == "malformed"


def test_scalars_are_32_bytes_and_tau_may_be_absent() -> None:
    assert parse_scalar(bytes(31) + b"\x05") == 5
    assert parse_tau(None) is None
    assert parse_tau((N - 1).to_bytes(32, "big")) == N - 1
    for raw in (b"", b"\x05", bytes(32) + b"\x05"):
        with pytest.raises(Malformed):
            parse_scalar(raw)


def test_fresh_randomness_has_32_bytes(parties: Parties) -> None:
    nonce = parties.commit(bytes(32))
    for w in (b"", bytes(31), bytes(33)):
        with pytest.raises(Malformed):
            parties.answer(nonce, w=w)


def test_a_derived_nonce_of_zero_is_a_fault(parties: Parties, monkeypatch: pytest.MonkeyPatch) -> None:
    nonce = parties.commit(bytes(32))
    for zero in ("k2", "a"):
        monkeypatch.setattr(server, "Hn", lambda tag, *_parts, zero=zero: 0 if tag == zero else 5)
        with pytest.raises(Fault):
            parties.answer(nonce)


def test_no_secret_is_in_any_repr(parties: Parties) -> None:
    uid, sid = secrets.token_bytes(16), secrets.token_bytes(16)
    phone = phone_enrol(parties.engine, uid=uid, sid=sid)
    key = server_enrol(parties.engine, uid=uid, sid=sid, P1=phone.P1, proof=phone.proof)
    opened = parties.open(digests(1))
    half = parties.halves(opened)[0]
    values: tuple[tuple[Any, tuple[str, ...]], ...] = (
        (phone, ("d1", "P1", "proof")),
        (key, ("d2",)),
        (opened.nonces[0], ("k1", "Q1", "rho", "c")),
        (opened.answers[0], ("k2", "Q2", "proof", "c")),
        (opened.session[0], ("k2", "c")),
        (half, ("s_prime", "Q1", "rho")),
        (items_of([half])[0], ("s_prime", "Q1", "rho")),
    )
    for value, hidden in values:
        shown = repr(value)
        names = _BYTES.sub("", shown)  # random bytes may read as a name: b'c='
        for name in hidden:
            assert f"{name}=" not in names
            assert repr(getattr(value, name)) not in shown


def test_server_nonce_has_a_fresh_nonce_each_time(parties: Parties) -> None:
    nonce = parties.commit(bytes(32))
    first, second = parties.answer(nonce), parties.answer(nonce)
    assert first.k2 != second.k2
    assert first.proof.A != second.proof.A


def test_server_nonce_checks_its_lengths(engine: Engine) -> None:
    with pytest.raises(Malformed):
        server_nonce(engine, uid=bytes(16), epoch=0, d2=5, sid=bytes(15), e=bytes(32), c=bytes(32))
