"""What the phone app calls."""

from typing import Final

from mshield.web.phone import (
    asks,
    bindings,
    claims,
    devices,
    enrolment,
    identity,
    internal_tasks,
    pin_policy,
    renewals,
    requests,
    shield,
    signatures,
    signing,
    views,
)
from mshield.web.phone.account import (
    account_sources,
    accounts,
    consents,
    own_account,
    password_reset,
    unlocks,
)

ROUTERS: Final = (
    account_sources.router,
    accounts.captchas,
    accounts.router,
    unlocks.router,
    unlocks.unlocking,
    password_reset.router,
    consents.router,
    own_account.router,
    asks.router,
    identity.router,
    enrolment.router,
    signing.router,
    internal_tasks.router,
    claims.router,
    requests.router,
    views.router,
    shield.router,
    signatures.router,
    devices.router,
    renewals.router,
    bindings.router,
    pin_policy.router,
)
