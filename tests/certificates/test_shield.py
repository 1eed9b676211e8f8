"""R1: the shield number."""

import pytest

from mshield.wire.shield_number import display_number, format_number, new_number, parse_number


def test_r1_ms_and_eleven_digits_thirteen_characters() -> None:
    assert new_number(lambda below: below - 1) == "MS99999999999"
    assert new_number(lambda _: 0) == "MS00000000000"
    assert new_number(lambda _: 10720468813) == "MS10720468813"
    assert len(new_number()) == 13


def test_new_shield_numbers_differ() -> None:
    assert len({new_number() for _ in range(1000)}) == 1000


@pytest.mark.parametrize(
    "text",
    ["MS10720468813", "ms10720468813", "MS 107 2046 8813", "ms 107-2046-8813", "ＭＳ１０７２０４６８８１３"],
)
def test_typed_numbers_are_read(text: str) -> None:
    assert parse_number(text) == "MS10720468813"


@pytest.mark.parametrize(
    "text",
    ["", "MS1072046881", "MS107204688130", "10720468813", "MX10720468813", "MS1072046881O", "MS١0720468813"],
)
def test_other_texts_are_no_shield_numbers(text: str) -> None:
    assert parse_number(text) is None


def test_number_is_displayed_in_groups_of_three_four_four() -> None:
    assert display_number("MS10720468813") == "MS 107 2046 8813"


@pytest.mark.parametrize("value", [-1, 10**11])
def test_more_digits_are_refused(value: int) -> None:
    with pytest.raises(ValueError, match="11 digits"):
        format_number(value)


def test_only_a_number_is_displayed() -> None:
    with pytest.raises(ValueError, match="not a shield number"):
        display_number("MS1")
