"""Wiring: opens everything that the service needs, in order, and hands it to the web as one context."""

import asyncio
import contextlib
import gc
import logging
import time
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI

from mshield import jobs
from mshield.domain import errors
from mshield.gateways.filing_source import FiledTable, FilingSource, HttpFilingSource
from mshield.gateways.sms_provider import open_gateway
from mshield.gm.engine import load_engine
from mshield.keys.authority import load_authorities
from mshield.keys.keyring import load_keyring
from mshield.keys.oidc_key import OidcKeys
from mshield.keys.secrets import load_lookup_key
from mshield.services.accounts.captcha import Captchas
from mshield.services.accounts.change_phone import ChangePhone
from mshield.services.accounts.login import LogIn
from mshield.services.accounts.manage import ManageAccounts
from mshield.services.accounts.outside import OutsideAccounts, account_sources
from mshield.services.accounts.outside_login import DOOR as PHONE_DOOR
from mshield.services.accounts.outside_login import OutsideLogin
from mshield.services.accounts.outside_pages import OutsidePages
from mshield.services.accounts.register import Register
from mshield.services.accounts.reset_password import ResetPassword
from mshield.services.accounts.sms_codes import SmsCodes
from mshield.services.ca.revoke import RevokeCa
from mshield.services.ca.state import ReadCaState
from mshield.services.certificates.bind import Bind
from mshield.services.certificates.certificate import Certificates
from mshield.services.certificates.enrol import Enrol
from mshield.services.certificates.issue import Issue
from mshield.services.certificates.renew import Renew
from mshield.services.certificates.search import FindCertificates
from mshield.services.context import Context
from mshield.services.filing.import_list import ImportFiling
from mshield.services.filing.look_up import LookUpFiling
from mshield.services.filing.people import FiledPeople
from mshield.services.filing.refresh import RefreshFiling
from mshield.services.legal_person.act import ManageShields
from mshield.services.legal_person.lists import LookUp
from mshield.services.legal_person.outside_login import DOOR as PORTAL_DOOR
from mshield.services.legal_person.outside_login import PortalOutsideLogin
from mshield.services.legal_person.own_shield import OwnShield
from mshield.services.legal_person.session import PortalSessions
from mshield.services.log.open_log import open_log
from mshield.services.notices.notify import Notify
from mshield.services.notices.sms_log import LoggedSms
from mshield.services.oidc.provider import open_provider
from mshield.services.operations.dashboard import ReadDashboard
from mshield.services.operations.high_water import HighWater, require_newest
from mshield.services.operations.watch_jobs import WatchJobs
from mshield.services.process.events import Events
from mshield.services.process.metrics import Metrics
from mshield.services.process.repeated_calls import AnswerOnce
from mshield.services.publication.publisher import Publisher
from mshield.services.requests.answer import Answer
from mshield.services.requests.ask import Ask
from mshield.services.requests.evidence import MakeEvidence
from mshield.services.requests.follow import Follow
from mshield.services.requests.my_signatures import MySignatures
from mshield.services.requests.result import MakeResult
from mshield.services.requests.secrets import RequestSecrets
from mshield.services.signing.finish import FinishSigning
from mshield.services.signing.internal_tasks import AskInternally
from mshield.services.signing.open import OpenSigning
from mshield.services.staff.approvals import Approvals
from mshield.services.staff.changes import StaffChanges
from mshield.services.staff.factors import StaffFactors
from mshield.services.staff.login import StaffLogins
from mshield.services.staff.own_login import OwnLogin
from mshield.services.staff.session import StaffSessions
from mshield.services.staff.set_up import SetUps
from mshield.services.systems.authenticate import BusinessAuthentication
from mshield.services.systems.manage import ManageSystems
from mshield.services.systems.webhook_endpoints import WebhookEndpoints
from mshield.services.systems.webhooks import Webhooks
from mshield.settings import Settings, load_settings
from mshield.store.database.interface import Database, NoText, Unavailable
from mshield.store.database.migrate import pending
from mshield.store.database.opening import open_database
from mshield.web.app import build
from mshield.web.stopping import told_to_stop

