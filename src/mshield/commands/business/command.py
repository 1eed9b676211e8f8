"""`mshield business`: the business systems (业务系统) that may ask for logins and signatures."""

from typing import TYPE_CHECKING

import click

from mshield.commands.business.unshown import command as unshown_command
from mshield.commands.business.view import command as view_command
from mshield.commands.parts.output import Output, Refused, output_options, table
from mshield.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.domain.errors import SystemAlike


@click.group(name="business")
def command() -> None:
    """Register and list business systems, and their views."""


command.add_command(view_command)
command.add_command(unshown_command)


@command.command()
@click.argument("name")
@click.option("--domain", required=True, help="The domain that phones show beside the name.")
@click.option(
    "--return-url",
    "return_urls",
    multiple=True,
    help="Where the shield's app may lead back to after a request by the system's own app; repeatable.",
)
@click.option(
    "--second-person",
    metavar="NAME",
    help="Who else has seen both; needed where name or domain is, or is like, a registered one's.",
)
@output_options
def add(
    out: Output, name: str, *, domain: str, return_urls: tuple[str, ...], second_person: str | None
) -> None:
    """Register a business system; prints its client id and, this once only, its secret.

    A domain or owner that another system has, or a name or domain that could be taken for another's, takes two people:
    the command names the others, and --second-person who else has seen them. It stands in the act that is recorded.
    """
    from mshield.domain import errors
    from mshield.domain.identity import normalise_name
    from mshield.services.systems.register import register_system

    async def work(service: Service) -> tuple[str, str]:
        other = None if second_person is None else normalise_name(second_person)
        try:
            return await register_system(
                service.db,
                name=name,
                domain=domain,
                return_urls=return_urls,
                schemes=service.settings.return_schemes,
                second_person=other,
                now=service.now,
            )
        except errors.SystemAlike as error:
            raise _two_people(out, error) from error

    client_id, secret = on_service(out, work)
    out.data(
        {
            "client_id": client_id,
            "client_secret": secret,
            "name": name,
            "domain": domain,
            "return_urls": list(return_urls),
        },
        [f"client_id      {client_id}", f"client_secret  {secret}"],
    )
    out.say("密钥只显示这一次，请妥善保存", "The secret is shown this once only: keep it safe")


def _two_people(out: Output, error: "SystemAlike") -> Refused:
    alike = error.extra["alike"]
    shown = "; ".join(f"{system['name']} {system['domain']}" for system in alike)  # type: ignore[index,union-attr,call-overload]  # the error names its systems as JSON
    return Refused(
        out.pick(
            f"与已登记的业务系统相同或相近：{shown}。须两人看过两者，请用 --second-person 写明另一人的姓名；没有登记",
            f"It is, or is like, a registered system: {shown}. Two people have to see both: "
            "name the other one with --second-person. Nothing was registered",
        ),
        code="two_people",
        extra={"alike": alike},
        as_json=out.json,
    )


@command.command(name="return-urls")
@click.argument("client_id")
@click.argument("return_urls", nargs=-1)
@output_options
def return_urls_(out: Output, client_id: str, return_urls: tuple[str, ...]) -> None:
    """Put RETURN_URLS in place of those of the business system CLIENT_ID; none ends app-to-app requests.

    Each is https, http on this machine, or by an app's own scheme that MSHIELD_RETURN_SCHEMES names
    (`palmcustoms://signed`), and matches exactly.
    """
    from mshield.services.systems.register import set_return_urls

    async def work(service: Service) -> None:
        await set_return_urls(
            service.db,
            client_id=client_id,
            return_urls=return_urls,
            schemes=service.settings.return_schemes,
            now=service.now,
        )

    on_service(out, work)
    out.data({"client_id": client_id, "return_urls": list(return_urls)}, list(return_urls))
    out.say("已登记；几秒后生效", "Registered; it counts within seconds")


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the registered business systems."""
    from mshield.services.systems.register import list_systems

    systems = on_service(out, lambda service: list_systems(service.db))
    columns = ("client_id", "name", "domain", "state")
    rows = [(*(str(system[name]) for name in columns), " ".join(system["return_urls"])) for system in systems]
    out.data(systems, table((*columns, "return_urls"), rows))
