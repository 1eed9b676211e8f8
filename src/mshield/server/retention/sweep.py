"""Deletes and erases expired rows, by two lists: one for the job `purge`, one for `retention`.

`purge` deletes short-lived rows: ended logins, SMS codes, captchas, stored answers, sent notices, signing
sessions. No other part depends on this; it keeps tables small and personal data short-lived.

`retention` erases data of requests (docs/retention.md) in batches; `mshield retention` reports it. Each run continues
where the previous one stopped. Before a run erases its first row of a kind, it records an act with the range that may
be erased; the act enters the log. The progress is stored: `mshield log verify` reports a signed document beyond it
without content as tampered with.
"""

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mshield.server.accounts.rows import accounts, portal_sessions
from mshield.server.acts.actor import SERVICE
from mshield.server.acts.rows import acts, readings
from mshield.server.database.interface import Database, Tx, Undone
from mshield.server.identity.rows import codes
from mshield.server.notices import sms_log
from mshield.server.notices.rows import notifications, push
from mshield.server.notices.rules.push import DEAD_AFTER_MS, ENDED_RETENTION_MS
from mshield.server.oidc.rows import authorizations
from mshield.server.requests.rules import LONGEST_LIFE_MS
from mshield.server.retention.rows import retention as standing
from mshield.server.retention.rows import sweep as store
from mshield.server.retention.rows.sweep import Bounds, Due, Step
from mshield.server.retention.rules.kinds import RETENTION, Kind
from mshield.server.runtime.clocks import run_watch
from mshield.server.runtime.clocks.watch import ClockWatch
from mshield.server.runtime.metrics import Count, uncounted
from mshield.server.runtime.rows import clock, idempotency, limits, metrics, proofs
from mshield.server.settings.settings import Settings
from mshield.server.signing.rows import sessions as signing
from mshield.server.signing.rows import unlocks
from mshield.server.staff.rows import access as staff_access
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.systems.rows import views
from mshield.server.webhooks import deliver
from mshield.server.webhooks.rows import webhooks
from mshield.wire.times import DAY_MS

STEPS: Final = 5_000
"""Maximum batches of one kind in one run, about a million requests; the next run continues."""

LONGEST_SECONDS: Final = 1800.0
"""Maximum duration of a run in seconds; the next one, within the hour, continues."""

Age = Callable[[Settings], int]
"""Age in ms, by the settings."""


@dataclass(frozen=True, slots=True)
class Swept:
    """A table whose old rows `erase` deletes; `ages` maps its time parameters to the age beyond which rows go."""

    name: str
    ages: Mapping[str, Age]
    erase: Callable[..., Awaitable[Any]]

    def times(self, settings: Settings, *, now: int) -> dict[str, int]:
        """Returns the times (ms) before which rows are old enough."""
        return {name: now - age(settings) for name, age in self.ages.items()}


def _at(age: int) -> Age:
    return lambda _: age


def _days(name: str, *, plus: int = 0) -> Age:
    """Returns an age: this many days of the settings' group `retention`, plus `plus` ms."""
    return lambda settings: int(getattr(settings.retention, name)) * DAY_MS + plus


async def _delete_values(db: Database, *, before: int) -> int:
    """Deletes the values that identify late `open` requests. One row per signature, so they aren't counted."""
    await signing.purge_values(db, before=before)
    return 0


_DAY: Final = {"before": _at(DAY_MS)}
_ENDED: Final = {"now": _at(0)}
PURGED: Final = (
    Swept("throttles", _DAY, limits.purge),
    Swept("phone_sessions", _DAY, accounts.purge_sessions),
    Swept("portal_sessions", _DAY, portal_sessions.purge),
    Swept("staff_set_ups", _DAY, staff_access.purge),
    Swept("staff_sessions", _DAY, staff_sessions.purge),
    Swept("notifications", {"before": _days("notice_days")}, notifications.purge),
    Swept("pushes", {"before": _at(ENDED_RETENTION_MS), "failing_before": _at(DEAD_AFTER_MS)}, push.purge),
    Swept(
        "webhook_deliveries",
        {"sent_before": _at(deliver.SENT_RETENTION_MS), "dead_before": _at(deliver.DEAD_RETENTION_MS)},
        webhooks.purge,
    ),
    # As soon as it ends: its sealed nonces must not outlive it (protocol, "What may be kept").
    Swept("signing_sessions", _ENDED, signing.purge_sessions),
    Swept(
        "values_that_succeeded",
        {"before": lambda settings: 2 * settings.signing.dpop_seconds * 1000},
        _delete_values,
    ),
    Swept("unlocks", _DAY, unlocks.purge),
    Swept("identity_codes", _ENDED, codes.purge),
    Swept("oidc_authorizations", _DAY, authorizations.purge),
    Swept("dpop_proofs", _ENDED, proofs.purge),
    Swept("sms_log", {"before": _days("notice_days")}, sms_log.purge),
    Swept("readings", {"before": _at(readings.KEPT_MS)}, readings.purge),
    Swept("view_files", {}, views.purge_files),
    Swept("metrics", {"before": _days("figure_days")}, metrics.purge),
    Swept("clock_marks", {"before": _at(run_watch.RETENTION_MS)}, clock.purge),
    Swept("idempotency", _DAY, idempotency.purge),
)
"""Rows that `purge` deletes, named by their table or the first of several.

Most aren't needed for more than a day.
"""


def _late_content(settings: Settings) -> int:
    """Returns the age of contents that were fetched late and are therefore kept twice as long."""
    return (2 * settings.retention.content_days + 2) * DAY_MS + LONGEST_LIFE_MS