_log = logging.getLogger(__name__)
Clock = Callable[[], int]
_GC_THRESHOLDS: Final = (20_000, 20, 20)


class StartRefused(Exception):
    """The database isn't ready for this program."""

    code = "schema_old"

    def __init__(self, missing: list[str]) -> None:
        self.zh = f"数据库缺少 {', '.join(missing)}：请先运行 mshield migrate"
        self.en = f"the database lacks {', '.join(missing)}: run `mshield migrate` first"
        super().__init__(self.en)


def wall_clock() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def create_app(settings: Settings | None = None, *, clock: Clock = wall_clock) -> FastAPI:
    """The ASGI application (`uvicorn --factory mshield.main:create_app`)."""
    settings, metrics = settings or load_settings(), Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with running(settings, clock, metrics) as context:
            app.state.context = context
            with told_to_stop(context.events.stop):
                yield

    return build(
        lifespan,
        version=version("mshield"),
        origin=settings.public_origin,
        store_errors={Unavailable: errors.Unavailable, NoText: errors.InvalidRequest},
        demo=settings.mode == "demo",
        access_log=settings.access_log,
        metrics=metrics,
    )


def create_service() -> FastAPI:
    """`create_app` for a process of its own: what is loaded by now lives to the end, and the collector needn't look."""
    app = create_app()
    collect_as_the_service()
    return app


