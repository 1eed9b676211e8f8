"""An application with some routes only."""

from collections.abc import Iterable

from starlette.applications import Starlette

from mshield.server import errors as server_errors
from mshield.server.database.interface import Unavailable
from mshield.server.http.edge.dispatch import Dispatch
from mshield.server.http.problems import Refusals
from mshield.server.http.router import Route


def serving(routes: Iterable[Route], context: object = None, *, most: int = 64) -> Dispatch:
    """Returns an application with these routes over the given context; `most` is the limit of concurrent calls."""
    app = Starlette()
    app.state.context = context
    return Dispatch(app, tuple(routes), refuse=Refusals({Unavailable: server_errors.Unavailable}), most=most)
