"""What staff call from the console."""

from typing import Final

from mshield.web.console import (
    accounts,
    acts,
    approvals,
    filed_people,
    filing,
    my_login,
    sessions,
    set_ups,
    staff,
)
from mshield.web.console.operations import ROUTERS as OPERATIONS

ROUTERS: Final = (
    sessions.router,
    set_ups.router,
    my_login.router,
    staff.router,
    approvals.router,
    filing.router,
    filed_people.router,
    accounts.router,
    acts.router,
    *OPERATIONS,
)
