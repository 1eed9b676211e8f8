"""An application on a port of this process, over the service's own connections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Literal

import uvicorn
from starlette.types import ASGIApp

from mshield.server.http.edge.connection import Connection


@asynccontextmanager
async def listening(app: ASGIApp, *, lifespan: Literal["on", "off"] = "off") -> AsyncIterator[int]:
    """Serves the application and yields the port, without the pauses of uvicorn's own start and end."""
    config = uvicorn.Config(
        app,
        port=0,
        http=Connection,
        ws="none",
        lifespan=lifespan,
        log_config=None,
        date_header=False,
        server_header=False,
    )
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for listener in server.servers:
            listener.close()
        for connection in tuple(server.server_state.connections):
            connection.shutdown()
        await server.lifespan.shutdown()
