"""`mshield oidc`: business systems that log people in by OpenID Connect, and the keys that sign ID tokens."""

from pathlib import Path

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.service import Service, on_service

# Defined here, so that `--help` needs no server packages.
_METHODS = ("client_secret_basic", "client_secret_post", "private_key_jwt")


@click.group()
def command() -> None:
    """OpenID Connect: clients and signing keys."""


@command.group()
def client() -> None:
    """Register business systems as OpenID Connect clients."""


@client.command(name="set")
@click.argument("client_id")
@click.option(
    "--redirect-uri",
    "redirect_uris",
    multiple=True,
    required=True,
    help="Address to which logins return; repeatable.",
)
@click.option(
    "--logout-uri", "logout_uris", multiple=True, help="Address to which logouts may return; repeatable."
)
@click.option(
    "--auth",
    "auth_method",
    type=click.Choice(_METHODS),
    default=_METHODS[0],
    show_default=True,
    help="How the client authenticates.",
)
@click.option(
    "--jwks",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="File with its public keys (JWK set), for private_key_jwt.",
)
@click.option("--par-required", is_flag=True, help="Refuse requests that were not pushed (RFC 9126).")
@output_options
def set_(
    out: Output,
    client_id: str,
    *,
    redirect_uris: tuple[str, ...],
    logout_uris: tuple[str, ...],
    auth_method: str,
    jwks: Path | None,
    par_required: bool,
) -> None:
    """Register the business system CLIENT_ID as an OpenID Connect client, or replace its settings.

    The client secret is the business system's. Addresses must be https, or http on this machine, and match exactly.
    """
    from mshield.server.oidc.clients import set_client

    keys = None if jwks is None else jwks.read_text("utf-8")

    async def work(service: Service) -> None:
        await set_client(
            service.db,
            client_id=client_id,
            redirect_uris=redirect_uris,
            logout_uris=logout_uris,
            auth_method=auth_method,
            jwks=keys,
            par_required=par_required,
            now=service.now,
        )

    on_service(out, work)
    out.data({"client_id": client_id, "redirect_uris": list(redirect_uris)}, [])
    out.say("已登记；几秒后生效", "Registered; in force within seconds")


@client.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the clients."""
    from mshield.server.oidc.clients import list_clients

    clients = on_service(out, lambda service: list_clients(service.db))
    rows = [
        (
            str(row["client_id"]),
            str(row["name"]),
            str(row["auth_method"]),
            " ".join(row["redirect_uris"]) if isinstance(row["redirect_uris"], list) else "",
        )
        for row in clients
    ]
    out.data(clients, table(("client_id", "name", "auth", "redirect_uris"), rows))


@client.command()
@click.argument("client_id")
@output_options
def remove(out: Output, client_id: str) -> None:
    """Remove the client CLIENT_ID; the business system itself remains."""
    from mshield.server.oidc.clients import remove_client

    on_service(out, lambda service: remove_client(service.db, client_id=client_id, now=service.now))
    out.data({"client_id": client_id}, [])
    out.say("已移除；几秒后生效", "Removed; in force within seconds")


@command.command(name="rotate-key")
@click.option(
    "--at-once",
    is_flag=True,
    help="The old key is compromised: put a new one in force now, and stop publishing all others.",
)
@output_options
def rotate_key(out: Output, at_once: bool) -> None:
    """Create the next signing key: published at once, in force a day later. A job does this automatically (jobs.md)."""
    from mshield.server.acts.actor import SERVICE
    from mshield.server.oidc.keys import OidcKeys, SigningKey

    async def work(service: Service) -> SigningKey:
        keys = OidcKeys(service.db, service.keyring)
        return await keys.rotate(service.now, at_once=at_once, by=SERVICE)

    key = on_service(out, work, dated=not at_once)
    out.data({"kid": key.kid, "signs_from": key.signs_from}, [f"kid  {key.kid}"])
    if at_once:
        out.say("新密钥一分钟内在各处生效", "The new key is in force everywhere within a minute")
    else:
        out.say("新密钥已公布，一天后启用", "The new key is published, and in force from tomorrow on")
