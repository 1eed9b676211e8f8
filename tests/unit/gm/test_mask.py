import hashlib
import hmac
from functools import partial

import pytest

from mshield.gm.curve import N
from mshield.gm.errors import Malformed
from mshield.gm.mask import PIN_ROUNDS, derive_pin_key, hide, mask, reveal

UID, SALT, K = bytes(range(16)), bytes(range(16, 32)), bytes(range(32))
KEYED = partial(hmac.digest, bytes(32), digest="sha256")


def value(**changes: object) -> int:
    fields: dict[str, object] = {"uid": UID, "epoch": 3, "salt": SALT, "K": K}
    return mask(KEYED, **(fields | changes))  # type: ignore[arg-type]  # a test's shorthand


def test_pin_key_is_pbkdf2() -> None:
    assert PIN_ROUNDS == 600_000
    assert derive_pin_key("012345", SALT, 10) == hashlib.pbkdf2_hmac("sha256", b"012345", SALT, 10, 32)


@pytest.mark.parametrize(
    "pin", ["", "12345", "1234567", "12345a", "１２３４５６", "123456\n", " 12345", "-12345"]
)
def test_a_pin_is_six_ascii_digits(pin: str) -> None:
    with pytest.raises(Malformed):
        derive_pin_key(pin, SALT, 10)


def test_salt_and_rounds_are_checked() -> None:
    with pytest.raises(Malformed):
        derive_pin_key("012345", bytes(15), 10)
    with pytest.raises(Malformed):
        derive_pin_key("012345", SALT, 0)


def test_mask_joins_two_hmacs() -> None:
    asked = []

    def record(message: bytes) -> bytes:
        asked.append(message)
        return KEYED(message)

    found = mask(record, uid=UID, epoch=3, salt=SALT, K=K)
    rest = b"\x00\x00\x00\x10" + UID + b"\x00\x00\x00\x04\x00\x00\x00\x03\x00\x00\x00\x10" + SALT
    rest += b"\x00\x00\x00\x20" + K
    assert asked == [b"MSHIELD/v1/mask\x00" + rest, b"MSHIELD/v1/mask\x01" + rest]
    assert found == int.from_bytes(KEYED(asked[0]) + KEYED(asked[1]), "big") % N


def test_every_input_changes_the_mask() -> None:
    other = [value(uid=SALT), value(epoch=4), value(salt=UID), value(K=bytes(32))]
    assert len({value(), *other}) == 5


def test_a_keyed_hash_of_another_length_is_refused() -> None:
    with pytest.raises(Malformed):
        mask(lambda _message: bytes(20), uid=UID, epoch=0, salt=SALT, K=K)


def test_share_zero_becomes_one() -> None:
    assert reveal(5, 5) == 1
    assert reveal(0, 0) == 1
    assert reveal(5, 4) == 1


@pytest.mark.parametrize("d1", [0, N, N + 1, -1])
def test_only_a_valid_share_can_be_hidden(d1: int) -> None:
    with pytest.raises(Malformed):
        hide(d1, 5)
