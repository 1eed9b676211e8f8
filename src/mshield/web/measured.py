"""Which operation a call was for and how it ended, for the service's own figures."""

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from fastapi.routing import APIRoute, APIRouter
from starlette.types import Scope

from mshield.services.process.metrics import Metrics
from mshield.web.edge import Measure

WAITING: Final = frozenset({"streamOwnRequest", "streamRequest", "followRequest", "getRequest"})
"""Operations that wait for somebody: how long they take says nothing of the service."""

_REFUSED: Final = 400


def measure(metrics: Metrics, routers: Mapping[str, Iterable[APIRouter]]) -> Measure:
    """Counts each answered call of these routers' operations."""
    names: dict[Callable[..., object], str] = {
        route.endpoint: route.operation_id or route.name
        for group in routers.values()
        for router in group
        for route in router.routes
        if isinstance(route, APIRoute)
    }

    def note(scope: Scope, status: int, seconds: float) -> None:
        name = names.get(scope.get("endpoint"))  # type: ignore[arg-type]  # a scope's values have no types
        if name is None or not status:
            return
        code = "" if status < _REFUSED else scope.get("mshield.problem") or f"http_{status}"
        if name in WAITING:
            metrics.count(name, code)
        else:
            metrics.note(name, code, seconds)

    return note
