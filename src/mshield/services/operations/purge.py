"""Deletes what only counts for a while: logins, SMS codes, captchas, kept answers, sent notices, signing sessions.

Nothing waits for it and nothing breaks without it; it keeps tables small and personal data short-lived.
"""

from typing import Final

from mshield.domain.push.push import DEAD_AFTER_MS, ENDED_KEPT_MS
from mshield.domain.times import DAY_MS
from mshield.services.notices import sms_log
from mshield.services.process import keep_clock
from mshield.services.systems import webhooks
from mshield.settings import Settings
from mshield.store.accounts import accounts, limits
from mshield.store.database.interface import Database
from mshield.store.legal_person import sessions as portal_sessions
from mshield.store.notices import notifications, push
from mshield.store.oidc import authorizations as oidc_authorizations
from mshield.store.process import clock, idempotency, proofs
from mshield.store.process import metrics as store_metrics
from mshield.store.signing import sessions as signing
from mshield.store.signing import unlocks
from mshield.store.staff import access as staff_access
from mshield.store.staff import sessions as staff_sessions
from mshield.store.systems import views
from mshield.store.systems import webhooks as store_webhooks

KEPT_MS: Final = DAY_MS
"""The longest that any of these counts: codes and failures of a day."""


async def purge(db: Database, settings: Settings | None = None, *, now: int) -> int:
    """Deletes what was over a day ago and gives the number of rows. May run at any time, in several processes too.

    What a late phone's proof is known by, one for each signature, isn't counted here.

    A signing session goes as soon as it is over: its sealed nonces must not outlive it (protocol, "What may be kept").
    """
    settings, before = settings or Settings(), now - KEPT_MS
    notices_before = now - settings.keep_notice_days * DAY_MS
    counters = await limits.purge(db, before=before)
    logins = await accounts.purge_sessions(db, before=before) + await portal_sessions.purge(db, before=before)
    logins += await staff_access.purge(db, before=before) + await staff_sessions.purge(db, before=before)
    notices = await notifications.purge(db, before=notices_before)
    notices += await push.purge(db, before=now - ENDED_KEPT_MS, failing_before=now - DEAD_AFTER_MS)
    hooks = await store_webhooks.purge(
        db, sent_before=now - webhooks.SENT_KEPT_MS, dead_before=now - webhooks.DEAD_KEPT_MS
    )
    sessions = await signing.purge_sessions(db, now=now)
    await signing.purge_values(db, before=now - 2 * settings.dpop_seconds * 1000)
    logins += await unlocks.purge(db, before=before)
    logins += await oidc_authorizations.purge(db, before=before) + await proofs.purge(db, now=now)
    notices += await sms_log.purge(db, before=notices_before) + await views.purge_files(db)
    counters += await store_metrics.purge(db, before=now - settings.keep_figure_days * DAY_MS)
    counters += await clock.purge(db, before=now - keep_clock.KEPT_MS)
    return counters + logins + notices + hooks + sessions + await idempotency.purge(db, before=before)
