"""HTTP application: the routes of all audiences, the edge in front of them, the OpenAPI documents."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from mshield.server.errors import DomainError
from mshield.server.http.business import ROUTERS as BUSINESS
from mshield.server.http.business.authentication import authenticated_system
from mshield.server.http.console import ROUTERS as CONSOLE
from mshield.server.http.console.authentication import staff_again
from mshield.server.http.demonstration import ROUTES as DEMONSTRATION
from mshield.server.http.edge.admission import Gate
from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.edge.edge import NO_PAGE, Edge, secured
from mshield.server.http.edge.idempotency import Again, allowance_of_strangers
from mshield.server.http.edge.watched import measure, spanned, watching
from mshield.server.http.oidc import ROUTERS as OIDC
from mshield.server.http.openapi import documents
from mshield.server.http.pages import docs, download, problems, scanned_link
from mshield.server.http.pages.unknown import unknown
from mshield.server.http.pc import ROUTERS as PC
from mshield.server.http.pc.cors import PcCors
from mshield.server.http.phone import ROUTERS as PHONE
from mshield.server.http.phone.authentication import phone_of
from mshield.server.http.phone.signing import allowance_of_wrong_pins
from mshield.server.http.portal import ROUTERS as PORTAL
from mshield.server.http.portal.authentication import legal_person_again
from mshield.server.http.problems import Refusals
from mshield.server.http.publication import ROUTERS as PUBLICATION
from mshield.server.http.register import ROUTERS as REGISTER
from mshield.server.http.router import Route
from mshield.server.http.service import ROUTERS as SERVICE
from mshield.server.http.sites import assets, console_app, phone_app, portal_app, register_app, verify_app
from mshield.server.http.waiting.held import HeldCalls
from mshield.server.runtime.metrics import Metrics

if TYPE_CHECKING:
    from mshield.server.runtime.tracing.spans import Spans

_ROUTERS: Final = (
    *PHONE,
    *PORTAL,
    *REGISTER,
    *BUSINESS,
    *PC,
    *OIDC,
    *CONSOLE,
    *PUBLICATION,
    *SERVICE,
)
_PAGES: Final = (
    *assets.ROUTES,
    *phone_app.ROUTES,
    *portal_app.ROUTES,
    *console_app.ROUTES,
    *verify_app.ROUTES,
    *register_app.ROUTES,
    *scanned_link.ROUTES,
    *download.ROUTES,
    *documents.ROUTES,
    *docs.ROUTES,
    *problems.ROUTES,
)

AGAIN: Final[Mapping[str, Again]] = {
    "phone": lambda request, _: phone_of(request),
    "portal": legal_person_again,
    "business": lambda request, _: authenticated_system(request),
    "console": staff_again,
}
"""How the caller of a repeat is authenticated, by audience."""


class Service(Starlette):
    """Starlette for lifespan and state; every HTTP call goes to `front`."""

    front: ASGIApp
    all_routes: tuple[Route, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self.front(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def build(
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[Mapping[str, Any]]],
    *,
    version: str,
    origin: str,
    store_errors: Mapping[type[Exception], type[DomainError]],
    demo: bool,
    access_log: bool,
    metrics: Metrics,
    most_calls: int,
    spans: "Spans | None" = None,
    traced: float = 0.0,
) -> Service:
    """Builds the application; `lifespan` puts the context into `app.state.context`, `metrics` records each call.

    At most `most_calls` are carried out at once. `spans` receives the share `traced` of new traces, and all
    traces that callers have sampled.
    """
    app, refusals = Service(lifespan=lifespan), Refusals(store_errors)
    app.all_routes = (
        *chain.from_iterable(router.routes for router in _ROUTERS),
        *_PAGES,
        *(DEMONSTRATION if demo else ()),
    )
    app.state.held_calls = HeldCalls()
    app.state.kept_for_strangers = allowance_of_strangers()
    app.state.again = AGAIN
    app.state.refusals = refusals
    app.state.wrong_pins = allowance_of_wrong_pins()
    app.state.documents = documents.Documents(app.all_routes, version=version, origin=origin)
    dispatch = Dispatch(app, app.all_routes, refuse=refusals, unknown=unknown, most=most_calls)
    watch = watching(app.state)
    counted = measure(metrics)
    noted = counted if spans is None else spanned(spans, counted)
    app.state.gate = Gate(dispatch.room_of, headers=(*secured(origin), NO_PAGE), measure=counted, watch=watch)
    app.front = Edge(
        PcCors(dispatch), origin=origin, access_log=access_log, measure=noted, watch=watch, traced=traced
    )
    return app
