from collections.abc import Callable

import pytest

from mshield.gm.curve import G, N
from mshield.gm.errors import Malformed
from mshield.gm.server import FinishItem
from mshield.gm.sm3 import sm3
from mshield.gm.transcript import (
    LV,
    H,
    Hn,
    commitment,
    enrolment_context,
    epoch_bytes,
    finish_hash,
    internal_message,
    is_internal_message,
    nonce_context,
)

UID, SID = bytes(range(16)), bytes(range(16, 32))


def item(**changes: bytes | int) -> FinishItem:
    fields = {"sid": SID, "Q1": G, "rho": bytes(32), "s_prime": 7} | changes
    return FinishItem(**fields)  # type: ignore[arg-type]  # a test's shorthand


def test_h_is_the_hash_of_prefixed_parts() -> None:
    expected = sm3(b"\x00\x00\x00\x0fMSHIELD/v1/test\x00\x00\x00\x00\x00\x00\x00\x03abc")
    assert H("test", b"", b"abc") == expected


def test_parts_cannot_be_shifted() -> None:
    assert len({H("t", b"ab", b"c"), H("t", b"a", b"bc"), H("t", b"abc"), H("ta", b"b", b"c")}) == 4


def test_hn_is_512_bits_mod_n() -> None:
    wide = int.from_bytes(H("t/0", b"x") + H("t/1", b"x"), "big")
    assert Hn("t", b"x") == wide % N


def test_absent_tau_is_an_empty_part() -> None:
    absent = finish_hash(uid=UID, items=[item()], tau=None)
    assert absent == H("finish", UID, SID, G, bytes(32), (7).to_bytes(32, "big"), b"")
    assert absent != finish_hash(uid=UID, items=[item()], tau=1)


def test_finish_hash_accepts_any_256_bit_number() -> None:
    finish_hash(uid=UID, items=[item(s_prime=(1 << 256) - 1)], tau=None)
    for outside in (-1, 1 << 256):
        with pytest.raises(Malformed):
            finish_hash(uid=UID, items=[item(s_prime=outside)], tau=None)


def test_internal_messages_are_recognised() -> None:
    message = internal_message("refresh", uid=UID, sid=SID)
    assert message == b"\x00\x00\x00\x12MSHIELD/v1/refresh" + LV(UID) + LV(SID)
    assert is_internal_message(message)
    assert is_internal_message(b"\x00\x00\x00\xffMSHIELD/v1/")
    assert not is_internal_message(b"\x00\x00\x01\x12MSHIELD/v1/refresh")
    assert not is_internal_message(b"\x00\x00\x00\x12MSHIELD/v2/refresh")
    assert not is_internal_message(b"MSHIELD/v1/refresh")
    assert not is_internal_message(b"")
    assert not is_internal_message(b"\x00\x00\x00\x12MSHIELD/v1")


@pytest.mark.parametrize("wrong", [b"", bytes(15), bytes(17)])
def test_ids_of_another_length_are_malformed(wrong: bytes) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: enrolment_context(uid=wrong, sid=SID),
        lambda: enrolment_context(uid=UID, sid=wrong),
        lambda: nonce_context(uid=wrong, epoch=0, sid=SID, e=bytes(32), c=bytes(32)),
        lambda: nonce_context(uid=UID, epoch=0, sid=wrong, e=bytes(32), c=bytes(32)),
        lambda: internal_message("confirm", uid=wrong, sid=SID),
        lambda: finish_hash(uid=wrong, items=[item()], tau=None),
        lambda: finish_hash(uid=UID, items=[item(sid=wrong)], tau=None),
        lambda: commitment(uid=wrong, epoch=0, sid=SID, e=bytes(32), Q1=G, rho=bytes(32)),
    )
    for call in calls:
        with pytest.raises(Malformed) as caught:
            call()
        assert caught.value.code == "malformed"


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_hashes_of_another_length_are_malformed(wrong: bytes) -> None:
    calls: tuple[Callable[[], object], ...] = (
        lambda: nonce_context(uid=UID, epoch=0, sid=SID, e=wrong, c=bytes(32)),
        lambda: nonce_context(uid=UID, epoch=0, sid=SID, e=bytes(32), c=wrong),
        lambda: commitment(uid=UID, epoch=0, sid=SID, e=wrong, Q1=G, rho=bytes(32)),
        lambda: commitment(uid=UID, epoch=0, sid=SID, e=bytes(32), Q1=G, rho=wrong),
        lambda: commitment(uid=UID, epoch=0, sid=SID, e=bytes(32), Q1=wrong, rho=bytes(32)),
        lambda: finish_hash(uid=UID, items=[item(rho=wrong)], tau=None),
        lambda: finish_hash(uid=UID, items=[item(Q1=wrong)], tau=None),
    )
    for call in calls:
        with pytest.raises(Malformed):
            call()


def test_epochs_have_32_bits() -> None:
    assert epoch_bytes(0x01020304) == b"\x01\x02\x03\x04"
    for outside in (-1, 1 << 32):
        with pytest.raises(Malformed):
            epoch_bytes(outside)
