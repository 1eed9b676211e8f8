"""Masking hides a share so that every PIN gives one, and nothing reveals the right one."""

import hmac
from collections import Counter
from functools import partial

from hypothesis import given
from hypothesis import strategies as st

from mshield.gm.curve import N
from mshield.gm.mask import derive_pin_key, hide, mask, reveal
from tests.property.gm.strategies import epochs, ids, residues, scalars

keys = st.binary(min_size=32, max_size=32)


@given(scalars, residues)
def test_hidden_share_is_revealed_again(d1: int, value: int) -> None:
    blob = hide(d1, value)
    assert 0 <= blob < N
    assert reveal(blob, value) == d1


@given(residues, residues)
def test_every_mask_gives_a_share(blob: int, value: int) -> None:
    assert 0 < reveal(blob, value) < N


@given(keys, ids, epochs, ids, keys)
def test_masks_are_below_n(secret: bytes, uid: bytes, epoch: int, salt: bytes, K: bytes) -> None:
    keyed = partial(hmac.digest, secret, digest="sha256")
    found = mask(keyed, uid=uid, epoch=epoch, salt=salt, K=K)
    assert 0 <= found < N
    assert found == mask(keyed, uid=uid, epoch=epoch, salt=salt, K=K)
    assert found != mask(keyed, uid=uid, epoch=epoch ^ 1, salt=salt, K=K)


def test_masks_are_spread_evenly() -> None:
    """Chi-square over 16 bins of the leading and of the trailing digit; 15 degrees of freedom."""
    keyed = partial(hmac.digest, bytes(32), digest="sha256")
    count = 4096
    masks = [mask(keyed, uid=bytes(16), epoch=i, salt=bytes(16), K=bytes(32)) for i in range(count)]
    for digit in (lambda value: value * 16 // N, lambda value: value % 16):
        bins = Counter(map(digit, masks))
        chi_square = sum((bins[i] - count / 16) ** 2 / (count / 16) for i in range(16))
        assert chi_square < 45  # exceeded once in 10 000; the input is fixed, so the test is not flaky


@given(scalars, st.integers(0, 999_999), st.integers(0, 999_999))
def test_another_pin_gives_another_share_that_is_as_good(d1: int, right: int, wrong: int) -> None:
    keyed = partial(hmac.digest, bytes(32), digest="sha256")

    def value(pin: int) -> int:
        K = derive_pin_key(f"{pin:06d}", bytes(16), 1)
        return mask(keyed, uid=bytes(16), epoch=0, salt=bytes(16), K=K)

    found = reveal(hide(d1, value(right)), value(wrong))
    assert 0 < found < N
    assert (found == d1) is (right == wrong)
