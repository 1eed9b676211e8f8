"""Identifiers sort by time and in the order of creation; texts of another form are refused."""

import uuid

from mshield.wire.ids import is_client_id, is_id, new_id
from tests.support.clock import START


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time() -> None:
    value = uuid.UUID(new_id(START))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == START


def test_ids_sort_in_order_of_creation() -> None:
    made = [new_id(START + number // 100) for number in range(1000)]
    assert made == sorted(set(made))


def test_a_clock_that_goes_back_still_gives_new_ids() -> None:
    assert len({new_id(START - number) for number in range(100)}) == 100


def test_only_generated_ids_have_the_form() -> None:
    assert all(is_id(new_id(START + number)) for number in range(100))
    made = new_id(START)
    for other in (
        "",
        made[:-1],
        made + "0",
        made + "\n",
        made.upper(),
        made.replace("-", ""),
        "\0",
        "１" * 36,
    ):
        assert not is_id(other)


def test_client_ids_have_a_form() -> None:
    assert all(map(is_client_id, ("bs-0123456789abcdef", "mshield", "https://a.example/~x")))
    assert not any(map(is_client_id, ("", "a" * 65, "a b", "a\n", "a\0", "单一窗口")))
