"""How much strangers may spend of what costs this process something: per address, per network, and in all.

Counted in memory: what is counted here harms nobody else where another process counts it too.
"""

from collections import Counter

from mshield.domain.throttling import address_subject, prefix_subject


class Allowance:
    """So many per address, per network and in all within a window (ms); then the count begins anew."""

    def __init__(self, *, address: int, network: int, everybody: int, window: int) -> None:
        self._address, self._network, self._everybody, self._window = address, network, everybody, window
        self._start, self._all = 0, 0
        self._spent: Counter[str] = Counter()

    def wait(self, address: str, *, now: int) -> int:
        """Seconds until this address may spend again; 0 where it may now."""
        self._turn(now)
        spent = self._spent
        if (
            self._all < self._everybody
            and spent.get(_address(address), 0) < self._address
            and spent.get(_network(address), 0) < self._network
        ):
            return 0
        return (self._start + self._window - now) // 1000 + 1

    def spend(self, address: str, *, now: int) -> None:
        """Counts one; nothing of who has spent all, so that one address alone can't spend what everybody has."""
        if self.wait(address, now=now):
            return
        self._all += 1
        self._spent[_address(address)] += 1
        self._spent[_network(address)] += 1

    def _turn(self, now: int) -> None:
        if not self._start <= now < self._start + self._window:
            self._start, self._all = now, 0
            self._spent.clear()


def _address(address: str) -> str:
    return f"address {address_subject(address)}"


def _network(address: str) -> str:
    return f"network {prefix_subject(address)}"
