"""HTTP API of the PC portal for legal persons (法人, 三证合一): people and shields of their enterprises."""

from typing import Final

from mshield.server.http.portal import (
    account_sources,
    acts,
    applications,
    asks,
    history,
    lists,
    outside_login,
    own_shield,
    sessions,
)

ROUTERS: Final = (
    account_sources.router,
    sessions.captchas,
    sessions.router,
    outside_login.router,
    lists.router,
    history.router,
    acts.router,
    applications.router,
    asks.router,
    own_shield.router,
)
