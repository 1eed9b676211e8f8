"""`mshield doctor`: says what this installation consists of and what is missing."""

import asyncio
import platform
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import click

from mshield.commands.parts.output import Output, output_options
from mshield.gm.engine import available_engines, load_engine
from mshield.gm.errors import EngineUnavailable

if TYPE_CHECKING:
    from mshield.keys.keyring import Keyring
    from mshield.services.ca.state import LogState
    from mshield.settings import Settings
    from mshield.store.database.interface import Database

_PASSWORD: Final = re.compile(r"(://[^/:@\s]*:)[^/@\s]*(?=@)|([?&]password=)[^&\s]*")
"""In an address: after the user's name, or among the parameters."""


@click.command()
@click.option("--outside", is_flag=True, help="Also call the public origin: TLS, HSTS, no plain HTTP.")
@output_options
@click.pass_context
def command(context: click.Context, out: Output, *, outside: bool) -> None:
    """Check engine, settings, SMS, master key, database, restore and CA. Exit 1 if the service would not start.

    With --outside also if those who come by the public origin don't find what they should; the service has to run then.
    """
    from mshield.gateways.own_origin import seen_from_outside
    from mshield.settings import load_settings

    settings = load_settings()
    checks = {
        **look(settings),
        **(asyncio.run(seen_from_outside(settings.public_origin)) if outside else {}),
    }
    _tell(settings, checks)
    shown = {
        name: "***" if name == "master_key" and value is not None else _PASSWORD.sub(r"\1\2***", str(value))
        for name, value in settings.model_dump().items()
    }
    lines = [f"{'ok ' if good else '!! '} {name:<16} {text}" for name, (good, text) in checks.items()]
    lines += [f"    MSHIELD_{name.upper()}={value}" for name, value in shown.items()]
    faults = [name for name, (good, _) in checks.items() if not good]
    warnings = [name for name in checks if name.startswith("warning ")]
    shown_checks = {name: {"ok": good, "text": text} for name, (good, text) in checks.items()}
    out.data(
        {"ok": not faults, "faults": faults, "warnings": warnings, "checks": shown_checks, "settings": shown},
        [*lines, _verdict(out, faults, warnings)],
    )
    context.exit(1 if faults else 0)


def look(settings: "Settings") -> dict[str, tuple[bool, str]]:
    """By part: whether the service would start with it, and what there is."""
    return {
        "mshield": (True, f"{version('mshield')}, Python {platform.python_version()}"),
        **_engines(settings.engine),
        **_origin(settings),
        **_sms(settings),
        **asyncio.run(_service()),
    }


def _verdict(out: Output, faults: list[str], warnings: list[str]) -> str:
    """The last line: what to do about it stands at each check above."""
    said = out.pick(f"警告 {len(warnings)} 项", f"{len(warnings)} warnings")
    if faults:
        names = ", ".join(faults)
        return out.pick(
            f"!! 服务无法启动：{names}；{said}", f"!! the service would not start: {names}; {said}"
        )
    return out.pick(f"ok 服务可以启动；{said}", f"ok the service would start; {said}")


def _tell(settings: "Settings", checks: dict[str, tuple[bool, str]]) -> None:
    """Writes what failed or warns to the security log, where that has a file."""
    from mshield.services.process.clock import wall_clock
    from mshield.services.process.logs import set_up_file
    from mshield.services.process.security_events import DOCTOR_FINDING
    from mshield.services.process.security_log import SecurityLog

    set_up_file(settings)
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
    from mshield.services.process.origin import PlainOrigin, require_origin

    try:
        require_origin(settings)
    except PlainOrigin as error:
        return {"public origin": (False, error.en)}
    return {"public origin": (True, settings.public_origin)}


def _sms(settings: "Settings") -> dict[str, tuple[bool, str]]:
    from mshield.gateways.sms_provider import SmsNotSetUp, open_gateway

    try:
        open_gateway(settings)
    except SmsNotSetUp as error:
        return {"SMS": (False, str(error))}
    return {"SMS": (True, settings.sms_gateway)}


