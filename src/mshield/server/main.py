"""Wiring: opens everything the service needs, in order, and passes it to the web layer as one context."""

import asyncio
import contextlib
import gc
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from starlette.applications import Starlette

from mshield.gm.engine import load_engine
from mshield.server import errors as server_errors
from mshield.server import jobs
from mshield.server.accounts.opened import open_accounts
from mshield.server.authorities.authority import load_authorities
from mshield.server.authorities.chains import Chains
from mshield.server.authorities.outside.opened import open_outside_cas
from mshield.server.ca.revoke import RevokeCa
from mshield.server.certificates.opened import open_certificates
from mshield.server.context import Context
from mshield.server.database.interface import Database, Garbled, NoText, ReadOnly, SealBroken, Unavailable
from mshield.server.database.limits import CALL_SECONDS, WORK_SECONDS, taking
from mshield.server.database.opening import opened_database
from mshield.server.database.server_detection import wait_for_primary
from mshield.server.errors import InvalidRequest, RecordChanged
from mshield.server.figures.monitoring import monitored
from mshield.server.figures.opened import open_figures
from mshield.server.filing.opened import open_filing
from mshield.server.ground import Ground
from mshield.server.http.app import Service, build
from mshield.server.http.edge.admission import GATE
from mshield.server.http.edge.stopping import on_stop_signal
from mshield.server.identity.opened import open_identity
from mshield.server.keys.errors import (
    BadMasterKey,
    ClearMasterKey,
    HardwareError,
    NoMasterKey,
    SealError,
    UnknownMasterKey,
    UnsafeMasterKey,
    WrappedMasterKey,
)
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.legal_person.opened import open_legal_persons
from mshield.server.legal_person.stop import StopShields
from mshield.server.log.open_log import open_log
from mshield.server.notices.external.sms_provider import open_gateway
from mshield.server.notices.opened import open_notices
from mshield.server.oidc.provider import open_provider
from mshield.server.publication.publisher import Publisher
from mshield.server.requests.opened import open_requests
from mshield.server.restore.external.high_water_file import HighWaterFile
from mshield.server.restore.high_water import HighWater, require_newest
from mshield.server.retention.opened import open_erasures, open_retention
from mshield.server.runtime.clocks.clock import Clock, wall_clock
from mshield.server.runtime.clocks.run_watch import KeepClock
from mshield.server.runtime.clocks.watch import ClockWatch, unwatched
from mshield.server.runtime.ending import end_with_parent
from mshield.server.runtime.events import Events
from mshield.server.runtime.health.readiness import open_readiness
from mshield.server.runtime.logs import set_up_logs
from mshield.server.runtime.memory import return_large_blocks
from mshield.server.runtime.metrics import Metrics
from mshield.server.runtime.proofs_once import ProofsOnce
from mshield.server.runtime.repeated_calls import AnswerOnce
from mshield.server.runtime.rows.known_mark import KnownMark, RestoreUndeclared
from mshield.server.runtime.security_log.events import (
    DATABASE_SET_BACK,
    SERVICE_STARTED,
    SERVICE_STOPPED,
    SETTING_WEAK,
)
from mshield.server.runtime.security_log.log import SecurityLog
from mshield.server.runtime.tracing.opening import open_spans, require_spans
from mshield.server.settings.origin import require_origin
from mshield.server.settings.settings import Settings, load_settings
from mshield.server.settings.weak import weak_settings
from mshield.server.signing.opened import open_signing
from mshield.server.signing.step_up import StepUp
from mshield.server.staff.activate import ActivateLegalPerson
from mshield.server.staff.opened import open_staff
from mshield.server.systems.approve import ApproveSystems
from mshield.server.systems.opened import open_systems
from mshield.server.systems.unshown import allow_unshown_act
from mshield.server.systems.views import ApproveViews

_log = logging.getLogger(__name__)
_GC_THRESHOLDS: Final = (20_000, 20, 20)
_PERIODS: Final = {job.name: job.seconds for job in jobs.JOBS}


