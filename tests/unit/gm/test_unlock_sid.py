"""The sid of an unlock, byte by byte as the phone makes it (also in frontend/packages/gm/test/unlock.test.ts)."""

from mshield.gm.transcript import unlock_sid


def test_unlock_sid_equals_the_phones() -> None:
    made = unlock_sid(
        bytes(range(32)),
        account="01a20c12-3f40-7a11-9c55-0b1de2f3a4c6",
        device="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I",
        shield_number="MS10720468813",
        origin="https://shield.example.cn",
    )
    assert made.hex() == "61130278b706765613d90441533295c6"