async def _service() -> dict[str, tuple[bool, str]]:
    from mshield.commands.phone.display import shown_time
    from mshield.keys.authority import load_authorities
    from mshield.keys.errors import KeysError
    from mshield.keys.keyring import key_source, load_keyring
    from mshield.services.accounts.sms_budget import read_spent
    from mshield.services.ca.state import ReadCaState
    from mshield.services.operations.watch_jobs import held_too_long
    from mshield.services.process.clock import wall_clock
    from mshield.services.staff.tokens import ending
    from mshield.settings import load_settings
    from mshield.store.database.interface import StoreError
    from mshield.store.database.opening import opened_database
    from mshield.store.operations.jobs import last_run

    settings = load_settings()
    checks: dict[str, tuple[bool, str]] = {}
    try:
        keyring, source = load_keyring(settings), key_source(settings)
        checks["master key"] = (True, f"{keyring.current_id.hex()}, {source.description()}")
    except KeysError as error:
        return {"master key": (False, str(error))}
    checks |= await _server(settings)
    if not all(good for good, _ in checks.values()):
        return checks
    try:
        async with opened_database(settings.database, pool_size=1) as db:
            checks.setdefault("database", (True, db.dialect))
            checks["restore"] = await _restore(db, settings)
            checks["seals"] = await _seals(db)
            checks["schema"] = await _schema(db)
            authorities = await load_authorities(db, keyring, load_engine(settings.engine))
            checks["CA"] = (True, f"issuing CA {authorities.issuing.certificate.subject.common_name}")
            checks |= await _devices(settings, db, keyring)
            state = await ReadCaState(db, load_engine(settings.engine), settings)(now=wall_clock())
            checks |= await _time_stamps(db, settings)
            checks |= await _doubted_clocks(db)
            checks["log"] = (True, _log(state.log, await last_run(db, "log")))
            for job in await held_too_long(db, now=wall_clock()):
                text = f"held until {shown_time(job.lease_until)} by {job.holder}, as no process holds it"
                checks[f"warning job {job.name}"] = (True, text)
            # The service would start: these are for whoever looks.
            spent = await read_spent(db, settings, now=wall_clock())
            text = f"{spent.count} of {spent.most} of the day spent by people without a login"
            checks["SMS budget"] = (True, f"{text}: look at the SMS log" if spent.is_low else text)
            count, first = await ending(db, now=wall_clock())
            if first is not None:
                text = f"{count} end within two weeks, the first at {shown_time(first)}: mshield staff token list"
                checks["staff tokens"] = (True, text)
            for warning in state.warnings:
                checks[f"warning {warning.subject}"] = (True, f"{warning.code}: {warning.en}")
    except (StoreError, OSError) as error:
        checks["database"] = (False, str(error))
    except (KeysError, EngineUnavailable) as error:
        checks["CA"] = (False, str(error))
    return checks


_POOLER_LACKS = {
    "statements": "it lends sessions by the statement, so there are no transactions: set pool_mode to transaction",
    "prepared": "it forgets prepared statements between transactions: set max_prepared_statements",
    "few": "it has no second session to lend within two seconds: raise default_pool_size",
}


async def _server(settings: "Settings") -> dict[str, tuple[bool, str]]:
    """The server that answers where PostgreSQL should. A standby is asked nothing further, as it couldn't answer."""
    from mshield.store.database.interface import StoreError
    from mshield.store.database.reaching import what_pooler_lacks, who_answers

    if settings.database.startswith("sqlite:"):
        return {}
    try:
        server = await who_answers(settings.database)
        direct = await who_answers(settings.database_direct) if settings.database_direct else None
        lacks = await what_pooler_lacks(settings.database) if server.pooled and server.writes else None
    except StoreError as error:
        return {"database": (False, str(error))}
    kind = "standby" if server.standby else "primary" if server.writes else "read only"
    text = f"postgresql {server.version}, {kind}" + (", behind a pooler" if server.pooled else "")
    if not server.writes:
        text += (
            ": it takes no writes. Name all hosts and target_session_attrs=read-write (docs/operations.md)"
        )
    checks = {"database": (server.writes, text)}
    if lacks is not None:
        checks["pooler"] = (False, _POOLER_LACKS[lacks])
    if direct is not None and direct.standby:
        checks["database direct"] = (False, "MSHIELD_DATABASE_DIRECT is a standby: no news come through it")
    elif (direct or server).pooled:
        # Some poolers lose LISTEN without a word.
        text = "news between processes may be lost: MSHIELD_DATABASE_DIRECT must name the server itself"
        checks["warning pooler"] = (True, text)
    return checks


