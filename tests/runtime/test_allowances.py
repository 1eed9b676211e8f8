"""Allowances of strangers: per address, per network and in total, without locking out others."""

from mshield.server.runtime.allowances import Allowance
from mshield.wire.times import HOUR_MS

NOW = 1_795_500_000_000


def _allowance() -> Allowance:
    return Allowance(address=2, network=4, everybody=6, window=HOUR_MS)


def _spend(allowance: Allowance, address: str, times: int, *, now: int = NOW) -> None:
    for _ in range(times):
        allowance.spend(address, now=now)


def test_an_address_waits_for_the_windows_end() -> None:
    allowance = _allowance()
    _spend(allowance, "192.0.2.1", 2)
    assert allowance.wait("192.0.2.1", now=NOW + 1_000) == 3_600
    assert allowance.wait("192.0.2.2", now=NOW) == 0
    assert allowance.wait("192.0.2.1", now=NOW + HOUR_MS) == 0


def test_a_network_and_all_together_have_a_bound() -> None:
    allowance = _allowance()
    for number in range(2):
        _spend(allowance, f"192.0.2.{number}", 2)
    assert allowance.wait("192.0.2.9", now=NOW)
    assert not allowance.wait("198.51.100.1", now=NOW)
    _spend(allowance, "198.51.100.1", 2)
    assert allowance.wait("203.0.113.1", now=NOW)


def test_one_address_cannot_use_up_the_total_allowance() -> None:
    allowance = _allowance()
    _spend(allowance, "192.0.2.1", 1_000)
    assert not allowance.wait("192.0.2.2", now=NOW)
    assert not allowance.wait("198.51.100.1", now=NOW)


def test_clock_that_goes_back_resets_the_allowance() -> None:
    allowance = _allowance()
    _spend(allowance, "192.0.2.1", 2)
    assert allowance.wait("192.0.2.1", now=NOW - HOUR_MS) == 0