def create_app(settings: Settings | None = None, *, clock: Clock = wall_clock) -> Service:
    """Returns the ASGI application (`uvicorn --factory mshield.server.main:create_app`)."""
    settings, metrics = settings or load_settings(), Metrics()
    spans = open_spans(settings.process, version=version("mshield"))

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[Mapping[str, Any]]:
        with contextlib.closing(spans) if spans else contextlib.nullcontext():
            async with running(settings, clock, metrics) as context:
                app.state.context = context
                with on_stop_signal(context.events.stop):
                    yield {GATE: app.state.gate}

    return build(
        lifespan,
        version=version("mshield"),
        origin=settings.site.public_origin,
        store_errors={
            Unavailable: server_errors.Unavailable,
            RestoreUndeclared: server_errors.Unavailable,
            ReadOnly: server_errors.ReadOnly,
            NoText: InvalidRequest,
            SealBroken: RecordChanged,
            Garbled: RecordChanged,
            HardwareError: server_errors.Unavailable,
            UnknownMasterKey: server_errors.Unavailable,
            NoMasterKey: server_errors.Unavailable,
            UnsafeMasterKey: server_errors.Unavailable,
            BadMasterKey: server_errors.Unavailable,
            ClearMasterKey: server_errors.Unavailable,
            WrappedMasterKey: server_errors.Unavailable,
            SealError: RecordChanged,
        },
        demo=settings.site.mode == "demo",
        access_log=settings.process.access_log,
        metrics=metrics,
        most_calls=settings.process.calls_per_process,
        spans=spans,
        traced=settings.process.otlp_share if spans else 0.0,
    )


def create_service() -> Service:
    """Like `create_app`, for a dedicated process.

    Everything loaded by now lives until the end, so it is exempt from garbage collection.
    """
    end_with_parent()
    return_large_blocks()
    settings = load_settings()
    set_up_logs(settings.process)  # a worker is a new process, where logs aren't set up yet
    app = create_app(settings)
    collect_as_the_service()
    return app


def collect_as_the_service() -> None:
    """Configures this process's garbage collector for a long-running process."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


@asynccontextmanager
async def running(settings: Settings, clock: Clock, metrics: Metrics | None = None) -> AsyncIterator[Context]:
    """Opens the services over the database and closes them at the end.

    Waits up to a minute for a database that accepts writes. Raises: PlainOrigin, SchemaOld, Unavailable, and
    errors of keys and CA.
    """
    require_origin(settings)
    watch = _watch_of(clock)
    await wait_for_primary(settings.database.url)
    known_mark = KnownMark()
    async with opened_database(
        settings.database.url,
        pool_size=settings.database.database_pool,
        seconds=CALL_SECONDS,
        at_connection=known_mark.require_first,
    ) as db:
        metrics = metrics or Metrics()
        with taking(WORK_SECONDS):
            context = await _assemble(settings, watch, db, metrics, known_mark)
        _log.info("engine %s %s, database %s", context.engine.name, context.engine.version, db.dialect)
        async with (
            contextlib.aclosing(context.ready),
            _log_lifetime(context),
            _keep_high_water(context),
            _watch_clock(context),
            _beside(metrics.keep(db, watch)),
            _beside(context.events.keep()),
            _beside(context.publication.keep(watch)),
            _block_writes(context),
            monitored(context, context.ready, metrics, _PERIODS),
            _run_jobs(context),
        ):
            yield context


@asynccontextmanager
async def _log_lifetime(context: Context) -> AsyncIterator[None]:
    """Writes start and stop of the process, and settings that weaken security, to the security log."""
    security, clock, settings = context.security, context.clock, context.settings
    program = version("mshield")
    security.write(
        SERVICE_STARTED, now=clock(), version=program, mode=settings.site.mode, database=context.db.dialect
    )
    for name in weak_settings(settings):
        security.write(SETTING_WEAK, now=clock(), setting=name)
    async with _beside(security.keep(clock)):
        yield
    security.write(SERVICE_STOPPED, now=clock(), version=program)


@asynccontextmanager
async def _keep_high_water(context: Context) -> AsyncIterator[None]:
    """Maintains the high-water mark during the body. Raises: RestoreUndeclared (an older copy of the database)."""
    db, clock, security = context.db, context.clock, context.security
    file = await _require_newest(db, context.settings, security, now=clock())
    water = HighWater(db, file, clock, security, known=context.known)
    await water.mark()
    async with _beside(water.keep()):
        yield
    await water.end()


def _watch_of(clock: Clock) -> ClockWatch:
    """Returns the watch of a clock: the machine's own clock is watched, any other is trusted."""
    if isinstance(clock, ClockWatch):
        return clock
    return ClockWatch() if clock is wall_clock else unwatched(clock)


