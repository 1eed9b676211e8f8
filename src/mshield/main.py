"""Wiring: opens everything that the service needs, in order, and hands it to the web as one context."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from starlette.applications import Starlette

from mshield import jobs
from mshield.domain import errors
from mshield.gateways.high_water_file import HighWaterFile
from mshield.gateways.sms_provider import open_gateway
from mshield.gateways.tracing.opening import open_spans, require_spans
from mshield.gm.engine import load_engine
from mshield.keys.authority import load_authorities
from mshield.keys.errors import HardwareError
from mshield.keys.keyring import load_keyring
from mshield.keys.secrets import load_lookup_key
from mshield.services.accounts.opened import open_accounts
from mshield.services.ca.revoke import RevokeCa
from mshield.services.certificates.opened import open_certificates
from mshield.services.context import Context
from mshield.services.filing.opened import open_filing
from mshield.services.ground import Ground
from mshield.services.identity.opened import open_identity
from mshield.services.legal_person.opened import open_legal_persons
from mshield.services.legal_person.stop import StopShields
from mshield.services.log.open_log import open_log
from mshield.services.notices.opened import open_notices
from mshield.services.oidc.provider import open_provider
from mshield.services.operations.high_water import HighWater, require_newest
from mshield.services.operations.monitoring import monitored
from mshield.services.operations.opened import open_erasures, open_operations
from mshield.services.process.clock import Clock, wall_clock
from mshield.services.process.clock_watch import ClockWatch, unwatched
from mshield.services.process.ending import end_with_parent
from mshield.services.process.events import Events
from mshield.services.process.keep_clock import KeepClock
from mshield.services.process.logs import set_up_logs
from mshield.services.process.metrics import Metrics
from mshield.services.process.origin import require_origin
from mshield.services.process.proofs_once import ProofsOnce
from mshield.services.process.readiness import open_readiness
from mshield.services.process.repeated_calls import AnswerOnce
from mshield.services.process.security_events import (
    DATABASE_SET_BACK,
    SERVICE_STARTED,
    SERVICE_STOPPED,
    SETTING_WEAK,
)
from mshield.services.process.security_log import SecurityLog
from mshield.services.process.weak_settings import weak_settings
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.opened import open_requests
from mshield.services.signing.opened import open_signing
from mshield.services.signing.step_up import StepUp
from mshield.services.staff.activate import ActivateLegalPerson
from mshield.services.staff.opened import open_staff
from mshield.services.systems.approve import ApproveSystems
from mshield.services.systems.opened import open_systems
from mshield.services.systems.unshown import allow_unshown_act
from mshield.services.systems.views import ApproveViews
from mshield.settings import Settings, load_settings
from mshield.store.database.interface import Database, NoText, ReadOnly, SealBroken, Unavailable
from mshield.store.database.limits import CALL_SECONDS, WORK_SECONDS, taking
from mshield.store.database.opening import opened_database
from mshield.store.database.reaching import wait_for_primary
from mshield.store.operations.known_mark import KnownMark, RestoreUndeclared
from mshield.web.app import Service, build
from mshield.web.edge.gate import GATE
from mshield.web.edge.stopping import told_to_stop

_log = logging.getLogger(__name__)
_GC_THRESHOLDS: Final = (20_000, 20, 20)
_PERIODS: Final = {job.name: job.seconds for job in jobs.JOBS}


def create_app(settings: Settings | None = None, *, clock: Clock = wall_clock) -> Service:
    """The ASGI application (`uvicorn --factory mshield.main:create_app`)."""
    settings, metrics = settings or load_settings(), Metrics()
    spans = open_spans(settings, version=version("mshield"))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        with contextlib.closing(spans) if spans else contextlib.nullcontext():
            async with running(settings, clock, metrics) as context:
                app.state.context = context
                with told_to_stop(context.events.stop):
                    yield {GATE: app.state.gate}

    return build(
        lifespan,
        version=version("mshield"),
        origin=settings.public_origin,
        store_errors={
            Unavailable: errors.Unavailable,
            RestoreUndeclared: errors.Unavailable,
            ReadOnly: errors.ReadOnly,
            NoText: errors.InvalidRequest,
            SealBroken: errors.Internal,
            HardwareError: errors.Unavailable,
        },
        demo=settings.mode == "demo",
        access_log=settings.access_log,
        metrics=metrics,
        most_calls=settings.calls_per_process,
        spans=spans,
        traced=settings.otlp_share if spans else 0.0,
    )


def create_service() -> Service:
    """`create_app` for a process of its own: what is loaded by now lives to the end, and the collector needn't look."""
    end_with_parent()
    settings = load_settings()
    set_up_logs(settings)  # a worker is a process of its own, where nobody has done so
    app = create_app(settings)
    collect_as_the_service()
    return app


