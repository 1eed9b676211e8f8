"""The manual's life cycle of a certificate as a table: who may cause which event when, and its result.

Written by hand, independently of the domain's table, so that a mistake in either is found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import Final

from mshield.server.certificates.rules.states import CertificateEvent, CertificateState, Hold, Standing
from mshield.server.errors import Conflict, DomainError
from mshield.server.signing.errors import Held

# Columns: issued; active without a hold, with the event's own hold only, with any other hold; PIN-locked
# without and with the event's own hold; superseded; revoked. A cell is the following state, the hold placed
# (+) or lifted (-), or the refusal.
_LIFE: Final = """
prepare      service        issued    conflict    .           conflict    conflict  .           conflict  conflict
activate     service,user   active    conflict    .           conflict    conflict  .           conflict  conflict
lock_pin     service        conflict  pin_locked  .           pin_locked  conflict  .           conflict  conflict
supersede    user           conflict  superseded  .           held        conflict  .           conflict  conflict
revoke       legal_person,service,staff revoked revoked .     revoked     revoked   .           conflict  conflict
withdraw     service        revoked   conflict    .           conflict    conflict  .           conflict  conflict
find_clone   service        conflict  +clone      conflict    +clone      conflict  conflict    conflict  conflict
lift_clone   service        conflict  conflict    -clone      conflict    conflict  -clone      conflict  conflict
apply_again  user           conflict  +duplicate  conflict    +duplicate  conflict  conflict    conflict  conflict
report_loss  legal_person,user conflict  +lost       conflict    +lost       conflict  conflict    conflict  conflict
lift_loss    legal_person   conflict  conflict    -lost       conflict    conflict  -lost       conflict  conflict
freeze       legal_person   conflict  +frozen     conflict    +frozen     conflict  conflict    conflict  conflict
unfreeze     legal_person   conflict  conflict    -frozen     conflict    conflict  -frozen     conflict  conflict
suspend      staff          conflict  +suspended  conflict    +suspended  conflict  conflict    conflict  conflict
resume       staff          conflict  conflict    -suspended  conflict    conflict  -suspended  conflict  conflict
"""
_REFUSALS: Final = {"conflict": Conflict, "held": Held}
_IN_FORCE: Final = (CertificateState.ACTIVE, CertificateState.PIN_LOCKED)
_COLUMNS: Final = ("issued", "unheld", "own", "other", "locked", "locked_own", "superseded", "revoked")


@dataclass(frozen=True, slots=True)
class Line:
    """An event: who may cause it, and its cells by column."""

    who: frozenset[str]
    cells: dict[str, str]

    @property
    def own(self) -> str | None:
        """Hold that the event places or lifts."""
        return next((cell[1:] for cell in self.cells.values() if cell[0] in "+-"), None)


def _lines() -> dict[str, Line]:
    lines = {}
    for text in _LIFE.strip().splitlines():
        event, who, *cells = text.split()
        lines[event] = Line(frozenset(who.split(",")), dict(zip(_COLUMNS, cells, strict=True)))
    return lines


LIFE: Final = _lines()


def standings() -> Iterator[Standing]:
    """Yields all possible standings of a certificate."""
    for state in CertificateState:
        sizes = range(len(Hold) + 1) if state in _IN_FORCE else (0,)
        for size in sizes:
            for holds in combinations(Hold, size):
                yield Standing(state, frozenset(holds))


def what_follows(standing: Standing, event: CertificateEvent) -> Standing | type[DomainError]:
    """Returns the table's result of this event."""
    line = LIFE[event.value]
    cell = line.cells[_column(standing, line.own)]
    if cell in _REFUSALS:
        return _REFUSALS[cell]
    if cell[0] == "+":
        return Standing(standing.state, standing.holds | {Hold(cell[1:])})
    if cell[0] == "-":
        return Standing(standing.state, standing.holds - {Hold(cell[1:])})
    state = CertificateState(cell)
    return Standing(state, standing.holds if state in _IN_FORCE else frozenset())


def _column(standing: Standing, own: str | None) -> str:
    owns = own is not None and Hold(own) in standing.holds
    if standing.state is CertificateState.PIN_LOCKED:
        return "locked_own" if owns else "locked"
    if standing.state is not CertificateState.ACTIVE:
        return standing.state.value
    if owns:
        return "own"
    return "other" if standing.holds else "unheld"
