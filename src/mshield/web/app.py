"""The HTTP application: routers of all audiences, errors, the OpenAPI documents."""

from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from mshield.domain import errors
from mshield.services.process.metrics import Metrics
from mshield.web import (
    assets,
    console_app,
    demonstration,
    development,
    download,
    faq,
    health,
    idempotency,
    phone_app,
    portal_app,
    problems,
    register_app,
    scanned_link,
    verify_app,
)
from mshield.web.business import events as business_events
from mshield.web.business import evidence
from mshield.web.business import requests as business_requests
from mshield.web.console import ROUTERS as CONSOLE
from mshield.web.documents import Documents
from mshield.web.documents import router as documents_router
from mshield.web.dpop import ReplayCache
from mshield.web.edge import Edge
from mshield.web.head import Head
from mshield.web.held import HeldCalls
from mshield.web.measured import measure
from mshield.web.oidc import ROUTERS as OIDC
from mshield.web.oidc import discovery
from mshield.web.pc import requests as pc_requests
from mshield.web.pc.cors import PcCors
from mshield.web.phone import (
    account_sources,
    accounts,
    bindings,
    devices,
    enrolment,
    internal_tasks,
    password_reset,
    pin_policy,
    renewals,
    shield,
    signatures,
    signing,
)
from mshield.web.phone import requests as phone_requests
from mshield.web.portal import ROUTERS as PORTAL
from mshield.web.publication import ROUTERS as PUBLICATION
from mshield.web.register import ROUTERS as REGISTER
from mshield.web.shortcut import Shortcut

ROUTERS = {
    "/api/phone": (
        account_sources.router,
        accounts.router,
        password_reset.router,
        enrolment.router,
        signing.router,
        internal_tasks.router,
        phone_requests.router,
        shield.router,
        signatures.router,
        devices.router,
        renewals.router,
        bindings.router,
        pin_policy.router,
    ),
    "/api/portal": PORTAL,
    "/api/register": REGISTER,
    "/api/business": (business_requests.router, business_events.router, evidence.router),
    "/api/pc": (pc_requests.router,),
    "/oidc": OIDC,
    "/api/console": CONSOLE,
}


class Service(FastAPI):
    """FastAPI behind a front that sees each connection first.

    Added as ordinary middleware the front would stand behind the framework's own, which costs every hot call.
    """

    _front: ASGIApp | None = None

    def stand_behind(self, front: ASGIApp) -> None:
        """Sets the front; what it doesn't answer it hands to `inner`."""
        self._front = front

    async def inner(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The framework itself."""
        await super().__call__(scope, receive, send)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        await (self._front or self.inner)(scope, receive, send)


def build(
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]],
    *,
    version: str,
    origin: str,
    store_errors: Mapping[type[Exception], type[errors.DomainError]],
    demo: bool,
    access_log: bool,
    metrics: Metrics,
) -> Service:
    """The application; `lifespan` puts the context into `app.state.context`, `metrics` get each call."""
    app = Service(
        title="Mobile Shield",
        version=version,
        lifespan=lifespan,
        # An address is right or unknown; the redirect would go to wherever the caller's Host header says.
        redirect_slashes=False,
        openapi_url=None,  # web/documents.py serves the documents; FastAPI's pages load scripts from elsewhere
    )
    app.state.replays = ReplayCache()
    app.state.held_calls = HeldCalls()
    refusals = problems.Refusals(store_errors)
    problems.install(app, refusals)
    for prefix, routers in ROUTERS.items():
        for router in routers:
            app.include_router(router, prefix=prefix)
    for router in PUBLICATION:
        app.include_router(router)
    app.include_router(discovery.well_known)
    app.include_router(faq.router)
    app.include_router(health.router)
    app.router.routes.extend(
        (
            *assets.ROUTES,
            *phone_app.ROUTES,
            *portal_app.ROUTES,
            *console_app.ROUTES,
            *verify_app.ROUTES,
            *register_app.ROUTES,
            *scanned_link.ROUTES,
            *download.ROUTES,
        )
    )
    if demo:
        app.include_router(development.router)
        app.router.routes.extend(demonstration.ROUTES)
    documents = Documents(
        app, origin=origin, complete=lambda document: idempotency.describe(document, ROUTERS)
    )
    app.state.documents = documents
    app.openapi = documents.of  # type: ignore[method-assign]  # FastAPI's documented way
    app.include_router(documents_router)
    repeatable = idempotency.Idempotency(Head(app.inner), state=app, refuse=refusals)
    shortcut = Shortcut(repeatable, state=app, routers=ROUTERS, refuse=refusals)
    app.stand_behind(Edge(PcCors(shortcut), access_log=access_log, measure=measure(metrics, ROUTERS)))
    return app
