"""Allows the tests' business system to request content that phones can't display."""

from mshield.server.systems.unshown import allow_unshown
from tests.support.application import Application
from tests.support.second_person import SECOND


async def let_ask_unshown(application: Application) -> None:
    """Grants the allowance like two people at the server."""
    await allow_unshown(
        application.context.db,
        application.client_id,
        reason="原件在业务系统里",
        second_person=SECOND,
        now=application.clock(),
    )
