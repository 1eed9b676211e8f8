"""HEAD for what anyone may fetch (RFC 9110, 9.3.2), as caches and monitors ask: GET without its content.

Elsewhere it is refused as any other method: a call that authenticates, or begins something, is none to try out.
"""

from typing import Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PREFIXES: Final = (
    "/pki/",
    "/log/",
    "/healthz",
    "/openapi",
    "/.well-known/",
    "/oidc/jwks",
    "/api/faq",
    "/app/",
    "/download",
    "/verify/",
)


class Head:
    """ASGI: makes a GET of a HEAD."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handles one connection."""
        if scope["type"] != "http" or scope["method"] != "HEAD" or not scope["path"].startswith(PREFIXES):
            await self._app(scope, receive, send)
            return

        async def without_content(message: Message) -> None:
            if message["type"] == "http.response.body":
                message = {**message, "body": b""}
            await send(message)

        await self._app({**scope, "method": "GET"}, receive, without_content)
