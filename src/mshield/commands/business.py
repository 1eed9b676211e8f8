"""`mshield business`: the business systems (业务系统) that may ask for logins and signatures."""

import click

from mshield.commands.parts.output import Output, output_options, table
from mshield.commands.parts.service import Service, on_service


@click.group()
def command() -> None:
    """Register and list business systems."""


@command.command()
@click.argument("name")
@click.option("--domain", required=True, help="The domain that phones show beside the name.")
@click.option(
    "--return-url",
    "return_urls",
    multiple=True,
    help="Where the shield's app may lead back to after a request by the system's own app; repeatable.",
)
@output_options
def add(out: Output, name: str, *, domain: str, return_urls: tuple[str, ...]) -> None:
    """Register a business system; prints its client id and, this once only, its secret."""
    from mshield.services.systems.register import register_system

    async def work(service: Service) -> tuple[str, str]:
        return await register_system(
            service.db, name=name, domain=domain, return_urls=return_urls, now=service.now
        )

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


@command.command(name="return-urls")
@click.argument("client_id")
@click.argument("return_urls", nargs=-1)
@output_options
def return_urls_(out: Output, client_id: str, return_urls: tuple[str, ...]) -> None:
    """Put RETURN_URLS in place of those of the business system CLIENT_ID; none ends app-to-app requests.

    Each is https, http on this machine, or an app's own scheme (`palmcustoms://signed`), and matches exactly.
    """
    from mshield.services.systems.register import set_return_urls

    async def work(service: Service) -> None:
        await set_return_urls(service.db, client_id=client_id, return_urls=return_urls, now=service.now)

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
