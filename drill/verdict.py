"""Effects of a fault: what phones and systems saw, and whether the database holds everything acknowledged.

Nothing acknowledged may be lost, no phone may be locked, no PIN attempt may be counted that wasn't answered
as wrong, and no two databases may acknowledge at the same time. Durations have goals, which a busy machine
may miss.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from drill.running import Calls, Load, lines
from drill.site import Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """The database compared with what was acknowledged; any difference fails the drill."""

    acknowledged: int
    acknowledged_writes: int
    lost: int
    lost_writes: int
    held: int
    wrong_pin_counts: int
    """Keys whose count differs from the wrong PINs that their phone was answered."""

    @property
    def right(self) -> bool:
        """Returns whether there is no difference."""
        return not (self.lost or self.lost_writes or self.held or self.wrong_pin_counts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What callers saw of one fault; seconds count from its beginning."""

    first_success: float | None
    """Time of the first signature begun after the fault; None if there was none."""

    longest_gap: float
    """Longest time without any acknowledged step."""

    new_primary: dict[str, float]
    writes_of_two: int
    """Writes that a former primary acknowledged after the new one had."""

    signed: int
    unfinished: int
    """Requests that the site accepted but that couldn't be completed despite retries."""

    errors: dict[str, int] = field(default_factory=dict)


def standing(site: Site, load: Load) -> Standing:
    """Looks up everything that was acknowledged; the load is paused meanwhile."""
    # Read the events first: direct writes continue, and later ones aren't looked up.
    events = list(lines(load.events))
    writes = {event["id"] for event in lines(load.writes)}
    kept = set(site.sql("SELECT encode(sid, 'hex') FROM signatures", database="mshield"))
    signed = {sid for event in events if event["event"] == "signed" for sid in event["sids"]}
    written = {int(number) for number in site.sql("SELECT id FROM writes", database="drill")}
    held = site.sql("SELECT count(*) FROM certificates WHERE holds <> ''", database="mshield")
    return Standing(
        acknowledged=len(signed),
        acknowledged_writes=len(writes),
        lost=len(signed - kept),
        lost_writes=len(writes - written),
        held=int(held[0]),
        wrong_pin_counts=len(_wrong_counts(site, events)),
    )


def _wrong_counts(site: Site, events: Sequence[dict[str, Any]]) -> list[str]:
    """Returns the keys whose count differs from the answers to their phone."""
    phones = {event["phone"]: event["uid"] for event in events if event["event"] == "phone"}
    typed = Counter(phones[event["phone"]] for event in events if event["event"] == "wrong_pin")
    rows = site.sql("SELECT encode(uid, 'hex'), wrong_total FROM keys", database="mshield")
    counted = {uid: int(total) for uid, total in (row.split("|") for row in rows)}
    return [uid for uid in phones.values() if counted.get(uid) != typed[uid]]


def seen(load: Calls, *, began: float, ended: float, before: float = 5.0) -> Seen:
    """Returns what the load saw of a fault between these times."""
    known = list(lines(load.events))
    events = [event for event in known if began - before <= event["at"] <= ended]
    steps = sorted(event["at"] for event in events if event["event"] in {"signed", "result"})
    firsts = [event["at"] for event in events if event["event"] == "signed" and event["began"] >= began]
    edges = [*([] if steps and steps[0] <= began else [began]), *steps, ended]
    gaps = [later - sooner for sooner, later in pairwise(edges) if later > began]
    errors = Counter(
        " ".join(str(part) for part in (event["step"], event["status"], event["code"]) if part is not None)
        for event in events
        if event["event"] == "error" and event["at"] >= began
    )
    first, both = _primaries(load, began, ended)
    return Seen(
        first_success=round(min(firsts) - began, 2) if firsts else None,
        longest_gap=round(max(gaps, default=ended - began), 2),
        new_primary={node: round(at - began, 1) for node, at in first.items() if at > began},
        writes_of_two=both,
        signed=len(firsts),
        unfinished=len(_unfinished(events, known)),
        errors=dict(errors.most_common()),
    )


def _unfinished(events: Sequence[dict[str, Any]], known: Sequence[dict[str, Any]]) -> set[str]:
    """Returns requests made during the fault that have no result although all phones have finished."""
    asked = {event["id"] for event in events if event["event"] == "asked"}
    done = {event["id"] for event in known if event["event"] == "result" and event["state"] == "signed"}
    return asked - done


def _primaries(load: Calls, began: float, ended: float) -> tuple[dict[str, float], int]:
    """Returns each node's first acknowledged write, and the number of writes after its successor's first."""
    writes = sorted(
        (event for event in lines(load.writes) if began - 1 <= event["at"] <= ended),
        key=lambda event: event["at"],
    )
    first: dict[str, float] = {}
    for event in writes:
        first.setdefault(event["node"], event["at"])
    order = list(first)
    both = sum(
        event["at"] > first[later]
        for event in writes
        for later in order[order.index(event["node"]) + 1 :][:1]
    )
    return first, both