def collect_as_the_service() -> None:
    """Sets this process's garbage collector for a process that runs for long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


@asynccontextmanager
async def running(settings: Settings, clock: Clock, metrics: Metrics | None = None) -> AsyncIterator[Context]:
    """The services over an open database. Raises PlainOrigin, SchemaOld, and what keys and CA raise.

    Waits a minute for a database that takes writes. Raises Unavailable then.
    """
    require_origin(settings)
    watch = _watch_of(clock)
    await wait_for_primary(settings.database)
    known = KnownMark()
    async with opened_database(
        settings.database,
        pool_size=settings.database_pool,
        seconds=CALL_SECONDS,
        at_connection=known.require_first,
    ) as db:
        metrics = metrics or Metrics()
        with taking(WORK_SECONDS):
            context = await _assemble(settings, watch, db, metrics, known)
        _log.info("engine %s %s, database %s", context.engine.name, context.engine.version, db.dialect)
        async with (
            contextlib.aclosing(context.ready),
            _telling(context),
            _marking(context),
            _watching(context),
            _beside(metrics.keep(db, watch)),
            _beside(context.events.keep()),
            _beside(context.publication.keep(watch)),
            _reading_only(context),
            monitored(context, context.ready, metrics, _PERIODS),
            _jobs_of(context),
        ):
            yield context


@asynccontextmanager
async def _telling(context: Context) -> AsyncIterator[None]:
    """Tells the security log of the process's begin and end, and of the settings that weaken it."""
    security, clock, settings = context.security, context.clock, context.settings
    program = version("mshield")
    security.write(
        SERVICE_STARTED, now=clock(), version=program, mode=settings.mode, database=context.db.dialect
    )
    for name in weak_settings(settings):
        security.write(SETTING_WEAK, now=clock(), setting=name)
    async with _beside(security.keep(clock)):
        yield
    security.write(SERVICE_STOPPED, now=clock(), version=program)


@asynccontextmanager
async def _marking(context: Context) -> AsyncIterator[None]:
    """Keeps the high-water mark beside the body. Raises RestoreUndeclared for an older copy of the database."""
    db, clock, security = context.db, context.clock, context.security
    file = await _newest(db, context.settings, security, now=clock())
    water = HighWater(db, file, clock, security, known=context.known)
    await water.mark()
    async with _beside(water.keep()):
        yield
    await water.end()


def _watch_of(clock: Clock) -> ClockWatch:
    """The watch that a clock is, or that belongs to it: the machine's own is watched, any other believed."""
    if isinstance(clock, ClockWatch):
        return clock
    return ClockWatch() if clock is wall_clock else unwatched(clock)


@asynccontextmanager
async def _watching(context: Context) -> AsyncIterator[None]:
    """Looks at the clock before anything is done by it, and beside the body."""
    if not context.clock_watch.watched:
        yield
        return
    keep = KeepClock(context.db, context.clock_watch, context.security)
    await keep.begin()
    async with _beside(keep.keep()):
        yield
    await keep.end()


