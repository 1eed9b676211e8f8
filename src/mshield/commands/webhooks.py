"""`mshield webhooks`: where business systems (业务系统) are told that a request ended, and what became of it."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

import click

from mshield.commands.output import Output, output_options, table

if TYPE_CHECKING:
    from mshield.services.webhook_endpoints import Delivery, ListedEndpoint, WebhookEndpoints

T = TypeVar("T")
_STATES = ("waiting", "sent", "dead")


@click.group()
def command() -> None:
    """Tell business systems of ended requests by webhook (Standard Webhooks)."""


@command.command()
@click.argument("client_id")
@click.argument("url")
@output_options
def add(out: Output, client_id: str, url: str) -> None:
    """Tell the business system CLIENT_ID at URL; prints the secret, this once only.

    A system may have several endpoints, each with its own secret. Only requests that are made from now on are told.
    """
    endpoint_id, secret = _run(lambda endpoints, now: endpoints.add(client_id=client_id, url=url, now=now))
    out.data(
        {"id": endpoint_id, "client_id": client_id, "url": url, "secret": secret},
        [f"id      {endpoint_id}", f"secret  {secret}"],
    )
    _once(out)


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the endpoints, with how many deliveries wait and how many are given up."""
    found = _run(lambda endpoints, _: endpoints.list_all())
    rows = [
        (
            each.endpoint.id,
            each.endpoint.client_id,
            each.endpoint.url,
            each.endpoint.state,
            str(each.waiting),
            str(each.dead),
        )
        for each in found
    ]
    out.data(
        [_shown(each) for each in found], table(("id", "client_id", "url", "state", "waiting", "dead"), rows)
    )


@command.command()
@click.argument("endpoint_id")
@click.option(
    "--hours",
    type=click.IntRange(0, 24 * 30),
    default=24,
    show_default=True,
    help="How long the old one counts.",
)
@output_options
def rotate(out: Output, endpoint_id: str, hours: int) -> None:
    """Give the endpoint a new secret; for some hours webhooks are signed with both."""
    secret = _run(lambda endpoints, now: endpoints.rotate(endpoint_id, hours=hours, now=now))
    out.data({"id": endpoint_id, "secret": secret}, [f"secret  {secret}"])
    _once(out)


@command.command()
@click.argument("endpoint_id")
@output_options
def enable(out: Output, endpoint_id: str) -> None:
    """Let an endpoint that was disabled (it answered 410) take webhooks again."""
    _run(lambda endpoints, now: endpoints.enable(endpoint_id, now=now))
    out.data({"id": endpoint_id, "state": "active"}, [])
    out.say("已启用", "Enabled")


@command.command()
@click.argument("endpoint_id")
@output_options
def remove(out: Output, endpoint_id: str) -> None:
    """Remove an endpoint for good; what waits for it is given up."""
    _run(lambda endpoints, now: endpoints.remove(endpoint_id, now=now))
    out.data({"id": endpoint_id, "state": "removed"}, [])
    out.say("已删除", "Removed")


@command.command()
@click.option("--endpoint", "endpoint_id", default="", help="Only this endpoint's.")
@click.option("--state", type=click.Choice(_STATES), default=None, help="Only those in this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@output_options
def deliveries(out: Output, endpoint_id: str, state: str | None, limit: int) -> None:
    """List deliveries, newest first: taken, waiting for the next try, or given up (dead)."""
    found = _run(
        lambda endpoints, _: endpoints.deliveries(endpoint_id=endpoint_id, state=state or "", most=limit)
    )
    rows = [
        (each.id, each.event, each.request_id, each.state, str(each.attempts), _outcome(each), _next(each))
        for each in found
    ]
    out.data(
        [_delivery(each) for each in found],
        table(("id", "event", "request", "state", "tries", "last", "next"), rows),
    )


@command.command()
@click.argument("target")
@output_options
def replay(out: Output, target: str) -> None:
    """Send again: the delivery TARGET, or with an endpoint's id all that was given up for it."""
    count = _run(lambda endpoints, now: endpoints.replay(target, now=now))
    out.data({"replayed": count}, [])
    out.say(f"将重新发送 {count} 条", f"To be sent again: {count}")


def _run(work: "Callable[[WebhookEndpoints, int], Awaitable[T]]") -> T:
    from mshield.keys.keyring import load_keyring
    from mshield.main import opened_database, wall_clock
    from mshield.services.webhook_endpoints import WebhookEndpoints
    from mshield.settings import load_settings

    async def run() -> T:
        settings = load_settings()
        async with opened_database(settings) as db:
            return await work(WebhookEndpoints(db, load_keyring(settings), settings), wall_clock())

    return asyncio.run(run())


def _once(out: Output) -> None:
    out.say("密钥只显示这一次，请妥善保存", "The secret is shown this once only: keep it safe")


def _shown(each: "ListedEndpoint") -> dict[str, object]:
    endpoint = each.endpoint
    return {
        "id": endpoint.id,
        "client_id": endpoint.client_id,
        "url": endpoint.url,
        "state": endpoint.state,
        "reason": endpoint.reason,
        "previous_secret_until": endpoint.previous_until,
        "waiting": each.waiting,
        "dead": each.dead,
    }


def _delivery(each: "Delivery") -> dict[str, object]:
    return {
        "id": each.id,
        "endpoint_id": each.endpoint_id,
        "request_id": each.request_id,
        "event": each.event,
        "state": each.state,
        "attempts": each.attempts,
        "next_at": each.next_at if each.state == "waiting" else None,
        "status": each.status,
        "error": each.error,
        "created_at": each.created_at,
        "ended_at": each.ended_at,
    }


def _outcome(each: "Delivery") -> str:
    return str(each.status or each.error or "-")


def _next(each: "Delivery") -> str:
    if each.state != "waiting":
        return "-"
    return datetime.fromtimestamp(each.next_at / 1000, UTC).isoformat(timespec="seconds")
