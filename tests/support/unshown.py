"""Lets the tests' business system ask for what a phone can't show."""

from mshield.services.systems.unshown import allow_unshown
from tests.support.application import Application


async def let_ask_unshown(application: Application) -> None:
    """As two people at the server do it."""
    await allow_unshown(
        application.context.db,
        application.client_id,
        reason="原件在业务系统里",
        second_person="赵敏",
        now=application.clock(),
    )
