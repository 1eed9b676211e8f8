"""The faults, each with how long it stays, what is hoped for, and its healing, which comes however the drill ends."""

import contextlib
import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from drill import daemons, processes, wires
from drill.plan import DATA, EDGE, ETCD, JOBS, SERVE
from drill.site import Site, until

SOON: Final = 5.0
"""Seconds until the first success, of what needs no new primary or knows at once that it does."""

BY_TTL: Final = 25.0
"""The same of a primary that says nothing: Patroni waits for its `ttl` of 20 s."""

Injury = AbstractContextManager[None]


@dataclass(frozen=True, slots=True)
class Fault:
    """`injury` is made when it is entered and healed when it is left; `seconds` lie between.

    `goal`: within how many seconds the first signature begun after it shall be acknowledged.
    """

    name: str
    seconds: float
    goal: float
    injury: Callable[[Site], Injury]


@contextlib.contextmanager
def _killed(site: Site, *nodes: str) -> Iterator[None]:
    for node in nodes:
        processes.end(node)
    try:
        yield
    finally:
        for node in nodes:
            site.start(node)


@contextlib.contextmanager
def _frozen(node: str, only: str | None = None) -> Iterator[None]:
    processes.send(node, signal.SIGSTOP, only=only)
    try:
        yield
    finally:
        processes.send(node, signal.SIGCONT)


@contextlib.contextmanager
def _cut_off(node: str) -> Iterator[None]:
    wires.link(node, up=False)
    try:
        yield
    finally:
        wires.link(node, up=True)


@contextlib.contextmanager
def _walled(node: str, *others: str) -> Iterator[None]:
    wires.wall(node, *others)
    try:
        yield
    finally:
        wires.unwall(node)


@contextlib.contextmanager
def _crashed_postmaster(site: Site, node: str) -> Iterator[None]:
    os.kill(site.postmaster(node), signal.SIGKILL)
    yield


@contextlib.contextmanager
def _full(disk: Path) -> Iterator[None]:
    file = disk / "filler"
    with contextlib.suppress(OSError), file.open("wb", buffering=0) as filler:
        while True:
            filler.write(bytes(1 << 20))
    try:
        yield
    finally:
        file.unlink(missing_ok=True)


@contextlib.contextmanager
def _jumping_clock(site: Site, node: str, days: int) -> Iterator[None]:
    """The clock of a running service jumps, and is set right at the end."""
    daemons.set_clock(site.folder, node, days=days)
    try:
        yield
    finally:
        daemons.set_clock(site.folder, node, days=0)


@contextlib.contextmanager
def _wrong_clock(site: Site, node: str, days: int) -> Iterator[None]:
    """The node's service is started anew with another time, and once more with the right one."""
    daemons.set_clock(site.folder, node, days=days)
    try:
        processes.halt(node)
        site.start(node)
        yield
    finally:
        daemons.set_clock(site.folder, node, days=0)
        processes.halt(node)
        site.start(node)


@contextlib.contextmanager
def _crashed_haproxy(site: Site, node: str) -> Iterator[None]:
    processes.send(node, signal.SIGKILL, only="haproxy.cfg")
    try:
        yield
    finally:
        processes.halt(node)
        site.start(node)


@contextlib.contextmanager
def _switched_over(site: Site) -> Iterator[None]:
    switch_over(site)
    yield


def switch_over(site: Site) -> None:
    """The synchronous standby takes the primary's place, in order."""
    site.patronictl(
        "switchover", "mshield", "--leader", site.primary(), "--candidate", site.synchronous(), "--force"
    )


@contextlib.contextmanager
def _all_restarted(site: Site) -> Iterator[None]:
    """Each node in its turn, the primary last, as after an upgrade."""
    for node in (*SERVE, JOBS, *EDGE, *ETCD):
        site.stop(node)
        site.start(node)
        until(site.whole, f"the site after {node}", seconds=60)
        time.sleep(2)
    last = site.primary()
    for node in (*(standby for standby in DATA if standby != last), last):
        if node == last:
            switch_over(site)
            until(site.whole, "the site after the switchover", seconds=60)
        site.stop(node)
        site.start(node)
        until(site.whole, f"the site after {node}", seconds=90)
    yield


def _others(node: str) -> list[str]:
    return [other for other in DATA if other != node]


FAULTS: Final = (
    Fault("postmaster crashed", 12, SOON, lambda s: _crashed_postmaster(s, s.primary())),
    Fault("primary killed", 25, BY_TTL, lambda s: _killed(s, s.primary())),
    Fault("primary frozen", 35, BY_TTL, lambda s: _frozen(s.primary())),
    Fault("postgresql frozen", 35, BY_TTL, lambda s: _frozen(s.primary(), "postgres")),
    Fault("primary cut off", 35, BY_TTL, lambda s: _cut_off(s.primary())),
    Fault("primary without etcd", 30, SOON, lambda s: _walled(s.primary(), *ETCD)),
    Fault("primary without standbys", 25, 45, lambda s: _walled(p := s.primary(), *_others(p))),
    Fault("synchronous standby killed", 15, SOON, lambda s: _killed(s, s.synchronous())),
    Fault("synchronous standby frozen", 20, 10, lambda s: _frozen(s.synchronous())),
    Fault("asynchronous standby killed", 10, SOON, lambda s: _killed(s, s.asynchronous())),
    Fault("etcd leader killed", 12, SOON, lambda s: _killed(s, s.etcd_leader())),
    Fault("etcd majority killed", 25, SOON, lambda s: _killed(s, *ETCD[:2])),
    Fault("haproxy killed", 10, SOON, lambda s: _crashed_haproxy(s, s.edge())),
    Fault("edge cut off", 25, SOON, lambda s: _cut_off(s.edge())),
    Fault("service killed", 10, SOON, lambda s: _killed(s, SERVE[0])),
    Fault("service frozen", 35, SOON, lambda _: _frozen(SERVE[0])),
    Fault("service cut off", 25, SOON, lambda _: _cut_off(SERVE[0])),
    Fault("service without database", 20, SOON, lambda _: _walled(SERVE[0], *DATA)),
    Fault("jobs killed", 10, SOON, lambda s: _killed(s, JOBS)),
    Fault("primary's disk full", 25, BY_TTL, lambda s: _full(s.folder.disk(s.primary()))),
    Fault("clock jumps 3 days", 25, SOON, lambda s: _jumping_clock(s, SERVE[0], 3)),
    Fault("started with clock 3 days ahead", 25, SOON, lambda s: _wrong_clock(s, SERVE[0], 3)),
    Fault("switchover", 10, SOON, _switched_over),
    Fault("rolling restart", 2, SOON, _all_restarted),
)
