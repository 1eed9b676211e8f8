"""`mshield doctor`: reports what this installation consists of and what is missing."""

import asyncio
import platform
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import click

from mshield.cli.parts.output import Output, output_options
from mshield.gm.engine import available_engines, load_engine
from mshield.gm.errors import EngineUnavailable

if TYPE_CHECKING:
    from mshield.cli.parts.output import Lang
    from mshield.server.database.interface import Database
    from mshield.server.keys.keyring import Keyring
    from mshield.server.publication.state import LogStateMessage
    from mshield.server.settings.settings import Settings

_PASSWORD: Final = re.compile(r"(://[^/:@\s]*:)[^/@\s]*(?=@)|([?&]password=)[^&\s]*")
"""Password in an address, after the user's name or among the parameters."""


@click.command()
@click.option("--outside", is_flag=True, help="Also call the public origin: TLS, HSTS, no plain HTTP.")
@output_options
@click.pass_context
def command(context: click.Context, out: Output, *, outside: bool) -> None:
    """Check engine, settings, SMS, master key, database, restore and CA. Exit 1 if the service would not start.

    With --outside, also exits 1 if a check of the public origin fails. The service must be running for that.
    """
    from mshield.server.runtime.external.own_origin import check_public_origin
    from mshield.server.settings.settings import load_settings

    settings = load_settings()
    checks = {
        **look(settings, out.lang),
        **(asyncio.run(check_public_origin(settings.site.public_origin)) if outside else {}),
    }
    _log_findings(settings, checks)
    masked = {
        name: "***" if name == "master_key" and value is not None else _PASSWORD.sub(r"\1\2***", str(value))
        for name, value in settings.by_name().items()
    }
    lines = [f"{'ok ' if good else '!! '} {name:<16} {text}" for name, (good, text) in checks.items()]
    lines += [f"    MSHIELD_{name.upper()}={value}" for name, value in masked.items()]
    faults = [name for name, (good, _) in checks.items() if not good]
    warnings = [name for name in checks if name.startswith("warning ")]
    shown_checks = {name: {"ok": good, "text": text} for name, (good, text) in checks.items()}
    out.data(
        {
            "ok": not faults,
            "faults": faults,
            "warnings": warnings,
            "checks": shown_checks,
            "settings": masked,
        },
        [*lines, _verdict(out, faults, warnings)],
    )
    context.exit(1 if faults else 0)


def look(settings: "Settings", lang: "Lang" = "en") -> dict[str, tuple[bool, str]]:
    """Checks the installation; returns for each part whether the service would start with it, and a description.

    `lang` is the language of the causes for which the database doesn't answer.
    """
    return {
        "mshield": (True, f"{version('mshield')}, Python {platform.python_version()}"),
        **_engines(settings.keys.engine),
        **_origin(settings),
        **_sms(settings),
        **_outside_cas(settings),
        **asyncio.run(_service(lang)),
    }


def _verdict(out: Output, faults: list[str], warnings: list[str]) -> str:
    """Returns the final line; the lines of the checks contain the remedies."""
    count = out.pick(f"警告 {len(warnings)} 项", f"{len(warnings)} warnings")
    if faults:
        names = ", ".join(faults)
        return out.pick(
            f"!! 服务无法启动：{names}；{count}", f"!! the service would not start: {names}; {count}"
        )
    return out.pick(f"ok 服务可以启动；{count}", f"ok the service would start; {count}")


def _log_findings(settings: "Settings", checks: dict[str, tuple[bool, str]]) -> None:
    """Writes failed checks and warnings to the security log, if it has a file."""
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.runtime.logs import set_up_file
    from mshield.server.runtime.security_log.events import DOCTOR_FINDING
    from mshield.server.runtime.security_log.log import SecurityLog

    set_up_file(settings.process)
    security, now = SecurityLog(), wall_clock()
    for name, (good, _) in checks.items():
        if not good or name.startswith("warning "):
            security.write(DOCTOR_FINDING, now=now, check=name)


def _engines(chosen: str) -> dict[str, tuple[bool, str]]:
    engines = {f"engine {name}": (True, text) for name, text in available_engines().items()}
    try:
        engine = load_engine("auto" if chosen == "auto" else "botan" if chosen == "botan" else "openssl")
    except EngineUnavailable as error:
        return {**engines, "engine in use": (False, str(error))}
    return {**engines, "engine in use": (True, f"{engine.name} {engine.version} (MSHIELD_ENGINE={chosen})")}


