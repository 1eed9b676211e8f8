"""The one fault that loses data, by an operator's decision: a failover to the standby that lacks the last seconds.

Every process must end before it answers from the older copy, and no phone may be locked by it. Then the
restore is declared once, and phones continue.
"""

import contextlib
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Final

from drill import processes, wires
from drill.plan import DATA, JOBS, SERVE
from drill.running import Load, lines
from drill.site import Site, until

NAME: Final = "forced failover that loses 8 s"
_BEHIND: Final = 8.0
_ENDING: Final = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Result of the fault; seconds count from the end of the former primary, for `going_on` from the declaration."""

    fault: str
    lost: int
    """Number of acknowledged signatures that are lost, as the operator accepted."""

    new_primary: float
    ended: dict[str, float | None]
    """Time at which each process of the service ended; None if one kept running."""

    acknowledged_from_older: int
    """Signatures begun after the failover and acknowledged from the older copy before the declaration; must be 0."""

    lifted: int
    held: int
    going_on: float

    @property
    def right(self) -> bool:
        """Returns whether all processes ended before answering, no phone is locked, and only expected data is lost."""
        ended = all(seconds is not None for seconds in self.ended.values())
        return ended and self.lost > 0 and not self.acknowledged_from_older and not self.held


def lose(site: Site, load: Load) -> Loss:
    """Causes the fault, declares the restore and repairs the site. Raises NotInTime if that takes too long."""
    primary, synchronous, third = site.primary(), site.synchronous(), site.asynchronous()
    with _behind(third, primary, synchronous):
        time.sleep(_BEHIND)
        began = time.time()
        for node in (primary, synchronous):
            processes.end(node)
    until(lambda: _take_over(site, third), f"{third} as the primary", seconds=90, every=1)
    taken = time.time()
    ended = {node: _ended(node, began) for node in (*SERVE, JOBS)}
    _rejoin(site, primary, synchronous)
    events = list(lines(load.events))
    kept = set(site.sql("SELECT encode(sid, 'hex') FROM signatures", database="mshield"))
    signed = [event for event in events if event["event"] == "signed"]
    before = {sid for event in signed if event["at"] < began + 1 for sid in event["sids"]}
    late = [event for event in signed if event["began"] > began and event["at"] > taken]
    for node in (*SERVE, JOBS):
        processes.end(node)
    declared = site.mshield("restore", "declare", "--yes")
    again = time.time()
    for node in (*SERVE, JOBS):
        site.start(node)
    until(lambda: _signs(load, again), "a signature after the declaration", seconds=60, every=0.5)
    first = min(
        event["at"] for event in lines(load.events) if event["event"] == "signed" and event["at"] > again
    )
    time.sleep(5)
    held = site.sql("SELECT count(*) FROM certificates WHERE holds <> ''", database="mshield")
    return Loss(
        fault=NAME,
        lost=len(before - kept),
        new_primary=round(taken - began, 1),
        ended=ended,
        acknowledged_from_older=len(late),
        lifted=int(declared.get("lifted", 0)),
        held=int(held[0]),
        going_on=round(first - again, 1),
    )


@contextlib.contextmanager
def _behind(node: str, *others: str) -> Iterator[None]:
    wires.wall(node, *others)
    try:
        yield
    finally:
        wires.unwall(node)


def _take_over(site: Site, node: str) -> bool:
    command = ("failover", "mshield", "--candidate", node, "--force")
    with contextlib.suppress(RuntimeError):  # impossible before the former primary's `ttl` is over
        site.patronictl(*command)
    member = site.members().get(node, {})
    return bool(member.get("role") == "leader" and member.get("state") == "running")


def _ended(node: str, began: float) -> float | None:
    late = time.monotonic() + _ENDING
    while processes.of(node):
        if time.monotonic() > late:
            return None
        time.sleep(0.2)
    return round(time.time() - began, 1)


def _rejoin(site: Site, *nodes: str) -> None:
    """Rebuilds nodes that are ahead of the new primary, since they can't rejoin by themselves."""
    for node in nodes:
        site.start(node)
    until(lambda: len(site.members()) == len(DATA), "all members", seconds=60)
    for node in nodes:
        until(partial(_reinitialized, site, node), f"{node} initialized again", seconds=60, every=2)
    until(
        lambda: (
            all(m["state"] in {"running", "streaming"} for m in site.members().values())
            and site.synchronous()
        ),
        "standbys",
        seconds=120,
        every=1,
    )


def _reinitialized(site: Site, node: str) -> bool:
    try:
        site.patronictl("reinit", "mshield", node, "--force")
    except RuntimeError:
        return False
    return True


def _signs(load: Load, since: float) -> bool:
    return any(event["event"] == "signed" and event["at"] > since for event in lines(load.events))
