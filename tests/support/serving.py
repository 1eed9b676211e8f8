"""Some routes alone, as an application that answers."""

from collections.abc import Iterable

from starlette.applications import Starlette

from mshield.domain import errors
from mshield.store.database.interface import Unavailable
from mshield.web.edge.dispatch import Dispatch
from mshield.web.problems import Refusals
from mshield.web.router import Route


def serving(routes: Iterable[Route], context: object = None, *, most: int = 64) -> Dispatch:
    """These routes, over what they need of the service's context; `most` calls at once."""
    app = Starlette()
    app.state.context = context
    return Dispatch(app, tuple(routes), refuse=Refusals({Unavailable: errors.Unavailable}), most=most)