# A request lives at most a day plus its prolongation, so its id bounds the time of its end.
_FETCHED: Final = {"fetched_before": _days("content_days")}
ERASED: Final = (
    Swept(
        Kind.CONTENTS,
        {"before": _days("content_days", plus=LONGEST_LIFE_MS), **_FETCHED},
        store.erase_contents,
    ),
    Swept(Kind.LATE_CONTENTS, {"before": _late_content, **_FETCHED}, store.erase_contents),
    Swept(
        Kind.UNANSWERED,
        {
            "before": _days("unanswered_days", plus=LONGEST_LIFE_MS),
            "ended_before": _days("unanswered_days"),
        },
        store.delete_unanswered,
    ),
    Swept(
        Kind.PERSONAL,
        # Messages of logins are erased with the other personal data, regardless of when they were fetched.
        {"before": _days("request_days", plus=LONGEST_LIFE_MS), "fetched_before": _at(0)},
        store.erase_personal,
    ),
    Swept(Kind.OWN_TASKS, {"before": _days("unanswered_days")}, store.delete_own_tasks),
)
"""Rows and contents that `retention` erases."""


@dataclass(frozen=True, slots=True)
class Preview:
    """Preview of one kind.

    `due` is what the next run would erase (None: not counted), `erased` the number so far, and `begins_at`
    (ms) the time before which nothing is erased.
    """

    kind: Kind
    due: Due | None
    erased: int
    begins_at: int


async def purge(db: Database, settings: Settings | None = None, *, now: int) -> int:
    """Deletes the short-lived rows that are due. Returns their number.

    May run at any time, also in several processes at once.
    """
    by = settings or Settings()
    return await _sweep(PURGED, lambda rows: rows.erase(db, **rows.times(by, now=now)))


async def erase(
    db: Database, settings: Settings, watch: ClockWatch, count: Count = uncounted, *, steps: int = STEPS
) -> int:
    """Erases the kinds of data that are due. Returns the number of rows.

    Raises: ClockDoubted (also between two batches), StoreError.
    """
    over = time.monotonic() + LONGEST_SECONDS

    async def one(rows: Swept) -> int:
        erased = 0
        async for step in _steps(db, settings, watch, rows, steps):
            erased += step.erased
            if time.monotonic() > over:
                break
        return erased

    return await _sweep(ERASED, one, count)


async def preview(db: Database, settings: Settings, *, now: int, counting: bool = True) -> list[Preview]:
    """Returns what the next run would erase if the grace days were over; changes nothing."""
    standings = await standing.standings(db)
    foreseen = []
    for rows in ERASED:
        row = standings.get(rows.name)
        bounds = _bounds(rows, settings, after=row.place if row else "", now=now)
        due = await store.count(db, rows.name, bounds) if counting else None
        since = (row.since if row else now) + settings.retention.grace_days * DAY_MS
        foreseen.append(Preview(Kind(rows.name), due, row.erased if row else 0, since))
    return foreseen


async def _sweep(
    lists: Iterable[Swept], one: Callable[[Swept], Awaitable[int]], count: Count = uncounted
) -> int:
    """Runs `one` for each kind of rows, and returns and counts how many it erased."""
    total = 0
    for rows in lists:
        if erased := await one(rows):
            count("retention", rows.name, erased)
        total += erased
    return total


def _bounds(rows: Swept, settings: Settings, *, after: str, now: int) -> Bounds:
    times = rows.times(settings, now=now)
    before = times.pop("before")
    return Bounds(
        after, str(max(0, before)) if rows.name == Kind.OWN_TASKS else store.before_id(before), **times
    )


async def _steps(
    db: Database, settings: Settings, watch: ClockWatch, rows: Swept, steps: int
) -> AsyncIterator[Step]:
    now, kind = _trusted_time(watch), Kind(rows.name)
    await standing.begin(db, kind=kind, now=now)
    row = (await standing.standings(db))[kind]
    if now < row.since + settings.retention.grace_days * DAY_MS:
        return
    bounds = _bounds(rows, settings, after=row.place, now=now)
    if kind is not Kind.OWN_TASKS and await store.has_any(db, bounds):
        await _announce(db, kind, bounds, now=now)
    for _ in range(steps):
        step = await _one(db, rows, bounds, was=row.place, now=_trusted_time(watch))
        if step is None:
            return
        yield step
        row = standing.Standing(kind, row.since, step.place, row.erased + step.erased, now)
        bounds = replace(bounds, after=step.place)


async def _one(db: Database, rows: Swept, bounds: Bounds, *, was: str, now: int) -> Step | None:
    async def work(tx: Tx) -> Step | None:
        step: Step | None = await rows.erase(tx, bounds, now=now)
        if step is not None:
            await standing.advance(tx, kind=rows.name, was=was, place=step.place, erased=step.erased, now=now)
        return step

    try:
        return await db.write(work)
    except Undone:  # Another process is doing it.
        return None


async def _announce(db: Database, kind: Kind, bounds: Bounds, *, now: int) -> None:
    """Records the act before the first row is erased.

    If the process is killed in between, the act announces too much, but never too little.
    """

    async def work(tx: Tx) -> None:
        details = {"contents_from": bounds.after, "contents_until": bounds.before}
        await acts.record(tx, by=SERVICE, act=RETENTION, subject=kind.value, details=details, now=now)

    await db.write(work)


def _trusted_time(watch: ClockWatch) -> int:
    """Returns the time for permanent erasures. Raises: ClockDoubted."""
    watch.require_sure()
    return watch()
