"""`mshield business`: business systems (业务系统) that may request logins and signatures."""

from typing import TYPE_CHECKING

import click

from mshield.cli.parts.output import Output, Refused, output_options, table
from mshield.server.commands.business.unshown import command as unshown_command
from mshield.server.commands.business.view import command as view_command
from mshield.server.commands.parts.second_person import confirmed_by, second_person_option
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.systems.errors import SystemAlike


@click.group(name="business")
def command() -> None:
    """Register and list business systems, and their views."""


command.add_command(view_command)
command.add_command(unshown_command)


@command.command()
@click.argument("name")
@click.option("--domain", required=True, help="Domain that phones show next to the name.")
@click.option(
    "--return-url",
    "return_urls",
    multiple=True,
    help=(
        "Address to which the shield's app may return after a request by the system's own app; repeatable."
    ),
)
@second_person_option(
    "a second security officer, who has looked at both systems; required if name or domain equals or resembles "
    "a registered one",
    required=False,
)
@output_options
def add(
    out: Output, name: str, *, domain: str, return_urls: tuple[str, ...], second_person: str | None
) -> None:
    """Register a business system; prints its client ID and its secret, which is shown only this once.

    A domain or owner that another system has, or a name or domain that could be mistaken for another's,
    requires two people: the command lists the others, and --second-person names the security officer who has
    also looked at them, confirms it by a one-time code, and is recorded in the audit log.
    """
    from mshield.server.systems.errors import SystemAlike
    from mshield.server.systems.register import register_system

    async def work(service: Service) -> tuple[str, str]:
        other = None if second_person is None else await confirmed_by(out, service, second_person)
        try:
            return await register_system(
                service.db,
                name=name,
                domain=domain,
                return_urls=return_urls,
                schemes=service.settings.requests.return_schemes,
                second_person=other,
                now=service.now,
            )
        except SystemAlike as error:
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
    out.say("密钥只显示这一次，请妥善保存", "The secret is shown only this once: keep it safe")


def _two_people(out: Output, error: "SystemAlike") -> Refused:
    alike = error.extra["alike"]
    similar = "; ".join(f"{system['name']} {system['domain']}" for system in alike)  # type: ignore[index,union-attr,call-overload]  # the error holds its systems as JSON
    return Refused(
        out.pick(
            f"与已登记的业务系统相同或相近：{similar}。须两人看过两者，"
            "请用 --second-person 写明另一位安全管理员，由其输入动态码确认；没有登记",
            f"It equals or resembles a registered system: {similar}. Two people must look at both: "
            f"name the other one, a security officer, with --second-person. Nothing was registered",
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
    """Replace the return addresses of the business system CLIENT_ID by RETURN_URLS.

    Without any, app-to-app requests are disabled.

    Each is https, http on this machine, or of an app's own scheme that MSHIELD_RETURN_SCHEMES lists
    (`palmcustoms://signed`), and must match exactly.
    """
    from mshield.server.systems.register import set_return_urls

    async def work(service: Service) -> None:
        await set_return_urls(
            service.db,
            client_id=client_id,
            return_urls=return_urls,
            schemes=service.settings.requests.return_schemes,
            now=service.now,
        )

    on_service(out, work)
    out.data({"client_id": client_id, "return_urls": list(return_urls)}, list(return_urls))
    out.say("已登记；几秒后生效", "Registered; in force within seconds")


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the registered business systems."""
    from mshield.server.systems.register import list_systems

    systems = on_service(out, lambda service: list_systems(service.db))
    columns = ("client_id", "name", "domain", "state")
    rows = [(*(str(system[name]) for name in columns), " ".join(system["return_urls"])) for system in systems]
    out.data(systems, table((*columns, "return_urls"), rows))
