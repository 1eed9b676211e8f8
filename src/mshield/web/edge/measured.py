"""Which operation a call was for and how it ended, for the service's own figures."""

from typing import Final

from starlette.types import Scope

from mshield.services.process.metrics import Metrics
from mshield.web.edge.edge import Measure
from mshield.web.router import Route

WAITING: Final = frozenset({"streamOwnRequest", "streamRequest", "followRequest", "getRequest"})
"""Operations that wait for somebody: how long they take says nothing of the service."""

_UNMEASURED: Final = frozenset({None, "publication", "service"})
"""What anyone may fetch."""

_REFUSED: Final = 400


def measure(metrics: Metrics) -> Measure:
    """Counts each answered call of an operation."""

    def note(scope: Scope, status: int, seconds: float) -> None:
        route: Route | None = scope.get("route")
        if route is None or route.audience in _UNMEASURED or not status:
            return
        name = route.operation_id
        code = "" if status < _REFUSED else scope.get("mshield.problem") or f"http_{status}"
        if name in WAITING:
            metrics.count(name, code)
        else:
            metrics.note(name, code, seconds)

    return note