@asynccontextmanager
async def _watch_clock(context: Context) -> AsyncIterator[None]:
    """Checks the clock before anything relies on it, and during the body."""
    if not context.clock_watch.watched:
        yield
        return
    keep = KeepClock(context.db, context.clock_watch, context.security)
    await keep.begin()
    async with _beside(keep.keep()):
        yield
    await keep.end()


@asynccontextmanager
async def _block_writes(context: Context) -> AsyncIterator[None]:
    """Blocks writes in the body if the settings say so; starting and stopping the process may still write."""
    context.db.read_only = context.settings.process.read_only
    if context.settings.process.read_only:
        _log.warning("read only: calls that write are refused, and no job runs")
    try:
        yield
    finally:
        context.db.read_only = False


@asynccontextmanager
async def _run_jobs(context: Context) -> AsyncIterator[None]:
    """Runs the jobs during the body if the settings want them in this process."""
    if context.settings.process.jobs == "off" or context.settings.process.read_only:
        yield
        return
    async with _beside(jobs.run(context)):
        yield


@asynccontextmanager
async def _beside(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Runs `work` in the background during the body."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def require_ready(settings: Settings) -> None:
    """Raises the error that would prevent the service from starting on this database, for a one-sentence message."""
    require_origin(settings)
    require_spans(settings.process)
    open_gateway(settings)
    open_outside_cas(settings.ca.cas, now=wall_clock())
    await wait_for_primary(settings.database.url)
    async with opened_database(settings.database.url, pool_size=settings.database.database_pool) as db:
        await _require_newest(db, settings, SecurityLog(), now=wall_clock())


async def _require_newest(
    db: Database, settings: Settings, security: SecurityLog, *, now: int
) -> HighWaterFile:
    """Calls `require_newest` and writes its failure to the security log."""
    try:
        return await require_newest(db, settings.database.high_water_folder)
    except RestoreUndeclared as error:
        security.write(DATABASE_SET_BACK, now=now, code=error.code)
        raise


async def _assemble(
    settings: Settings, clock: ClockWatch, db: Database, metrics: Metrics, known: KnownMark
) -> Context:
    engine = load_engine(settings.keys.engine)
    keyring = load_keyring(settings.keys)
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
        chains=Chains(db, authorities),
        outside=open_outside_cas(
            settings.ca.cas,
            now=clock(),
            machine_signer=lambda index: keyring.devices.machine_signer(index, engine),
        ),
        events=Events(
            settings.database.database_direct or settings.database.url if db.dialect == "postgresql" else None
        ),
    )
    log = await open_log(db, keyring, settings.site, now=clock())
    publication = Publisher(db, keyring, engine, settings, authorities, count=metrics.count)
    notices = open_notices(ground, open_gateway(settings))
    identity = open_identity(ground)
    accounts = open_accounts(ground, notices, identity)
    filing = open_filing(ground)
    step_up = StepUp(db, engine, accounts.sms_codes)
    certificates = open_certificates(
        ground, filing.look_up, accounts.sms_codes.consume, identity.proofs, step_up
    )
    requests = open_requests(ground, log, publication, identity.consents, notices.push)
    activate = ActivateLegalPerson(db, identity.codes)
    erasures = open_erasures(ground)
    decided_by_two = [
        erasures.act(),
        RevokeCa(db, clock).act(),
        activate.act(),
        *ApproveSystems(db, settings.requests.return_schemes).acts(),
        ApproveViews().act(),
        allow_unshown_act(db),
        *StopShields(db).acts(),
    ]
    staff = open_staff(ground, filing, accounts.search, accounts.phone_wait, decided_by_two)
    return Context(
        **vars(ground),
        answer_once=AnswerOnce(db, keyring, ground.lookup),
        proofs_once=ProofsOnce(db),
        ready=open_readiness(db, engine, settings.database, clock, keyring),
        accounts=accounts,
        certificates=certificates,
        figures=open_figures(ground, _PERIODS),
        filing=filing,
        identity=identity,
        legal_person=open_legal_persons(ground, accounts, identity, requests),
        log=log,
        notices=notices,
        oidc=open_provider(ground, requests.ask),
        publication=publication,
        requests=requests,
        retention=open_retention(ground, accounts, step_up, erasures),
        signing=open_signing(ground, accounts, certificates.own.issue_confirmed, identity.consents),
        staff=staff,
        systems=open_systems(ground, staff.approvals),
    )