def _origin(settings: "Settings") -> dict[str, tuple[bool, str]]:
    from mshield.server.settings.origin import PlainOrigin, require_origin

    try:
        require_origin(settings)
    except PlainOrigin as error:
        return {"public origin": (False, error.en)}
    return {"public origin": (True, settings.site.public_origin)}


def _sms(settings: "Settings") -> dict[str, tuple[bool, str]]:
    from mshield.server.notices.external.sms_provider import SmsNotSetUp, open_gateway

    try:
        open_gateway(settings)
    except SmsNotSetUp as error:
        return {"SMS": (False, str(error))}
    return {"SMS": (True, settings.sms.gateway)}


def _outside_cas(settings: "Settings") -> dict[str, tuple[bool, str]]:
    """Checks the file of outside CAs with the files that it names; calls no CA."""
    from mshield.server.authorities.outside.opened import open_outside_cas
    from mshield.server.authorities.outside.settings import BadCas
    from mshield.server.runtime.clocks.clock import wall_clock

    try:
        outside = open_outside_cas(settings.ca.cas, now=wall_clock())
    except BadCas as error:
        return {"outside CAs": (False, str(error))}
    if outside is None:
        return {}
    names = ", ".join(
        f"{name} (disabled)" if profile.entry.disabled else name
        for name, profile in outside.cas.profiles.items()
    )
    return {"outside CAs": (True, f"{names}; {len(outside.cas.routes)} routes")}


async def _service(lang: "Lang") -> dict[str, tuple[bool, str]]:
    from mshield.cli.parts.output import shown_time
    from mshield.server.accounts.sms_budget import read_spent
    from mshield.server.authorities.authority import load_authorities
    from mshield.server.database.interface import StoreError
    from mshield.server.database.opening import opened_database
    from mshield.server.figures.jobs import held_too_long
    from mshield.server.keys.errors import KeysError
    from mshield.server.keys.keyring import key_source, load_keyring
    from mshield.server.publication.state import ReadCaState
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.runtime.rows.jobs import last_run
    from mshield.server.settings.settings import load_settings
    from mshield.server.staff.tokens import ending

    settings = load_settings()
    checks: dict[str, tuple[bool, str]] = {}
    try:
        keyring, source = load_keyring(settings.keys), key_source(settings.keys)
        checks["master key"] = (True, f"{keyring.current_id.hex()}, {source.description()}")
    except KeysError as error:
        return {"master key": (False, str(error))}
    checks |= await _server(settings, lang)
    if not all(good for good, _ in checks.values()):
        return checks
    try:
        async with opened_database(settings.database.url, pool_size=1) as db:
            checks.setdefault("database", (True, db.dialect))
            checks |= await _disk(db, settings) | await _restore(db, settings)
            checks["seals"] = await _seals(db)
            checks["schema"] = await _schema(db)
            authorities = await load_authorities(db, keyring, load_engine(settings.keys.engine))
            checks["CA"] = (True, f"issuing CA {authorities.issuing.certificate.subject.common_name}")
            checks |= await _devices(settings, db, keyring)
            state = await ReadCaState(db, load_engine(settings.keys.engine), settings.ca)(now=wall_clock())
            checks |= await _time_stamps(db, settings)
            checks |= await _doubted_clocks(db)
            checks["log"] = (True, _log(state.log, await last_run(db, "log")))
            for job in await held_too_long(db, now=wall_clock()):
                text = f"leased until {shown_time(job.lease_until)} by {job.holder}, longer than any process leases one"
                checks[f"warning job {job.name}"] = (True, text)
            # The service would start: the following are information for the operator.
            spent = await read_spent(db, settings.accounts, now=wall_clock())
            text = f"{spent.count} of today's {spent.most} SMS codes to people without a login are used"
            checks["SMS budget"] = (True, f"{text}: check the SMS log" if spent.is_low else text)
            count, first = await ending(db, now=wall_clock())
            if first is not None:
                text = f"{count} end within two weeks, the first at {shown_time(first)}: run mshield staff token list"
                checks["staff tokens"] = (True, text)
            for warning in state.warnings:
                checks[f"warning {warning.subject}"] = (True, f"{warning.code}: {warning.en}")
    except (StoreError, OSError) as error:
        checks["database"] = (False, _cause(error, lang))
    except (KeysError, EngineUnavailable) as error:
        checks["CA"] = (False, str(error))
    return checks


