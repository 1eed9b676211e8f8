"""What the phone app calls."""

from typing import Final

from mshield.web.phone import (
    account_sources,
    accounts,
    bindings,
    claims,
    consents,
    devices,
    enrolment,
    identity,
    internal_tasks,
    own_account,
    password_reset,
    pin_policy,
    renewals,
    requests,
    shield,
    signatures,
    signing,
    unlocks,
    views,
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
