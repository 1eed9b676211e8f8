"""`mshield staff acts`: what was done, as the file that the console's audit gives."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, output_options
from mshield.commands.parts.service import Service, on_service
from mshield.commands.parts.table_file import write_table_file

if TYPE_CHECKING:
    from mshield.gateways.table_files import ListFormat
    from mshield.services.staff.list_acts import ListActs


def _matching(pattern: str, what: str) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Takes what the console takes, too: another word would find nothing, and the file say so of nobody."""

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and not (value.isprintable() and re.fullmatch(pattern, value)):
            raise click.BadParameter(what)
        return value

    return check


def _calendar_day(
    _context: click.Context, _parameter: click.Parameter, value: dt.datetime | None
) -> dt.datetime | None:
    """A day that has a time in any zone, as has the day after it."""
    if value is not None and not _FIRST_YEAR < value.year < _LAST_YEAR:
        raise click.BadParameter(f"a day between {_FIRST_YEAR} and {_LAST_YEAR}")
    return value


_DAY = click.DateTime(["%Y-%m-%d"])
_FIRST_YEAR, _LAST_YEAR = 1970, 9999
_END = _matching(r"[0-9]{3,17}[0-9Xx]", "four characters or more: digits, the last may be an X")
_ACT = _matching(r"[a-z_]{1,32}([.][a-z_]{1,32})?", "as filing.export, or filing")
_NAME = _matching(r".{1,64}", "1 to 64 printable characters")


@click.command(name="acts")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--name", callback=_NAME, help="About whom: how a name begins, or a part of an enterprise's.")
@click.option("--end", callback=_END, help="About whom: the end (尾号) of a shield, phone or id number.")
@click.option(
    "--by-name", callback=_NAME, help="By whom: the same, or any part of the name of a member of staff."
)
@click.option("--by-end", callback=_END, help="By whom: the end (尾号) of a shield, phone or id number.")
@click.option("--act", callback=_ACT, help="Of this kind (filing.export), or this area (filing).")
@click.option("--since", type=_DAY, callback=_calendar_day, help="From this day on.")
@click.option("--until", type=_DAY, callback=_calendar_day, help="Until this day, which counts.")
@output_options
def command(
    out: Output,
    file: Path,
    *,
    name: str | None,
    end: str | None,
    by_name: str | None,
    by_end: str | None,
    act: str | None,
    since: dt.datetime | None,
    until: dt.datetime | None,
) -> None:
    """Write what staff, legal persons and commands did to FILE (.xlsx or .csv), the newest first.

    50 000 acts at most: narrow it where there are more. The export is an act itself. Days are those of
    MSHIELD_TIME_ZONE. The file is made readable by its owner only.
    """
    from mshield.services.staff.list_acts import ActTerms, Words

    if since is not None and until is not None and since > until:
        raise click.BadParameter("the last day is before the first", param_hint="--until")
    about, by = Words(name=name, end=end), Words(name=by_name, end=by_end)

    def export_as(kind: "ListFormat") -> bytes:
        async def work(service: Service) -> bytes:
            acts = await _acts(service)
            terms = ActTerms(
                subjects=None if about == Words() else await acts.subjects(about),
                actors=None if by == Words() else await acts.actors(by),
                act=act,
                since=None if since is None else _ms(since, acts),
                until=None if until is None else _ms(until + dt.timedelta(days=1), acts),
            )
            return await acts.export(kind, terms, now=service.now)

        return on_service(out, work)

    length = write_table_file(out, file, export_as)
    out.data({"file": str(file), "bytes": length}, [])
    out.say(f"已导出到 {file}", f"Exported to {file}")


async def _acts(service: Service) -> "ListActs":
    from zoneinfo import ZoneInfo

    from mshield.keys.secrets import load_lookup_key
    from mshield.services.accounts.search.accounts import FindAccounts
    from mshield.services.filing.search import FindFiled
    from mshield.services.staff.list_acts import ListActs
    from mshield.services.staff.meant import MeantPeople

    db, keyring = service.db, service.keyring
    lookup = await load_lookup_key(db, keyring, now=service.now)
    meant = MeantPeople(FindAccounts(db, keyring, lookup), FindFiled(db, keyring, lookup))
    return ListActs(db, meant, ZoneInfo(service.settings.time_zone))


def _ms(day: dt.datetime, acts: "ListActs") -> int:
    return int(day.replace(tzinfo=acts.zone).timestamp() * 1000)
