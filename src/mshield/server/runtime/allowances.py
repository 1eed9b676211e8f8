"""Limits on costly work: of unauthenticated callers per address, per network and in total, of others per caller.

Counters are kept in memory per process: counting twice across processes is harmless.
"""

from collections import Counter

from mshield.server.values.throttling import address_subject, prefix_subject


class Allowance:
    """Limits per address, per network and in total within a fixed window (ms), after which all counters reset."""

    def __init__(self, *, address: int, network: int, everybody: int, window: int) -> None:
        self._address, self._network, self._everybody, self._window = address, network, everybody, window
        self._start, self._all = 0, 0
        self._spent: Counter[str] = Counter()

    def wait(self, address: str, *, now: int) -> int:
        """Returns the seconds until this address may use it again; 0 if it may now."""
        self._turn(now)
        spent = self._spent
        if (
            self._all < self._everybody
            and spent.get(_address(address), 0) < self._address
            and spent.get(_network(address), 0) < self._network
        ):
            return 0
        return (self._start + self._window - now) // 1000 + 1

    def spend(self, address: str, *, now: int, number: int = 1) -> bool:
        """Records so many uses. False once the address is over its limit; then nothing is recorded.

        So one address can't exhaust the limit that all share.
        """
        if self.wait(address, now=now):
            return False
        self._all += number
        self._spent[_address(address)] += number
        self._spent[_network(address)] += number
        return True

    def _turn(self, now: int) -> None:
        if not self._start <= now < self._start + self._window:
            self._start, self._all = now, 0
            self._spent.clear()


class CallerAllowance:
    """Limit per authenticated caller within a fixed window (ms), after which all counters reset."""

    def __init__(self, *, window: int) -> None:
        self._window, self._start = window, 0
        self._spent: Counter[str] = Counter()

    def spend(self, caller: str, *, most: int, now: int) -> int:
        """Records one use and returns 0; once the caller has made `most`, returns the seconds to wait instead."""
        if not self._start <= now < self._start + self._window:
            self._start = now
            self._spent.clear()
        if self._spent[caller] >= most:
            return (self._start + self._window - now) // 1000 + 1
        self._spent[caller] += 1
        return 0


def _address(address: str) -> str:
    return f"address {address_subject(address)}"


def _network(address: str) -> str:
    return f"network {prefix_subject(address)}"
