"""Background jobs of the service: the list of jobs, and the loop that runs them.

A job is listed by name, period and function; `server/runtime/jobs` ensures that only one process runs it at a time.
"""

from typing import Final

from mshield.server.ca.end_leaves import end_leaves
from mshield.server.ca.renew_issuing import END_LEAVES
from mshield.server.certificates.end_renewals import end_renewals
from mshield.server.certificates.expiry import notify_of_ends
from mshield.server.context import Context
from mshield.server.log.sequence_and_report import sequence_and_report
from mshield.server.log.witnesses import AskWitnesses
from mshield.server.retention.sweep import erase, purge
from mshield.server.runtime.jobs.job import Job
from mshield.server.runtime.jobs.runner import Runner


def _now(context: Context) -> int:
    """Returns the time to use for irreversible acts of a job. Raises: ClockDoubted."""
    context.clock_watch.require_sure()
    return context.clock()


async def _publish_crls(context: Context) -> int:
    """Publishes revocation lists ahead of time, so that no client waits for one to be signed."""
    return await context.publication.refresh(now=_now(context))


async def _count_certificates(context: Context) -> int:
    return await context.certificates.count()


async def _submissions(context: Context) -> int:
    submissions = context.certificates.submissions
    return 0 if submissions is None else await submissions.run(now=_now(context))


async def _end_leaves(context: Context) -> int:
    return await end_leaves(context.db, now=_now(context))


async def _purge(context: Context) -> int:
    return await purge(context.db, context.settings, now=_now(context))


async def _retain(context: Context) -> int:
    return await erase(context.db, context.settings, context.clock_watch, context.count)


async def _sequence(context: Context) -> int:
    return await sequence_and_report(context.log, context.security, now=_now(context))


async def _end_renewals(context: Context) -> int:
    return await end_renewals(context.db, now=_now(context))


async def _oidc_keys(context: Context) -> int:
    return await context.oidc.keys.keep(_now(context), days=context.settings.oidc.key_days)


async def _tell_of_ends(context: Context) -> int:
    return await notify_of_ends(context.db, context.settings.site, now=_now(context))


async def _refresh_filing(context: Context) -> int:
    return await context.filing.refresh(now=_now(context))


async def _search_words(context: Context) -> int:
    return await context.filing.search_words()


async def _notify(context: Context) -> int:
    return await context.notices.notify(now=_now(context))


async def _push(context: Context) -> int:
    context.clock_watch.require_sure()
    return await context.notices.push()


async def _phone_changes(context: Context) -> int:
    now = _now(context)
    return await context.accounts.phone_wait(now=now) + await context.filing.phone_wait(now=now)


async def _closings(context: Context) -> int:
    return await context.retention.close_account(now=_now(context))


async def _erasures(context: Context) -> int:
    return await context.retention.erase_by_two.erase.continue_erasures(now=_now(context))


async def _time_stamps(context: Context) -> int:
    return await context.requests.time_stamps()


async def _renew_time_stamps(context: Context) -> int:
    return await context.requests.time_stamps.renew()


async def _stamp_checkpoints(context: Context) -> int:
    return await context.requests.checkpoint_stamps()


async def _ask_witnesses(context: Context) -> int:
    return await AskWitnesses(context.log, context.settings.log.witness_places)(now=_now(context))


async def _webhooks(context: Context) -> int:
    return await context.systems.webhooks()


async def _webhooks_wanted(context: Context) -> bool:
    return await context.systems.webhooks.wanted()


JOBS: Final = (
    Job(END_LEAVES, 3600, _end_leaves),
    Job("ca_submissions", 2, _submissions),
    Job("counts", 30, _count_certificates),
    Job("closings", 600, _closings, limit_seconds=3600),
    Job("crl", 2, _publish_crls),
    Job("erasures", 600, _erasures, limit_seconds=3600),
    Job("expiry", 3600, _tell_of_ends),
    Job("filing", 60, _refresh_filing, limit_seconds=3600),
    Job("log", 1, _sequence),
    Job("notify", 5, _notify),
    Job("oidc", 3600, _oidc_keys),
    Job("phones", 60, _phone_changes),
    Job("purge", 600, _purge, limit_seconds=3600),
    Job("push", 2, _push),
    Job("renewals", 60, _end_renewals),
    Job("retention", 3600, _retain, limit_seconds=3600),
    Job("search", 5, _search_words),
    Job("stamps", 3, _time_stamps),
    Job("stamps_log", 3600, _stamp_checkpoints),
    Job("stamps_renew", 86_400, _renew_time_stamps, limit_seconds=3600),
    Job("webhooks", 5, _webhooks, _webhooks_wanted),
    Job("witnesses", 30, _ask_witnesses),
)
"""All jobs; a name is the key of the job's row in the database and must never change."""


async def run(context: Context) -> None:
    """Runs the jobs until cancelled."""
    await Runner(context, JOBS).run()
