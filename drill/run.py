"""The drill: `python -m drill.run [--phones N] [--out FILE] [FAULT…]`; `--list` names the faults and parts.

It builds the site, lets phones sign, causes and repairs each fault, and reports the effects; then it runs the
parts for one host, the image and the units. The exit code is 1 if anything acknowledged was lost, a phone was
locked, a PIN attempt was counted wrongly, two databases acknowledged at the same time, the site didn't
recover, the log doesn't verify, or a part failed. A part that this machine can't run is reported as not run,
with the reason, and fails only if it was requested by name.
"""

import argparse
import json
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from drill import loss
from drill.faults import FAULTS, Fault
from drill.one_host import image, units
from drill.one_host.parts import Tell, report
from drill.running import Load, enrol, loaded
from drill.site import NotInTime, Site, standing, until
from drill.verdict import Seen, Standing
from drill.verdict import seen as judged
from drill.verdict import standing as looked_up

PHONES: Final = 50
_QUIET: Final = 4.0
"""Seconds of load before a fault and after its repair."""

_HEALING: Final = 120.0
_LOOK: Final = 0.3
PARTS: Final = {image.NAME: image.drill, units.NAME: units.drill}
_CHECKS: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Result of one fault."""

    fault: str
    goal: float
    healed_in: float | None
    """Seconds from the end of the fault until the site was whole; None if that took too long."""

    out_after: float | None
    """Seconds until HAProxy took out the failed nodes; None if there are none or it didn't."""

    balanced: bool
    """Whether HAProxy had taken out exactly those nodes at the end of the fault."""

    planned: bool
    """Whether every request that the site accepted had to complete."""

    seen: Seen
    standing: Standing

    @property
    def right(self) -> bool:
        """Returns whether everything but the duration is as required."""
        whole = self.healed_in is not None and self.seen.first_success is not None
        ended = not (self.planned and self.seen.unfinished)
        return whole and ended and self.balanced and self.standing.right and not self.seen.writes_of_two

    @property
    def in_time(self) -> bool:
        """Returns whether the first success came within the goal."""
        return self.seen.first_success is not None and self.seen.first_success <= self.goal


def suffer(site: Site, load: Load, fault: Fault) -> Report:
    """Runs one fault under load, from a whole site to a whole site. Raises NotInTime if phones never finish."""
    with fault.prepared(site):
        until(site.whole, f"the site before {fault.name}", seconds=_HEALING)
        time.sleep(_QUIET)
        injury = fault.injury(site)
        began = time.time()
        with injury:
            out_after = _watch(site, fault, began)
            balanced = _balanced(site, fault)
        over = time.time()
        try:
            until(site.whole, "the site", seconds=_HEALING)
            healed: float | None = round(time.time() - over, 1)
        except NotInTime:
            healed = None
        time.sleep(_QUIET)
        ended = time.time()
    load.pause()
    stands = looked_up(site, load)
    load.go_on()
    return Report(
        fault=fault.name,
        goal=fault.goal,
        healed_in=healed,
        out_after=out_after,
        balanced=balanced,
        planned=fault.planned,
        seen=judged(load, began=began, ended=ended),
        standing=stands,
    )


def _watch(site: Site, fault: Fault, began: float) -> float | None:
    """Waits for the duration of the fault; returns when HAProxy took out the failed nodes."""
    out_after: float | None = None
    while (left := began + fault.seconds - time.time()) > 0:
        if fault.out and out_after is None and site.out_of_balancer() == fault.out:
            out_after = round(time.time() - began, 1)
        time.sleep(min(left, _LOOK))
    return out_after


def _balanced(site: Site, fault: Fault) -> bool:
    """Returns whether HAProxy took out the right nodes; one late check is tolerated."""
    try:
        until(lambda: site.out_of_balancer() == fault.out, "the balancer", seconds=_CHECKS)
    except NotInTime:
        return False
    return True


def drill(faults: Sequence[Fault], *, losing: bool, phones: int, folder: Path) -> dict[str, Any]:
    """Runs all faults in order, and the losing one if `losing`; returns the results for JSON."""
    began, tell = time.monotonic(), _telling()
    with standing(folder, tell) as site:
        enrol(site, folder / "load", phones)
        tell(f"{phones} phones have certificates")
        site.open(tell)
        reports = []
        with loaded(site, folder / "load", phones) as load:
            load.flow()
            tell("each has signed")
            for fault in faults:
                reports.append(suffer(site, load, fault))
                tell(_line(reports[-1]))
            log = site.mshield("log", "verify")
            lost = _lost(site, load, tell) if losing else None
    return {
        "phones": phones,
        "seconds": round(time.monotonic() - began),
        "faults": [asdict(report) | {"right": report.right, "in_time": report.in_time} for report in reports],
        "log": log,
        "loss": lost,
        "right": all(report.right for report in reports) and (lost is None or lost["right"]),
    }


