"""Some routes alone, as an application that answers."""

from collections.abc import Iterable

from starlette.applications import Starlette

from mshield.domain import errors
from mshield.store.database.interface import Unavailable
from mshield.web.edge.dispatch import Dispatch
from mshield.web.problems import Refusals
from mshield.web.router import Route


def serving(routes: Iterable[Route], context: object = None) -> Dispatch:
    """These routes, over what they need of the service's context."""
    app = Starlette()
    app.state.context = context
    return Dispatch(app, routes, refuse=Refusals({Unavailable: errors.Unavailable}))
