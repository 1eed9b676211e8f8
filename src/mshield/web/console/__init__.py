"""What staff call from the console."""

from typing import Final

from mshield.web.console import (
    accounts,
    acts,
    approvals,
    asks,
    ca,
    certificates,
    dashboard,
    erasure,
    filed_people,
    filing,
    identity,
    my_login,
    running,
    sessions,
    set_ups,
    staff,
)
from mshield.web.console.search import accounts as account_search
from mshield.web.console.systems import manage as systems
from mshield.web.console.systems import views, webhooks

ROUTERS: Final = (
    sessions.captchas,
    sessions.router,
    set_ups.router,
    my_login.router,
    staff.router,
    approvals.router,
    filing.router,
    filed_people.router,
    identity.router,
    account_search.router,
    accounts.router,
    asks.router,
    erasure.router,
    acts.router,
    systems.router,
    views.router,
    webhooks.router,
    certificates.router,
    ca.router,
    dashboard.router,
    running.router,
)
