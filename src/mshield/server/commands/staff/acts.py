"""`mshield staff acts`: exports the audit log, as the same file as the console's."""

import datetime as dt
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, output_options
from mshield.server.commands.parts.number_search import count_search
from mshield.server.commands.parts.service import Service, on_service
from mshield.server.commands.parts.table_file import write_table_file

if TYPE_CHECKING:
    from mshield.server.runtime.external.table_files import ListFormat
    from mshield.server.staff.list_acts import Actors, ListActs, Subjects, Words


def _pattern_callback(
    pattern: str, what: str
) -> Callable[[click.Context, click.Parameter, str | None], str | None]:
    """Returns a callback that accepts only what the console accepts.

    Any other word would find nothing, and the file would wrongly suggest that there were no acts.
    """

    def check(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
        if value is not None and not (value.isprintable() and re.fullmatch(pattern, value)):
            raise click.BadParameter(what)
        return value

    return check


def _calendar_day(
    _context: click.Context, _parameter: click.Parameter, value: dt.datetime | None
) -> dt.datetime | None:
    """Accepts a day that, like the day after it, exists as a time in any zone. Raises: BadParameter."""
    if value is not None and not _FIRST_YEAR < value.year < _LAST_YEAR:
        raise click.BadParameter(f"a day between {_FIRST_YEAR} and {_LAST_YEAR}")
    return value


_DAY = click.DateTime(["%Y-%m-%d"])
_FIRST_YEAR, _LAST_YEAR = 1970, 9999
_END = _pattern_callback(r"[0-9]{3,17}[0-9Xx]", "four characters or more: digits, the last may be an X")
_ACT = _pattern_callback(r"[a-z_]{1,32}([.][a-z_]{1,32})?", "as filing.export, or filing")
_NAME = _pattern_callback(r".{1,64}", "1 to 64 printable characters")


@click.command(name="acts")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option(
    "--name", callback=_NAME, help="Subject: the beginning of a name, or a part of an enterprise's."
)
@click.option("--end", callback=_END, help="Subject: the end (尾号) of a shield, phone or ID number.")
@click.option(
    "--by-name", callback=_NAME, help="Actor: as --name, or any part of the name of a member of staff."
)
@click.option("--by-end", callback=_END, help="Actor: the end (尾号) of a shield, phone or ID number.")
@click.option("--act", callback=_ACT, help="Kind of act (filing.export), or area (filing).")
@click.option("--since", type=_DAY, callback=_calendar_day, help="From this day on.")
@click.option("--until", type=_DAY, callback=_calendar_day, help="Until this day, inclusive.")
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
    """Write the acts of staff, legal representatives and commands to FILE (.xlsx or .csv), newest first.

    At most 50 000 acts: use the options to narrow a longer list. The export itself is recorded as an act.
    Days are those of MSHIELD_TIME_ZONE. Only the owner can read the file.
    """
    from mshield.server.staff.list_acts import ActTerms, Words

    if since is not None and until is not None and since > until:
        raise click.BadParameter("the last day is before the first", param_hint="--until")
    about, by = Words(name=name, end=end), Words(name=by_name, end=by_end)

    def export_as(kind: "ListFormat") -> bytes:
        async def work(service: Service) -> bytes:
            acts = await _acts(service)
            terms = ActTerms(
                subjects=None if about == Words() else await _subjects(service, acts, about),
                actors=None if by == Words() else await _actors(service, acts, by),
                act=act,
                since=None if since is None else _ms(since, acts),
                until=None if until is None else _ms(until + dt.timedelta(days=1), acts),
            )
            return await acts.export(kind, terms, now=service.now)

        return on_service(out, work)

    length = write_table_file(out, file, export_as)
    out.data({"file": str(file), "bytes": length}, [])
    out.say(f"已导出到 {file}", f"Exported to {file}")


async def _subjects(service: Service, acts: "ListActs", words: "Words") -> "Subjects":
    if words.end is None:
        return await acts.subjects(words)
    return await count_search(service, lambda: acts.subjects(words), hit=lambda found: found.somebody)


async def _actors(service: Service, acts: "ListActs", words: "Words") -> "Actors":
    if words.end is None:
        return await acts.actors(words)
    return await count_search(service, lambda: acts.actors(words), hit=lambda found: bool(found.ids))


async def _acts(service: Service) -> "ListActs":
    from zoneinfo import ZoneInfo

    from mshield.server.accounts.search import FindAccounts
    from mshield.server.filing.search import FindFiled
    from mshield.server.keys.secrets import load_lookup_key
    from mshield.server.staff.list_acts import ListActs
    from mshield.server.staff.resolve_people import ResolvePeople

    db, keyring = service.db, service.keyring
    lookup = await load_lookup_key(db, keyring, now=service.now)
    resolve_people = ResolvePeople(FindAccounts(db, keyring, lookup), FindFiled(db, keyring, lookup))
    return ListActs(db, resolve_people, ZoneInfo(service.settings.site.time_zone))


def _ms(day: dt.datetime, acts: "ListActs") -> int:
    return int(day.replace(tzinfo=acts.zone).timestamp() * 1000)
