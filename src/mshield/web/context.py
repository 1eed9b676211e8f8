"""The running service as routes reach it."""

from typing import cast

from starlette.requests import Request

from mshield.services.context import Context


def context_of(request: Request) -> Context:
    """The context that `main` put into the application."""
    return cast("Context", request.app.state.context)