_POOLER_LACKS = {
    "statements": "it assigns sessions per statement, so transactions don't work: set pool_mode to transaction",
    "prepared": "it forgets prepared statements between transactions: set max_prepared_statements",
    "few": "no second session was available within two seconds: raise default_pool_size",
}


def _cause(error: Exception, lang: "Lang") -> str:
    """Returns code and sentence of an error if it has them, else its text."""
    sentence = getattr(error, lang, None)
    return str(error) if sentence is None else f"{getattr(error, 'code', 'failed')}: {sentence}"


async def _server(settings: "Settings", lang: "Lang") -> dict[str, tuple[bool, str]]:
    """Checks the server that answers for PostgreSQL; a standby gets no further checks, which it couldn't answer."""
    from mshield.server.database.interface import StoreError
    from mshield.server.database.server_detection import detect_server, pooler_fault

    if settings.database.url.startswith("sqlite:"):
        return {}
    try:
        server = await detect_server(settings.database.url)
        direct = (
            await detect_server(settings.database.database_direct)
            if settings.database.database_direct
            else None
        )
        lacks = await pooler_fault(settings.database.url) if server.pooled and server.writes else None
    except StoreError as error:
        return {"database": (False, _cause(error, lang))}
    kind = "standby" if server.standby else "primary" if server.writes else "read only"
    text = f"postgresql {server.version}, {kind}" + (", behind a pooler" if server.pooled else "")
    if not server.writes:
        text += (
            ": it accepts no writes. Name all hosts and target_session_attrs=read-write (docs/operations.md)"
        )
    checks = {"database": (server.writes, text)}
    if lacks is not None:
        checks["pooler"] = (False, _POOLER_LACKS[lacks])
    if direct is not None and direct.standby:
        checks["database direct"] = (
            False,
            "MSHIELD_DATABASE_DIRECT is a standby: it delivers no notifications",
        )
    elif (direct or server).pooled:
        # Some poolers drop LISTEN silently.
        text = (
            "notifications between processes may be lost: MSHIELD_DATABASE_DIRECT must name the server itself"
        )
        checks["warning pooler"] = (True, text)
    return checks


async def _time_stamps(db: "Database", settings: "Settings") -> dict[str, tuple[bool, str]]:
    from mshield.cli.parts.output import shown_time
    from mshield.pki.timestamps.certificate import parse_tsa_certificate
    from mshield.server.authorities.rows.authorities import find_certificate
    from mshield.server.authorities.tsa import TSA
    from mshield.server.requests.time_stamps import BadTsaRoots, outside_roots
    from mshield.server.runtime.clocks.clock import wall_clock
    from mshield.server.runtime.clocks.clock_sync import max_error_us
    from mshield.wire.times import DAY_MS

    off_us = max_error_us()
    clock = (
        "not reported by the kernel"
        if off_us is None
        else f"off by at most {off_us / 1e6:.3f} s according to the kernel"
    )
    checks = {"clock": (True, clock)}
    try:
        roots = outside_roots(settings.time_stamps)
        checks["time stamps"] = (
            True,
            f"{', '.join(settings.time_stamps.url) or 'no authority'}; {len(roots)} roots of outside authorities",
        )
    except BadTsaRoots as error:
        checks["time stamps"] = (False, error.en)
    for name in TSA.values():
        certificate = await find_certificate(db, name=name)
        if certificate is None:
            checks[f"warning {name}"] = (True, "missing: run mshield ca init")
        elif parse_tsa_certificate(certificate).not_after - wall_clock() < 365 * DAY_MS:
            until = shown_time(parse_tsa_certificate(certificate).not_after)
            checks[f"warning {name}"] = (True, f"ends {until}: run mshield ca renew-tsa")
    return checks


