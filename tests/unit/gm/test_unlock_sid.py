"""The sid of an unlock, to the byte as the phone makes it (frontend/packages/gm/test/unlock.test.ts has the same)."""

from mshield.gm.transcript import unlock_sid


def test_it_is_the_phones() -> None:
    made = unlock_sid(
        bytes(range(32)),
        account="01a20c12-3f40-7a11-9c55-0b1de2f3a4c6",
        device="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        shield_number="MS10720468813",
        origin="https://shield.example.cn",
    )
    assert made.hex() == "61130278b706765613d90441533295c6"
