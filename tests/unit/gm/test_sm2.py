import dataclasses

import pytest

from mshield.gm import sm2
from mshield.gm.curve import G, N
from mshield.gm.engine import Engine
from mshield.gm.errors import BadPoint, BadSignature, Malformed
from mshield.gm.sm2 import PrivateKey, Signature
from tests.unit.gm import reference
from tests.unit.gm.counting import CountingEngine
from tests.unit.gm.points import BAD_POINTS

MESSAGE = b"message digest"


@pytest.fixture
def key(engine: Engine) -> PrivateKey:
    return sm2.generate(engine)


def test_signature_is_verified_by_an_independent_implementation(engine: Engine, key: PrivateKey) -> None:
    signature = sm2.sign(engine, key, MESSAGE)
    sm2.verify(engine, key.public, MESSAGE, signature)
    assert reference.verifies(key.public, sm2.digest(key.public, MESSAGE), signature.r, signature.s)


def test_two_signatures_of_one_message_differ(engine: Engine, key: PrivateKey) -> None:
    assert sm2.sign(engine, key, MESSAGE) != sm2.sign(engine, key, MESSAGE)


@pytest.mark.parametrize("user_id", [b"", b"alice@example.com", b"x" * 8191])
def test_user_id_is_signed(engine: Engine, key: PrivateKey, user_id: bytes) -> None:
    signature = sm2.sign(engine, key, MESSAGE, user_id)
    sm2.verify(engine, key.public, MESSAGE, signature, user_id)
    with pytest.raises(BadSignature):
        sm2.verify(engine, key.public, MESSAGE, signature)


def test_user_id_that_overflows_its_length_is_refused(key: PrivateKey) -> None:
    with pytest.raises(Malformed):
        sm2.z_value(key.public, b"x" * 8192)


def test_digest_above_n_can_be_signed(engine: Engine, key: PrivateKey) -> None:
    e = b"\xff" * 32
    signature = sm2.sign_digest(engine, key, e)
    sm2.verify_digest(engine, key.public, e, signature)
    assert reference.verifies(key.public, e, signature.r, signature.s)
    # e - n is another byte string but the same number mod n, and the check is mod n.
    sm2.verify_digest(engine, key.public, (int.from_bytes(e, "big") - N).to_bytes(32, "big"), signature)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_digest_of_another_length_is_malformed(engine: Engine, key: PrivateKey, length: int) -> None:
    with pytest.raises(Malformed):
        sm2.sign_digest(engine, key, bytes(length))
    with pytest.raises(Malformed):
        sm2.verify_digest(engine, key.public, bytes(length), Signature(1, 1))
    with pytest.raises(Malformed):
        sm2.nonce_point(engine, G, bytes(length), sm2.sign_digest(engine, key, bytes(32)))


def test_other_message_key_or_number_is_refused(engine: Engine, key: PrivateKey) -> None:
    signature = sm2.sign(engine, key, MESSAGE)
    sm2.verify(engine, key.public, MESSAGE, signature)  # cached, which must not affect the other checks
    changed = [
        (key.public, MESSAGE + b"!", signature),
        (sm2.generate(engine).public, MESSAGE, signature),
        (engine.negate(key.public), MESSAGE, signature),
        (key.public, MESSAGE, dataclasses.replace(signature, r=signature.r ^ 1)),
        (key.public, MESSAGE, dataclasses.replace(signature, s=signature.s ^ 1)),
        (key.public, MESSAGE, Signature(signature.s, signature.r)),
        (key.public, MESSAGE, Signature(signature.r, N - signature.s)),
    ]
    for public, message, candidate in changed:
        with pytest.raises(BadSignature):
            sm2.verify(engine, public, message, candidate)


def test_only_successful_verifications_are_cached(engine: Engine, key: PrivateKey) -> None:
    counting, signature = CountingEngine(engine), sm2.sign(engine, key, MESSAGE)
    for _ in range(2):
        sm2.verify(counting, key.public, MESSAGE, signature)
        with pytest.raises(BadSignature):
            sm2.verify(counting, key.public, MESSAGE + b"!", signature)
    assert counting.counts["verify"] == 3


@pytest.mark.parametrize(("r", "s"), [(0, 1), (1, 0), (N, 1), (1, N), (1, N - 1), (N - 1, 1), (-1, 1)])
def test_numbers_out_of_range_are_refused(engine: Engine, key: PrivateKey, r: int, s: int) -> None:
    for check in (sm2.verify_digest, sm2.nonce_point):
        with pytest.raises(BadSignature):
            check(engine, key.public, bytes(32), Signature(r, s))