def collect_as_the_service() -> None:
    """Sets this process's garbage collector for a process that runs for long."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_GC_THRESHOLDS)


@asynccontextmanager
async def running(settings: Settings, clock: Clock, metrics: Metrics | None = None) -> AsyncIterator[Context]:
    """The services over an open database. Raises StartRefused for an old schema, and what keys and CA raise."""
    async with opened_database(settings) as db:
        metrics = metrics or Metrics()
        context = await _assemble(settings, clock, db, metrics)
        _log.info("engine %s %s, database %s", context.engine.name, context.engine.version, db.dialect)
        async with (
            _marking(settings, clock, db),
            _beside(metrics.keep(db, clock)),
            _beside(context.events.keep()),
            _beside(context.publisher.keep(clock)),
            _jobs_of(context),
        ):
            yield context


@asynccontextmanager
async def _marking(settings: Settings, clock: Clock, db: Database) -> AsyncIterator[None]:
    """Keeps the high-water mark beside the body. Raises RestoreUndeclared for an older copy of the database."""
    water = HighWater(db, await require_newest(db, settings.high_water_folder), clock)
    await water.mark()
    async with _beside(water.keep()):
        yield
    await water.mark()


@asynccontextmanager
async def _jobs_of(context: Context) -> AsyncIterator[None]:
    """Runs the jobs beside the body, where the settings want them in this process."""
    if context.settings.jobs == "off":
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
    open_gateway(settings)
    async with opened_database(settings) as db:
        await require_newest(db, settings.high_water_folder)


@asynccontextmanager
async def opened_database(settings: Settings) -> AsyncIterator[Database]:
    """The database with a current schema. Raises StartRefused for an old one, Unavailable."""
    if missing := pending(settings.database):
        raise StartRefused(missing)
    db = await open_database(settings.database, pool_size=settings.database_pool)
    try:
        yield db
    finally:
        await db.close()


def _filing_source(settings: Settings, filing: ImportFiling) -> FilingSource:
    if settings.filing_source_url is None:
        return FiledTable(filing.db, filing.hash_id_number)
    secret = settings.filing_source_secret
    return HttpFilingSource(
        settings.filing_source_url,
        "" if secret is None else secret.get_secret_value(),
        settings.filing_source_seconds,
    )


async def _assemble(settings: Settings, clock: Clock, db: Database, metrics: Metrics) -> Context:
    engine = load_engine(settings.engine)
    keyring = load_keyring(settings)
    lookup = await load_lookup_key(db, keyring, now=clock())
    authorities = await load_authorities(db, keyring, engine)
    events = Events(settings.database_direct or settings.database if db.dialect == "postgresql" else None)
    publisher = Publisher(db, keyring, engine, settings, authorities)
    log = await open_log(db, keyring, settings, now=clock())
    sms = open_gateway(settings)
    logged = LoggedSms(db, lookup, sms)
    captchas = Captchas(db, keyring, settings)
    sms_codes = SmsCodes(db, lookup, settings, logged)
    outside = OutsideAccounts(db, keyring, lookup, account_sources(settings))
    log_in = LogIn(db, lookup, settings, captchas, outside)
    portal_sessions = PortalSessions(db, keyring, settings, log_in, sms_codes)
    request_secrets = RequestSecrets(lookup)
    ask = Ask(db, settings, events, request_secrets)
    issue = Issue(db, keyring, lookup, authorities, settings)
    import_filing = ImportFiling(db, keyring, lookup)
    look_up = LookUpFiling(_filing_source(settings, import_filing), import_filing)
    staff_sessions = StaffSessions(db, settings)
    staff_factors = StaffFactors(db, keyring, settings)
    own_shield = OwnShield(db, settings, ask)
    endpoints = WebhookEndpoints(db, keyring, settings)
    ca_state = ReadCaState(db, engine, settings)
    return Context(
        settings=settings,
        clock=clock,
        db=db,
        engine=engine,
        keyring=keyring,
        lookup=lookup,
        authorities=authorities,
        events=events,
        sms=sms,
        publisher=publisher,
        log=log,
        authenticate_business=BusinessAuthentication(db),
        answer_once=AnswerOnce(db, keyring, lookup),
        captchas=captchas,
        notify=Notify(db, settings, logged),
        sms_codes=sms_codes,
        import_filing=import_filing,
        filed_people=FiledPeople(db, keyring, lookup),
        refresh_filing=RefreshFiling(db, keyring, settings, look_up),
        change_phone=ChangePhone(db, logged),
        manage_accounts=ManageAccounts(db, settings),
        register=Register(db, keyring, lookup, sms_codes),
        reset_password=ResetPassword(db, lookup, sms_codes),
        outside_accounts=outside,
        outside_login=OutsideLogin(OutsidePages(db, keyring, settings, outside, PHONE_DOOR), log_in),
        log_in=log_in,
        portal_sessions=portal_sessions,
        portal_outside_login=PortalOutsideLogin(
            OutsidePages(db, keyring, settings, outside, PORTAL_DOOR), portal_sessions
        ),
        staff_sessions=staff_sessions,
        approvals=Approvals(
            db, {act.name: act for act in (*StaffChanges(db, settings).acts(), RevokeCa(db).act())}
        ),
        own_login=OwnLogin(db, staff_factors, settings),
        staff_logins=StaffLogins(db, staff_factors, lookup, settings, staff_sessions),
        staff_set_ups=SetUps(db, staff_factors, staff_sessions),
        manage_shields=ManageShields(db, sms_codes, own_shield),
        own_shield=own_shield,
        look_up=LookUp(db, keyring),
        enrol=Enrol(db, engine, keyring, lookup, look_up),
        certificates=Certificates(db, engine, authorities, issue),
        my_signatures=MySignatures(db),
        renew=Renew(db, engine, lookup, issue, settings, look_up),
        bind=Bind(db, settings),
        oidc=open_provider(db, OidcKeys(db, keyring), lookup, authorities, ask),
        open_signing=OpenSigning(db, engine, keyring, settings),
        finish_signing=FinishSigning(db, engine, keyring, events, metrics.count),
        ask_internally=AskInternally(db, settings),
        ask=ask,
        follow=Follow(db, request_secrets, settings),
        answer=Answer(db, events, request_secrets, metrics.count),
        request_secrets=request_secrets,
        signed_result=MakeResult(ask, authorities, publisher),
        make_evidence=MakeEvidence(db, authorities, publisher, log, request_secrets),
        webhooks=Webhooks(db, keyring, settings, events, clock),
        webhook_endpoints=endpoints,
        manage_systems=ManageSystems(db, endpoints, events, settings),
        find_certificates=FindCertificates(db, keyring, authorities),
        ca_state=ca_state,
        dashboard=ReadDashboard(db, ca_state),
        sms_log=logged,
        watch_jobs=WatchJobs(db, {job.name: job.seconds for job in jobs.JOBS}),
    )
