"""The order of tests: none is lost, and each process starts with its share of the long ones."""

import pytest

from tests.support.order import long_first


@pytest.mark.parametrize("processes", [1, 2, 3, 4, 7])
@pytest.mark.parametrize(("short", "long"), [(1300, 12), (10, 3), (2, 5), (0, 4), (5, 0)])
def test_each_process_starts_with_its_share_of_long_tests(short: int, long: int, processes: int) -> None:
    quick, slow = [f"short {n}" for n in range(short)], [f"long {n}" for n in range(long)]
    ordered = long_first(quick, slow, processes)
    assert sorted(ordered) == sorted(quick + slow)
    assert [name for name in ordered if name in quick] == quick
    if short < long:
        return
    begin = 0
    for number in range(processes):  # distributed like xdist
        size = (len(ordered) - begin) // (processes - number)
        share = slow[number::processes]
        assert ordered[begin : begin + len(share)] == share
        begin += size