@asynccontextmanager
async def _reading_only(context: Context) -> AsyncIterator[None]:
    """Has the body write nothing, where the settings want that; what begins and ends a process does."""
    context.db.read_only = context.settings.read_only
    if context.settings.read_only:
        _log.warning("read only: calls that write are refused, and no job runs")
    try:
        yield
    finally:
        context.db.read_only = False


@asynccontextmanager
async def _jobs_of(context: Context) -> AsyncIterator[None]:
    """Runs the jobs beside the body, where the settings want them in this process."""
    if context.settings.jobs == "off" or context.settings.read_only:
        yield
        return
    async with _beside(jobs.run(context)):
        yield


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs `work` until the body ends."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def require_ready(settings: Settings) -> None:
    """Raises what would keep the service from starting on this database, so that it can be said in one sentence."""
    require_origin(settings)
    require_spans(settings)
    open_gateway(settings)
    await wait_for_primary(settings.database)
    async with opened_database(settings.database, pool_size=settings.database_pool) as db:
        await _newest(db, settings, SecurityLog(), now=wall_clock())


async def _newest(db: Database, settings: Settings, security: SecurityLog, *, now: int) -> HighWaterFile:
    """As `require_newest`, which the security log is told of."""
    try:
        return await require_newest(db, settings.high_water_folder)
    except RestoreUndeclared as error:
        security.write(DATABASE_SET_BACK, now=now, code=error.code)
        raise


async def _assemble(
    settings: Settings, clock: ClockWatch, db: Database, metrics: Metrics, known: KnownMark
) -> Context:
    engine = load_engine(settings.engine)
    keyring = load_keyring(settings)
    authorities = await load_authorities(db, keyring, engine)
    authorities.is_sure = lambda: clock.doubt is None
    ground = Ground(
        settings=settings,
        clock=clock,
        clock_watch=clock,
        count=metrics.count,
        security=SecurityLog(),
        db=db,
        known=known,
        engine=engine,
        keyring=keyring,
        lookup=await load_lookup_key(db, keyring, now=clock()),
        authorities=authorities,
        events=Events(settings.database_direct or settings.database if db.dialect == "postgresql" else None),
        log=await open_log(db, keyring, settings, now=clock()),
        publication=Publisher(db, keyring, engine, settings, authorities),
    )
    notices = open_notices(ground, open_gateway(settings))
    identity = open_identity(ground)
    accounts = open_accounts(ground, notices, identity)
    filing = open_filing(ground)
    step_up = StepUp(db, engine, accounts.sms_codes)
    certificates = open_certificates(
        ground, filing.look_up, accounts.sms_codes.consume, identity.proofs, step_up
    )
    requests = open_requests(ground, identity.consents, notices.push)
    activate = ActivateLegalPerson(db, identity.codes)
    erasures = open_erasures(ground)
    decided_by_two = [
        erasures.act(),
        RevokeCa(db, clock).act(),
        activate.act(),
        *ApproveSystems(db, settings.return_schemes).acts(),
        ApproveViews().act(),
        allow_unshown_act(db),
        *StopShields(db).acts(),
    ]
    staff = open_staff(ground, filing, accounts.search, accounts.phone_wait, decided_by_two)
    return Context(
        **vars(ground),
        answer_once=AnswerOnce(db, keyring, ground.lookup),
        proofs_once=ProofsOnce(db),
        ready=open_readiness(db, engine, settings, clock),
        accounts=accounts,
        certificates=certificates,
        filing=filing,
        identity=identity,
        legal_person=open_legal_persons(ground, accounts, identity, requests),
        notices=notices,
        oidc=open_provider(ground, requests.ask),
        operations=open_operations(ground, accounts, step_up, erasures, _PERIODS),
        requests=requests,
        signing=open_signing(ground, accounts, certificates.own.issue_confirmed, identity.consents),
        staff=staff,
        systems=open_systems(ground, staff.approvals),
    )