async def _devices(settings: "Settings", db: "Database", keyring: "Keyring") -> dict[str, tuple[bool, str]]:
    """Checks the authorities' keys in devices, and the cipher machine if there is one. Raises: KeysError.

    A token's key that is unavailable is only a warning: the service starts, but can't make the signatures of
    that key.
    """
    from mshield.server.authorities.keys import reference_in
    from mshield.server.authorities.p256 import open_p256
    from mshield.server.authorities.rows.authorities import list_authorities
    from mshield.server.keys.errors import KeysError

    checks, in_devices = dict[str, tuple[bool, str]](), list[str]()
    for row in sorted(await list_authorities(db), key=lambda row: row.name):
        reference = reference_in(keyring.open(row.key_box, purpose="authority", context=row.name.encode()))
        if reference is not None:
            in_devices.append(f"{row.name} {reference}")
        if reference is not None and reference.startswith("pkcs11:"):
            try:
                open_p256(keyring, row)
            except KeysError as error:
                checks[f"warning {row.name}"] = (True, f"{error.code}: {error.en}")
    if in_devices:
        checks["keys in hardware"] = (True, ", ".join(in_devices))
    if settings.keys.sdf_library is not None:
        info = keyring.devices.machine().info()
        checks["cipher machine"] = (True, " ".join(part for part in info if part))
    return checks


async def _doubted_clocks(db: "Database") -> dict[str, tuple[bool, str]]:
    """Compares this machine's clock with the database's, and lists processes whose clocks are in doubt."""
    from mshield.server.runtime.clocks.run_watch import look_once, read_doubts
    from mshield.server.runtime.clocks.watch import ClockWatch

    watch = ClockWatch()
    await look_once(db, watch)
    doubt = watch.doubt
    text = (
        "agrees with the database"
        if doubt is None
        else f"{doubt.en}; if that is right: run mshield clock confirm"
    )
    checks = {"clock agrees": (doubt is None, text)}
    for row in await read_doubts(db, now=watch.database_time):
        checks[f"warning clock {row.process}"] = (
            True,
            f"{row.doubt.en}: the process purges and issues nothing",
        )
    return checks


async def _seals(db: "Database") -> tuple[bool, str]:
    from mshield.server.keys.seals import SealsLost, lacks_key

    return (False, SealsLost().en) if await lacks_key(db) else (True, "the key of the seals is present")


async def _schema(db: "Database") -> tuple[bool, str]:
    from mshield.server.database.additions import additions

    names = ", ".join(f"{kind} {name}" for kind, name in await additions(db))
    return (
        (False, f"added by others: {names}")
        if names
        else (True, "no trigger, rule, function or view was added")
    )


async def _disk(db: "Database", settings: "Settings") -> dict[str, tuple[bool, str]]:
    """Writes rows and removes them, and looks for room where this host writes. Raises: Unavailable, StoreError."""
    from mshield.server.runtime.health.readiness import LEAST_FREE, has_room, written_folders
    from mshield.server.runtime.rows.probe_rows import write_probe_rows

    await write_probe_rows(db)

    folders = written_folders(settings.database)
    names = ", ".join(str(folder.absolute()) for folder in folders)
    if has_room(folders):
        return {"disk": (True, f"room in {names}; rows were written and removed")}
    return {"disk": (False, f"less than {LEAST_FREE >> 20} MiB free in {names}: free or add space")}


async def _restore(db: "Database", settings: "Settings") -> dict[str, tuple[bool, str]]:
    from mshield.server.restore.external.high_water_file import BadHighWaterFile
    from mshield.server.restore.high_water import lacks_mark, require_newest
    from mshield.server.runtime.rows.known_mark import RestoreUndeclared

    try:
        file = await require_newest(db, settings.database.high_water_folder)
    except (RestoreUndeclared, BadHighWaterFile) as error:
        return {"restore": (False, error.en)}
    if await lacks_mark(db, settings.database.high_water_folder):
        text = (
            f"this database was in use, but {file.path.parent.absolute()} has no mark of it. Was it restored from a "
            "copy? Then run mshield restore declare. Is this a new host? Then ignore this once"
        )
        return {"warning restore": (True, text)}
    return {"restore": (True, f"no undeclared restore according to {file.path.absolute()}")}


def _log(state: "LogStateMessage | None", last_run: int | None) -> str:
    from mshield.cli.parts.output import shown_time

    if state is None:
        return "is created when the service starts"
    when = "never" if last_run is None else f"at {shown_time(last_run)}"
    return f"{state.origin}, {state.size} entries, {state.waiting} rows pending; last written {when}"
