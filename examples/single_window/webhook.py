"""Webhooks: the service reports the end of a request even if the browser is closed. Each is verified first."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mshield.client import ClientError, WebhookRefused, verify_webhook

from .signing import settle
from .store import Store

_MOST_BYTES: Final = 64 * 1024


async def receive(request: Request) -> Response:
    """Returns 204 once the result is stored; otherwise 503, so that the service repeats the webhook later."""
    if int(request.headers.get("Content-Length", "0")) > _MOST_BYTES:
        return Response(status_code=413)
    try:
        event = verify_webhook(
            request.headers, await request.body(), request.app.state.settings.webhook_secrets
        )
    except WebhookRefused:
        return Response(status_code=400)
    store: Store = request.app.state.store
    signing = store.signing_of(event.request_id)
    if signing is None or signing.state != "waiting":
        return Response(status_code=204)  # a login, or reported before
    try:
        await settle(request.app.state, signing)
    except ClientError:
        return Response(status_code=503)
    return Response(status_code=204)


ROUTES = (Route("/hooks/shield", receive, methods=["POST"]),)
