"""`mshield business`: the business systems (业务系统) that may ask for logins and signatures."""

import asyncio

import click

from mshield.commands.output import Output, output_options, table


@click.group()
def command() -> None:
    """Register and list business systems."""


@command.command()
@click.argument("name")
@click.option("--domain", required=True, help="The domain that phones show beside the name.")
@output_options
def add(out: Output, name: str, domain: str) -> None:
    """Register a business system; prints its client id and, this once only, its secret."""
    from mshield.main import opened_database, wall_clock
    from mshield.services.register_system import register_system
    from mshield.settings import load_settings

    async def run() -> tuple[str, str]:
        async with opened_database(load_settings()) as db:
            return await register_system(db, name=name, domain=domain, now=wall_clock())

    client_id, secret = asyncio.run(run())
    out.data(
        {"client_id": client_id, "client_secret": secret, "name": name, "domain": domain},
        [f"client_id      {client_id}", f"client_secret  {secret}"],
    )
    out.say("密钥只显示这一次，请妥善保存", "The secret is shown this once only: keep it safe")


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the registered business systems."""
    from mshield.main import opened_database
    from mshield.services.register_system import list_systems
    from mshield.settings import load_settings

    async def run() -> list[dict[str, str]]:
        async with opened_database(load_settings()) as db:
            return await list_systems(db)

    systems = asyncio.run(run())
    rows = [(each["client_id"], each["name"], each["domain"], each["state"]) for each in systems]
    out.data(systems, table(("client_id", "name", "domain", "state"), rows))
