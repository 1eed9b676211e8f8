"""The running service as routes reach it."""

from typing import cast

from starlette.requests import Request

from mshield.services.context import Context


def context_of(request: Request) -> Context:
    """The context that `main` put into the application."""
    context: Context | None = request.scope.get("mshield.context")
    return context or cast("Context", request.app.state.context)
