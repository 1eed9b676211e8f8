"""What the phone app calls."""

from typing import Final

from mshield.web.phone import (
    account_sources,
    accounts,
    asks,
    bindings,
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
    views,
)

ROUTERS: Final = (
    account_sources.router,
    accounts.captchas,
    accounts.router,
    password_reset.router,
    consents.router,
    own_account.router,
    asks.router,
    identity.router,
    enrolment.router,
    signing.router,
    internal_tasks.router,
    requests.router,
    views.router,
    shield.router,
    signatures.router,
    devices.router,
    renewals.router,
    bindings.router,
    pin_policy.router,
)
