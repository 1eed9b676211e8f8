"""Which operation a call was for and how it ended, for the service's own figures."""

import time
from typing import TYPE_CHECKING, Final

from starlette.types import Scope

from mshield.gateways.tracing.call import current
from mshield.services.process.metrics import Metrics
from mshield.web.edge.edge import Measure
from mshield.web.router import Route

if TYPE_CHECKING:
    from mshield.gateways.tracing.spans import Spans

WAITING: Final = frozenset({"streamOwnRequest", "streamRequest", "followRequest", "getRequest"})
"""Operations that wait for somebody: how long they take says nothing of the service."""

_UNMEASURED: Final = frozenset({None, "publication", "service"})
"""What anyone may fetch."""

_REFUSED: Final = 400


def spanned(spans: "Spans", measured: Measure) -> Measure:
    """Tells a collector of each call of an operation whose trace is wanted, beside what is `measured`."""

    def note(scope: Scope, status: int, seconds: float) -> None:
        measured(scope, status, seconds)
        route: Route | None = scope.get("route")
        call = current()
        if route is None or call is None or not status or not call.trace.is_sampled:
            return
        problem = scope.get("mshield.problem")
        attributes = {
            "http.request.method": scope["method"],
            "http.route": route.path,
            "mshield.audience": route.audience or "",
        }
        spans.tell(
            call,
            route.operation_id or f"{scope['method']} {route.path}",
            ended=time.time_ns(),
            seconds=seconds,
            status=status,
            attributes=attributes | ({"error.type": problem} if problem else {}),
        )

    return note


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
