"""The faults, each with its duration, its goal, and a repair that runs however the drill ends."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from drill import daemons, processes, wires
from drill.far import far_away
from drill.plan import DATA, EDGE, ETCD, JOBS, SERVE
from drill.site import Site, until

SOON: Final = 5.0
"""Seconds to the first success if no new primary is needed, or the need is detected at once."""

BY_TTL: Final = 25.0
"""Seconds to the first success if the primary fails silently: Patroni waits for its `ttl` of 20 s."""

SLOWLY: Final = 10.0
"""Seconds to the first success if service continues, each step a little slower."""

Injury = AbstractContextManager[None]


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault whose `injury` is entered to cause it and left to repair it, `seconds` later.

    `goal` is the greatest number of seconds until the first signature begun after the fault is acknowledged.
    """

    name: str
    seconds: float
    goal: float
    injury: Callable[[Site], Injury]
    out: frozenset[str] = frozenset()
    """Service nodes that HAProxy must take out by itself; it must keep all others."""

    planned: bool = False
    """Whether every request that the site accepted must complete."""

    prepared: Callable[[Site], Injury] = lambda _: contextlib.nullcontext()
    """Context around the fault, under load, that changes how the site is set up."""


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
def _hung_loop(node: str) -> Iterator[None]:
    """Stops Patroni's loop while it still answers calls: the case that the guard exists for."""
    (patroni,) = processes.named(node, f"python3 {daemons.PATRONI}")
    command = (sys.executable, "-m", "drill.hang", str(patroni))
    with subprocess.Popen(command, stdout=subprocess.PIPE) as holder:
        if not (holder.stdout and holder.stdout.readline()):
            raise RuntimeError(f"process {patroni} can't be stopped")
        try:
            yield
        finally:
            holder.kill()


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
    """Moves the clock of a running service, and corrects it at the end."""
    daemons.set_clock(site.folder, node, days=days)
    try:
        yield
    finally:
        daemons.set_clock(site.folder, node, days=0)


@contextlib.contextmanager
def _wrong_clock(site: Site, node: str, days: int) -> Iterator[None]:
    """Restarts the node's service with a wrong time, and once more with the right one."""
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
def _standby_with_clock(site: Site, days: int) -> Iterator[None]:
    """Runs the synchronous standby with another clock."""
    node = site.asynchronous()
    daemons.set_clock(site.folder, node, days=days)
    try:
        for other in (node, site.synchronous()):  # the asynchronous one takes over its role
            site.stop(other)
            site.start(other)
            until(site.whole, f"the site after {other}", seconds=60)
        yield
    finally:
        daemons.take_clock_away(site.folder, node)
        site.stop(node)
        site.start(node)


def _all_doubt(site: Site) -> bool:
    return all(site.checks(node).get("clock") == "database" for node in SERVE)


@contextlib.contextmanager
def _switched_there_and_back(site: Site) -> Iterator[None]:
    """Switches over to a primary with a wrong clock, which services must notice; repairs it as the runbook says."""
    switch_over(site)
    try:
        until(lambda: _all_doubt(site), "doubt of the database's clock", seconds=15)
        yield
    finally:
        until(site.synchronous, "a synchronous standby", seconds=60)
        switch_over(site)


@contextlib.contextmanager
def _pooled(site: Site) -> Iterator[None]:
    """Runs PgBouncer between the services and the database."""
    try:
        for node in SERVE:
            processes.halt(node)
            daemons.start_pooler(site.folder, node)
            daemons.start_service(site.folder, node, **daemons.pooled_settings(site.folder))
            until(site.whole, f"the site with a pooler at {node}", seconds=60)
        yield
    finally:
        for node in SERVE:
            processes.halt(node)
            site.start(node)
            until(partial(site.ready, node), f"{node} without a pooler", seconds=60)


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
    """Makes the synchronous standby the primary in a planned switchover."""
    site.patronictl(
        "switchover", "mshield", "--leader", site.primary(), "--candidate", site.synchronous(), "--force"
    )


@contextlib.contextmanager
def _all_restarted(site: Site) -> Iterator[None]:
    """Restarts all nodes in turn, the primary last, as after an upgrade."""
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


def _far_standby(site: Site) -> Injury:
    return far_away(site, site.synchronous(), milliseconds=100)


_FIRST: Final = frozenset({SERVE[0]})
FAULTS: Final = (
    Fault("postmaster crashed", 12, SOON, lambda s: _crashed_postmaster(s, s.primary())),
    Fault("primary killed", 25, BY_TTL, lambda s: _killed(s, s.primary())),
    Fault("primary frozen", 35, BY_TTL, lambda s: _frozen(s.primary())),
    Fault("postgresql frozen", 35, BY_TTL, lambda s: _frozen(s.primary(), "postgres")),
    Fault("primary cut off", 35, BY_TTL, lambda s: _cut_off(s.primary())),
    Fault("primary without etcd", 30, SOON, lambda s: _walled(s.primary(), *ETCD)),
    Fault("primary's Patroni frozen", 30, SOON, lambda s: _frozen(s.primary(), f"python3 {daemons.PATRONI}")),
    Fault("primary's Patroni hangs", 45, SOON, lambda s: _hung_loop(s.primary())),
    Fault("primary without standbys", 25, 45, lambda s: _walled(p := s.primary(), *_others(p))),
    Fault("synchronous standby killed", 15, SOON, lambda s: _killed(s, s.synchronous())),
    Fault("synchronous standby frozen", 20, 10, lambda s: _frozen(s.synchronous())),
    Fault("asynchronous standby killed", 10, SOON, lambda s: _killed(s, s.asynchronous())),
    Fault("etcd leader killed", 12, SOON, lambda s: _killed(s, s.etcd_leader())),
    Fault("etcd majority killed", 25, SOON, lambda s: _killed(s, *ETCD[:2])),
    Fault("haproxy killed", 10, SOON, lambda s: _crashed_haproxy(s, s.edge())),
    Fault("edge cut off", 25, SOON, lambda s: _cut_off(s.edge())),
    Fault("service killed", 10, SOON, lambda s: _killed(s, SERVE[0]), out=_FIRST),
    Fault("service frozen", 35, SOON, lambda _: _frozen(SERVE[0]), out=_FIRST),
    Fault("service cut off", 25, SOON, lambda _: _cut_off(SERVE[0]), out=_FIRST),
    Fault("service without database", 20, SOON, lambda _: _walled(SERVE[0], *DATA)),
    Fault("jobs killed", 10, SOON, lambda s: _killed(s, JOBS)),
    Fault("primary's disk full", 25, BY_TTL, lambda s: _full(s.folder.disk(s.primary()))),
    Fault("clock jumps 3 days", 25, SOON, lambda s: _jumping_clock(s, SERVE[0], 3), out=_FIRST),
    Fault("started with clock 3 days ahead", 25, SOON, lambda s: _wrong_clock(s, SERVE[0], 3), out=_FIRST),
    Fault(
        "database's clock 3 days ahead",
        20,
        SOON,
        _switched_there_and_back,
        prepared=lambda s: _standby_with_clock(s, 3),
    ),
    Fault("primary's packets delayed", 15, SLOWLY, lambda s: far_away(s, s.primary(), milliseconds=25)),
    Fault("synchronous standby's packets delayed", 12, SLOWLY, _far_standby),
    Fault("primary killed behind PgBouncer", 25, BY_TTL, lambda s: _killed(s, s.primary()), prepared=_pooled),
    Fault("switchover", 10, SOON, _switched_over, planned=True),
    Fault("rolling restart", 2, SOON, _all_restarted, planned=True),
)
