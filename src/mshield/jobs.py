"""What the service does by itself, beside the requests: the list of its jobs, and the loop that runs them.

A job stands here by name, period and function; `services/jobs` sees to it that of all processes one does it.
"""

from typing import Final

from mshield.services.ca.end_leaves import end_leaves
from mshield.services.ca.renew_issuing import END_LEAVES
from mshield.services.certificates.end_renewals import end_renewals
from mshield.services.certificates.expiry import tell_of_ends
from mshield.services.context import Context
from mshield.services.jobs.job import Job
from mshield.services.jobs.runner import Runner
from mshield.services.operations import retention
from mshield.services.operations.purge import purge
from mshield.services.operations.tell_log import sequence_and_tell
from mshield.services.operations.witnesses import AskWitnesses


def _now(context: Context) -> int:
    """The time by which a job does something for good. Raises ClockDoubted."""
    context.clock_watch.require_sure()
    return context.clock()


async def _publish_crls(context: Context) -> int:
    """Lists, so that no reader waits for one to be made."""
    return await context.publication.refresh(now=_now(context))


async def _count_certificates(context: Context) -> int:
    return await context.certificates.count()


async def _end_leaves(context: Context) -> int:
    return await end_leaves(context.db, now=_now(context))


async def _purge(context: Context) -> int:
    return await purge(context.db, context.settings, now=_now(context))


async def _retain(context: Context) -> int:
    return await retention.erase(context.db, context.settings, context.clock_watch, context.count)


async def _sequence(context: Context) -> int:
    return await sequence_and_tell(context.log, context.security, now=_now(context))


async def _end_renewals(context: Context) -> int:
    return await end_renewals(context.db, now=_now(context))


async def _oidc_keys(context: Context) -> int:
    return await context.oidc.keys.keep(_now(context), days=context.settings.oidc_key_days)


async def _tell_of_ends(context: Context) -> int:
    return await tell_of_ends(context.db, context.settings, now=_now(context))


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
    return await context.accounts.phone_wait(now=_now(context))


async def _closings(context: Context) -> int:
    return await context.operations.close_account(now=_now(context))


async def _erasures(context: Context) -> int:
    return await context.operations.erase_by_two.erase.go_on(now=_now(context))


async def _time_stamps(context: Context) -> int:
    return await context.requests.time_stamps()


async def _renew_time_stamps(context: Context) -> int:
    return await context.requests.time_stamps.renew()


async def _stamp_checkpoints(context: Context) -> int:
    return await context.requests.checkpoint_stamps()


async def _ask_witnesses(context: Context) -> int:
    return await AskWitnesses(context.log, context.settings.witness_places)(now=_now(context))


async def _webhooks(context: Context) -> int:
    return await context.systems.webhooks()


async def _webhooks_wanted(context: Context) -> bool:
    return await context.systems.webhooks.wanted()


JOBS: Final = (
    Job(END_LEAVES, 3600, _end_leaves),
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
"""Every job once; a name is the key of its row in the database and never changes."""


async def run(context: Context) -> None:
    """Runs them until it is cancelled."""
    await Runner(context, JOBS).run()