def test_r_plus_s_of_zero_is_refused_even_if_the_rest_verifies(engine: Engine, key: PrivateKey) -> None:
    # With r + s = n the public key drops out of sG + (r+s)P, so anyone could sign some e.
    s = 12345
    r = N - s
    e = ((r - int.from_bytes(engine.mul_g(s)[1:33], "big")) % N).to_bytes(32, "big")
    for check in (sm2.verify_digest, sm2.nonce_point):
        with pytest.raises(BadSignature):
            check(engine, key.public, e, Signature(r, s))


@pytest.mark.parametrize("point", BAD_POINTS.values(), ids=BAD_POINTS)
def test_public_key_off_the_curve_is_refused(engine: Engine, point: bytes) -> None:
    with pytest.raises(BadSignature):
        sm2.verify(engine, point, MESSAGE, Signature(1, 1))
    with pytest.raises(BadSignature):
        sm2.verify_digest(engine, point, bytes(32), Signature(1, 1))
    with pytest.raises(BadSignature):
        sm2.nonce_point(engine, point, bytes(32), Signature(1, 1))
    with pytest.raises(BadPoint):
        sm2.z_value(point)


def test_nonce_point_is_the_nonce_times_g(engine: Engine, key: PrivateKey) -> None:
    signature = sm2.sign_with_nonce(engine, key, bytes(32), 12345)
    assert signature is not None
    assert sm2.nonce_point(engine, key.public, bytes(32), signature) == engine.mul_g(12345)


def test_unusable_nonces_give_no_signature(engine: Engine, key: PrivateKey) -> None:
    k = 12345
    x = int.from_bytes(engine.mul_g(k)[1:33], "big")
    r_zero = (-x % N).to_bytes(32, "big")
    r_plus_k_is_n = ((N - k - x) % N).to_bytes(32, "big")
    # s = 0 needs k = r·d
    s_zero = ((k * pow(key.d, -1, N) - x) % N).to_bytes(32, "big")
    for e in (r_zero, r_plus_k_is_n, s_zero):
        assert sm2.sign_with_nonce(engine, key, e, k) is None


def test_signing_draws_again_until_a_nonce_serves(
    engine: Engine, key: PrivateKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = iter((None, None, Signature(1, 2)))
    monkeypatch.setattr(sm2, "sign_with_nonce", lambda *_arguments: next(tries))
    assert sm2.sign_digest(engine, key, bytes(32)) == Signature(1, 2)


def test_generate_never_gives_n_minus_one(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    draws = iter((N - 1, 5))
    monkeypatch.setattr(type(engine), "random_scalar", lambda _self: next(draws))
    assert sm2.generate(engine) == PrivateKey(5, engine.mul_g(5))


def test_private_number_is_not_in_the_repr(key: PrivateKey) -> None:
    assert str(key.d) not in repr(key)


# ---- encodings ----


@pytest.mark.parametrize("r", [1, 0x7F, 0x80, 0xFF, 0x100, N - 1])
@pytest.mark.parametrize("s", [1, 0x80, (1 << 255) - 1, 1 << 255, N - 1])
def test_encodings_round_trip(r: int, s: int) -> None:
    signature = Signature(r, s)
    assert Signature.from_der(signature.to_der()) == signature
    assert Signature.from_raw(signature.to_raw()) == signature


def test_signature_has_the_expected_der() -> None:
    assert Signature(1, 0x80).to_der().hex() == "300702010102020080"


@pytest.mark.parametrize(
    "encoded",
    [
        "",
        "30",
        "3000",
        "300702010102020080ff",
        "3006020101020200",
        "300702010102020080"[:-2],
        "310702010102020080",
        "30060201010201ff",  # negative
        "3008020200010202008000"[:20],
        "300702020001020101",  # superfluous leading zero
        "30060200020101"[:14],
        "3081070201010202" + "0080",  # long form of the length
        "308002010102010100" + "00",  # indefinite length
        "3006030101020101",  # BIT STRING instead of INTEGER
        "3006020100020101",  # r = 0
        "3006020101020100",  # s = 0
        "3009020101020101020101",  # three numbers
        "3003020101",
        "30260221" + "00" + f"{N:064x}" + "020101",  # r = n
        "30060201010201",
        "3046" + "022100" + "ff" * 32 + "022100" + "ff" * 32,
        "30820007" + "02010102020080",
        "30" * 80,
    ],
)
def test_der_is_strict(encoded: str) -> None:
    with pytest.raises(BadSignature):
        Signature.from_der(bytes.fromhex(encoded))


@pytest.mark.parametrize("raw", [b"", bytes(63), bytes(65), bytes(64), b"\xff" * 64, bytes(63) + b"\x01"])
def test_raw_is_strict(raw: bytes) -> None:
    with pytest.raises(BadSignature):
        Signature.from_raw(raw)
