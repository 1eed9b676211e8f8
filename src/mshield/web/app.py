"""The HTTP application: the routes of all audiences, what stands in front of them, the OpenAPI documents."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

from starlette.applications import Starlette
from starlette.types import ASGIApp, Receive, Scope, Send

from mshield.domain import errors
from mshield.services.process.metrics import Metrics
from mshield.web.business import ROUTERS as BUSINESS
from mshield.web.console import ROUTERS as CONSOLE
from mshield.web.demonstration import ROUTES as DEMONSTRATION
from mshield.web.edge.dispatch import Dispatch
from mshield.web.edge.edge import NO_PAGE, Edge, secured
from mshield.web.edge.gate import Gate
from mshield.web.edge.idempotency import allowance_of_strangers
from mshield.web.edge.measured import measure, spanned
from mshield.web.edge.watched import watching
from mshield.web.oidc import ROUTERS as OIDC
from mshield.web.openapi import documents
from mshield.web.pages import docs, download, problems, scanned_link
from mshield.web.pages.unknown import unknown
from mshield.web.pc import ROUTERS as PC
from mshield.web.pc.cors import PcCors
from mshield.web.phone import ROUTERS as PHONE
from mshield.web.phone.signing import allowance_of_wrong_pins
from mshield.web.portal import ROUTERS as PORTAL
from mshield.web.problems import Refusals
from mshield.web.publication import ROUTERS as PUBLICATION
from mshield.web.register import ROUTERS as REGISTER
from mshield.web.router import Route
from mshield.web.service import ROUTERS as SERVICE
from mshield.web.sites import assets, console_app, phone_app, portal_app, register_app, verify_app
from mshield.web.waiting.held import HeldCalls

if TYPE_CHECKING:
    from mshield.gateways.tracing.spans import Spans

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


class Service(Starlette):
    """Starlette for life span and state; `front` sees each call over HTTP first."""

    front: ASGIApp
    all_routes: tuple[Route, ...]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] == "http":
            await self.front(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


def build(
    lifespan: Callable[[Starlette], AbstractAsyncContextManager[Mapping[str, Any]]],
    *,
    version: str,
    origin: str,
    store_errors: Mapping[type[Exception], type[errors.DomainError]],
    demo: bool,
    access_log: bool,
    metrics: Metrics,
    most_calls: int,
    spans: "Spans | None" = None,
    traced: float = 0.0,
) -> Service:
    """The application; `lifespan` puts the context into `app.state.context`, `metrics` get each call.

    `most_calls` are carried out at once. `spans` get the share `traced` of traces that begin here, and all others that
    callers want.
    """
    app = Service(lifespan=lifespan)
    app.all_routes = (
        *chain.from_iterable(router.routes for router in _ROUTERS),
        *_PAGES,
        *(DEMONSTRATION if demo else ()),
    )
    app.state.held_calls = HeldCalls()
    app.state.kept_for_strangers = allowance_of_strangers()
    app.state.wrong_pins = allowance_of_wrong_pins()
    app.state.documents = documents.Documents(app.all_routes, version=version, origin=origin)
    dispatch = Dispatch(app, app.all_routes, refuse=Refusals(store_errors), unknown=unknown, most=most_calls)
    watch = watching(app.state)
    counted = measure(metrics)
    noted = counted if spans is None else spanned(spans, counted)
    app.state.gate = Gate(dispatch.room_of, headers=(*secured(origin), NO_PAGE), measure=counted, watch=watch)
    app.front = Edge(
        PcCors(dispatch), origin=origin, access_log=access_log, measure=noted, watch=watch, traced=traced
    )
    return app