def _telling() -> Tell:
    began = time.monotonic()

    def tell(what: str) -> None:
        print(f"{time.monotonic() - began:6.1f} s  {what}", flush=True)

    return tell


def _parts(names: Sequence[str], tell: Tell) -> list[dict[str, Any]]:
    """Returns the results of the parts; a part that raised an exception counts as failed."""
    reports = []
    for name in names:
        try:
            reports.append(report(name, PARTS[name], tell))
        except (RuntimeError, NotInTime) as error:
            tell(f"{name}: WRONG; {error}")
            reports.append({"part": name, "run": True, "right": False, "error": str(error)})
    return reports


def _lost(site: Site, load: Load, tell: Tell) -> dict[str, Any]:
    """Returns the result of the failover that loses data, or an error if it didn't finish."""
    try:
        lost = loss.lose(site, load)
    except (RuntimeError, NotInTime) as error:
        tell(f"{loss.NAME}: WRONG; {error}")
        return {"fault": loss.NAME, "right": False, "error": str(error)}
    tell(f"{loss.NAME}: {'right' if lost.right else 'WRONG'}; {lost}")
    return asdict(lost) | {"right": lost.right}


def _line(report: Report) -> str:
    seen, stands = report.seen, report.standing
    errors = ", ".join(f"{count} × {what}" for what, count in seen.errors.items()) or "no errors"
    verdict = "right" if report.right else "WRONG"
    if report.out_after is not None:
        errors += f"; out of HAProxy after {report.out_after} s"
    if not report.balanced:
        errors += "; HAProxy had other nodes out than those at fault"
    late = "" if report.in_time else f" (goal {report.goal:.0f} s)"
    return (
        f"{report.fault}: {verdict}; first success {seen.first_success} s{late}, gap {seen.longest_gap} s,"
        f" new primary {seen.new_primary or '-'}, healed {report.healed_in} s; lost {stands.lost} of"
        f" {stands.acknowledged} and {stands.lost_writes} of {stands.acknowledged_writes} writes, held {stands.held},"
        f" wrong counts {stands.wrong_pin_counts}, two primaries {seen.writes_of_two}, unfinished {seen.unfinished};"
        f" {errors}"
    )


def main() -> int:
    """Runs the drill and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m drill.run", description=__doc__)
    parser.add_argument("faults", nargs="*", metavar="FAULT", help="only these; without any, all")
    parser.add_argument("--phones", type=int, default=PHONES)
    parser.add_argument("--folder", type=Path, default=Path("var/drill"), help="logs of all nodes")
    parser.add_argument("--out", type=Path, default=Path("var/drill.json"))
    parser.add_argument("--list", action="store_true")
    asked = parser.parse_args()
    known = {fault.name: fault for fault in FAULTS}
    if asked.list:
        print("\n".join((*known, loss.NAME, *PARTS)))
        return 0
    names = asked.faults or [*known, loss.NAME, *PARTS]
    if unknown := set(names) - {*known, loss.NAME, *PARTS}:
        parser.error(f"no such fault: {', '.join(sorted(unknown))}; --list names them")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # faults are then repaired and the site removed
    faults, losing = [known[name] for name in names if name in known], loss.NAME in names
    result: dict[str, Any] = {"right": True}
    try:
        if faults or losing:
            result = drill(faults, losing=losing, phones=asked.phones, folder=asked.folder)
    except (RuntimeError, NotInTime) as error:
        print(f"the drill could not be made: {error}; logs: {asked.folder}", file=sys.stderr)
        return 1
    parts = result["parts"] = _parts([name for name in PARTS if name in names], _telling())
    result["right"] = result["right"] and all(
        part["right"] or not (part["run"] or asked.faults) for part in parts
    )
    asked.out.parent.mkdir(exist_ok=True)
    asked.out.write_text(json.dumps(result, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    left = "".join(f"; NOT RUN: {part['part']}, {part['reason']}" for part in parts if not part["run"])
    print(f"{'right' if result['right'] else 'WRONG'}{left}; {asked.out}")
    return 0 if result["right"] else 1


if __name__ == "__main__":
    sys.exit(main())
