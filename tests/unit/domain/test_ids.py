"""Identifiers sort by time, and in the order in which they were made."""

import uuid

from mshield.domain.ids import new_id
from tests.conftest import START


def test_an_id_is_a_uuid_of_version_7_that_holds_its_time() -> None:
    value = uuid.UUID(new_id(START))
    assert (value.version, value.variant) == (7, uuid.RFC_4122)
    assert value.int >> 80 == START


def test_ids_sort_as_they_were_made() -> None:
    made = [new_id(START + number // 100) for number in range(1000)]
    assert made == sorted(set(made))


def test_a_clock_that_goes_back_still_gives_new_ids() -> None:
    assert len({new_id(START - number) for number in range(100)}) == 100