async def _time_stamps(db: "Database", settings: "Settings") -> dict[str, tuple[bool, str]]:
    from mshield.commands.phone.display import shown_time
    from mshield.domain.times import DAY_MS
    from mshield.gateways.clocks.clock_sync import may_be_off_us
    from mshield.keys.tsa import TSA
    from mshield.pki.timestamps.certificate import parse_tsa_certificate
    from mshield.services.process.clock import wall_clock
    from mshield.services.requests.time_stamps import BadTsaRoots, outside_roots
    from mshield.store.ca.authorities import find_certificate

    off = may_be_off_us()
    clock = "not told by the kernel" if off is None else f"off by {off / 1e6:.3f} s at most, the kernel says"
    checks = {"clock": (True, clock)}
    try:
        roots = outside_roots(settings)
        checks["time stamps"] = (
            True,
            f"{', '.join(settings.tsa_url) or 'by nobody'}; {len(roots)} roots of outside authorities",
        )
    except BadTsaRoots as error:
        checks["time stamps"] = (False, error.en)
    for name in TSA.values():
        certificate = await find_certificate(db, name=name)
        if certificate is None:
            checks[f"warning {name}"] = (True, "there is none: mshield ca init-tsa")
        elif parse_tsa_certificate(certificate).not_after - wall_clock() < 365 * DAY_MS:
            until = shown_time(parse_tsa_certificate(certificate).not_after)
            checks[f"warning {name}"] = (True, f"ends {until}: mshield ca init-tsa --renew")
    return checks


async def _devices(settings: "Settings", db: "Database", keyring: "Keyring") -> dict[str, tuple[bool, str]]:
    """Which authorities' keys devices hold, and the cipher machine where there is one. Raises KeysError.

    A token's key that can't be had is a warning: the service starts, and is without what it signs.
    """
    from mshield.keys.ca_keys import reference_in
    from mshield.keys.errors import KeysError
    from mshield.keys.p256 import open_p256
    from mshield.store.ca.authorities import list_authorities

    checks, held = dict[str, tuple[bool, str]](), list[str]()
    for row in sorted(await list_authorities(db), key=lambda row: row.name):
        reference = reference_in(keyring.open(row.key_box, purpose="authority", context=row.name.encode()))
        if reference is not None:
            held.append(f"{row.name} {reference}")
        if reference is not None and reference.startswith("pkcs11:"):
            try:
                open_p256(keyring, row)
            except KeysError as error:
                checks[f"warning {row.name}"] = (True, f"{error.code}: {error.en}")
    if held:
        checks["keys in hardware"] = (True, ", ".join(held))
    if settings.sdf_library is not None:
        info = keyring.devices.machine().info()
        checks["cipher machine"] = (True, " ".join(part for part in info if part))
    return checks


async def _doubted_clocks(db: "Database") -> dict[str, tuple[bool, str]]:
    """This machine's clock beside what the database knows of it, and the processes that doubt theirs."""
    from mshield.services.process.clock_watch import ClockWatch
    from mshield.services.process.keep_clock import look_once, read_doubts

    watch = ClockWatch()
    await look_once(db, watch)
    doubt = watch.doubt
    text = (
        "agrees with the database" if doubt is None else f"{doubt.en}; if it is right: mshield clock confirm"
    )
    checks = {"clock agrees": (doubt is None, text)}
    for row in await read_doubts(db, now=watch.database_time):
        checks[f"warning clock {row.process}"] = (True, f"{row.doubt.en}: it purges and issues nothing")
    return checks


async def _seals(db: "Database") -> tuple[bool, str]:
    from mshield.keys.seals import NotSealed, needs_seals

    return (False, NotSealed().en) if await needs_seals(db) else (True, "no row waits for its seal")


async def _schema(db: "Database") -> tuple[bool, str]:
    from mshield.store.operations.additions import additions

    names = ", ".join(f"{kind} {name}" for kind, name in await additions(db))
    return (False, f"not ours: {names}") if names else (True, "no trigger, rule, function or view was added")


async def _restore(db: "Database", settings: "Settings") -> tuple[bool, str]:
    from mshield.gateways.high_water_file import BadHighWaterFile
    from mshield.services.operations.high_water import require_newest
    from mshield.store.operations.known_mark import RestoreUndeclared

    try:
        file = await require_newest(db, settings.high_water_folder)
    except (RestoreUndeclared, BadHighWaterFile) as error:
        return False, error.en
    return True, f"none undeclared, by {file.path.absolute()}"


def _log(state: "LogState | None", last_run: int | None) -> str:
    from mshield.commands.phone.display import shown_time

    if state is None:
        return "begins when the service starts"
    when = "never" if last_run is None else f"last at {shown_time(last_run)}"
    return f"{state.origin}, {state.size} entries, {state.waiting} rows wait; the service wrote to it {when}"
