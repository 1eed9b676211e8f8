"""`mshield staff acts`: what was done, as the file that the console's audit gives."""

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import click

from mshield.commands.parts.output import Output, Refused, output_options
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.services.staff.list_acts import ListActs

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command(name="acts")
@click.argument("file", type=click.Path(dir_okay=False, writable=True, path_type=Path))
@click.option("--name", help="About whom: how a name begins, or a part of an enterprise's.")
@click.option("--end", help="About whom: the end (尾号) of a shield, phone or id number.")
@click.option("--by-name", help="By whom: the same, or any part of the name of a member of staff.")
@click.option("--by-end", help="By whom: the end (尾号) of a shield, phone or id number.")
@click.option("--act", help="Of this kind (filing.export), or this area (filing).")
@click.option("--since", type=_DAY, help="From this day on.")
@click.option("--until", type=_DAY, help="Until this day, which counts.")
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
    kind = file.suffix.lower()
    if kind not in {".xlsx", ".csv"}:
        raise Refused(
            out.pick("文件名须以 .xlsx 或 .csv 结尾", "The file's name must end in .xlsx or .csv"),
            code="unknown_format",
            as_json=out.json,
        )

    async def work(service: Service) -> bytes:
        from mshield.services.staff.list_acts import ActTerms, Words

        acts = await _acts(service)
        about, by = Words(name=name, end=end), Words(name=by_name, end=by_end)
        terms = ActTerms(
            subjects=None if about == Words() else await acts.subjects(about),
            actors=None if by == Words() else await acts.actors(by),
            act=act,
            since=None if since is None else _ms(since, acts),
            until=None if until is None else _ms(until + dt.timedelta(days=1), acts),
        )
        return await acts.export("xlsx" if kind == ".xlsx" else "csv", terms, now=service.now)

    content = on_service(out, work)
    file.touch(mode=0o600)
    file.chmod(0o600)
    file.write_bytes(content)
    out.data({"file": str(file), "bytes": len(content)}, [])
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
