"""The application: routes, browser sessions, and the page for each failure."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Receive, Scope, Send

from mshield.client import AsyncBusinessClient, Retry

from . import screens, shield
from .pages import STATIC, message
from .sessions import Forbidden, LoginNeeded, Session
from .settings import Settings
from .store import Store


def create_app(settings: Settings) -> Starlette:
    """Returns the ASGI application."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        retry = Retry(tries=2)  # a person waits for the page
        async with AsyncBusinessClient(
            settings.shield, client_id=settings.client_id, client_secret=settings.client_secret, retry=retry
        ) as client:
            app.state.shield = client
            app.state.store = Store(settings.database)
            yield
            app.state.store.close()

    app = Starlette(
        routes=[
            *shield.ROUTES,
            *screens.ROUTES,
            Mount("/static", StaticFiles(directory=STATIC)),
        ],
        middleware=[Middleware(Sessions)],
        exception_handlers={LoginNeeded: _to_login, Forbidden: _refused, 404: _not_found},
        lifespan=lifespan,
    )
    app.state.settings = settings
    return app


class Sessions:
    """ASGI middleware that puts the browser's session into `request.state`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] == "http":
            request = Request(scope)
            request.state.session = Session.of(request, request.app.state.store)
        await self._app(scope, receive, send)


async def _to_login(request: Request, error: Exception) -> Response:  # noqa: ARG001  # as handlers are called
    return RedirectResponse("/", 303)


async def _refused(request: Request, error: Exception) -> Response:  # noqa: ARG001  # Starlette's signature
    return message(
        request,
        title=("没有执行", "Not done"),
        what=(
            "页面已过期，或请求不是从本系统的页面发出的。",
            "The page has expired, or is not from this system.",
        ),
        then=("请回到首页再操作一次。", "Go back to the start and try again."),
        status=403,
        link=("/", "回到首页", "To the start"),
    )


async def _not_found(request: Request, error: Exception) -> Response:  # noqa: ARG001  # Starlette's signature
    return message(
        request,
        title=("没有这个页面", "No such page"),
        what=("地址可能输错了。", "The address may be mistyped."),
        then=("请回到首页。", "Go back to the start."),
        status=404,
        link=("/", "回到首页", "To the start"),
    )
