"""`mshield webhooks`: endpoints that notify business systems (业务系统) of ended requests, and their deliveries."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, TypeVar

import click

from mshield.cli.parts.output import Output, output_options, table
from mshield.server.commands.parts.service import Service, on_service

if TYPE_CHECKING:
    from mshield.server.webhooks.endpoints import ListedEndpoint, WebhookEndpoints
    from mshield.server.webhooks.rules import DeliveryMessage

T = TypeVar("T")
_STATES = ("waiting", "sent", "dead")
_WHY: Final[Mapping[str, tuple[str, str]]] = {
    "gone": (
        "对方答复 410，地址已停用；启用后可重新发送",
        "It answered 410 and is disabled; enable it to send again",
    ),
    "removed": ("通知地址已删除，不再发送", "The webhook was removed: not sent again"),
    "status": ("答复不是成功", "It answered with an error"),
    "timeout": ("超时", "Timed out"),
    "address_forbidden": ("地址不允许", "Address not allowed"),
    "ConnectError": ("无法连接", "No connection"),
    "seal_broken": ("密钥无法解开，没有发送", "The endpoint's secret can't be opened; not sent"),
    "record_changed": (
        "记录被改动过，没有发送",
        "The delivery or its endpoint was changed outside of the service; not sent",
    ),
    "unknown_master_key": (
        "密钥所用的主密钥不在，没有发送",
        "The master key of the endpoint's secret is missing; not sent",
    ),
}
"""Reasons why a delivery failed or an endpoint is disabled, in Chinese and English, with the console's words."""


@click.group()
def command() -> None:
    """Notify business systems of ended requests by webhook (Standard Webhooks)."""


@command.command()
@click.argument("client_id")
@click.argument("url")
@output_options
def add(out: Output, client_id: str, url: str) -> None:
    """Notify the business system CLIENT_ID at URL; prints the secret, only this once.

    A system may have several endpoints, each with its own secret. Only requests made from now on are
    reported.
    """
    endpoint_id, secret = _endpoints(
        out, lambda endpoints, now: endpoints.add(client_id=client_id, url=url, now=now)
    )
    out.data(
        {"id": endpoint_id, "client_id": client_id, "url": url, "secret": secret},
        [f"id      {endpoint_id}", f"secret  {secret}"],
    )
    _once(out)


@command.command(name="list")
@output_options
def list_(out: Output) -> None:
    """List the endpoints, with the number of deliveries waiting and given up."""
    endpoints = _endpoints(out, lambda endpoints, _: endpoints.list_all())
    rows = [
        (
            row.endpoint.id,
            row.endpoint.client_id,
            row.endpoint.url,
            row.endpoint.state,
            str(row.waiting),
            str(row.dead),
            _words(out, row.endpoint.reason),
        )
        for row in endpoints
    ]
    columns = ("id", "client_id", "url", "state", "waiting", "dead", "reason")
    out.data([_data(row) for row in endpoints], table(columns, rows))


@command.command()
@click.argument("endpoint_id")
@click.option(
    "--hours",
    type=click.IntRange(0, 24 * 30),
    default=24,
    show_default=True,
    help="Hours for which the old secret stays valid.",
)
@click.option(
    "--force",
    is_flag=True,
    help="Rotate even while the previous secret is still valid; that one then ends at once.",
)
@output_options
def rotate(out: Output, endpoint_id: str, *, hours: int, force: bool) -> None:
    """Give the endpoint a new secret; for some hours webhooks are signed with both.

    Refused while the previous secret is still valid (`webhooks list --json` shows until when): a receiver
    that hasn't switched yet would have neither of the two valid secrets.
    """
    secret = _endpoints(
        out, lambda endpoints, now: endpoints.rotate(endpoint_id, hours=hours, force=force, now=now)
    )
    out.data({"id": endpoint_id, "secret": secret}, [f"secret  {secret}"])
    _once(out)


@command.command()
@click.argument("endpoint_id")
@output_options
def enable(out: Output, endpoint_id: str) -> None:
    """Enable an endpoint that was disabled because it answered 410."""
    _endpoints(out, lambda endpoints, now: endpoints.enable(endpoint_id, now=now))
    out.data({"id": endpoint_id, "state": "active"}, [])
    out.say("已启用", "Enabled")


@command.command()
@click.argument("endpoint_id")
@output_options
def remove(out: Output, endpoint_id: str) -> None:
    """Permanently remove an endpoint; deliveries waiting for it are given up."""
    _endpoints(out, lambda endpoints, now: endpoints.remove(endpoint_id, now=now))
    out.data({"id": endpoint_id, "state": "removed"}, [])
    out.say("已删除", "Removed")


@command.command()
@click.option("--endpoint", "endpoint_id", default="", help="Only this endpoint.")
@click.option("--state", type=click.Choice(_STATES), default=None, help="Only this state.")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True)
@output_options
def deliveries(out: Output, endpoint_id: str, state: str | None, limit: int) -> None:
    """List deliveries, newest first: sent, waiting for the next attempt, or given up (dead)."""
    listed = _endpoints(
        out,
        lambda endpoints, _: endpoints.deliveries(endpoint_id=endpoint_id, state=state or "", most=limit),
    )
    rows = [
        (
            delivery.id,
            delivery.event,
            delivery.request_id,
            delivery.state,
            str(delivery.attempts),
            _next(delivery),
            _outcome(out, delivery),
        )
        for delivery in listed
    ]
    out.data(
        [_delivery(delivery) for delivery in listed],
        table(("id", "event", "request", "state", "tries", "next", "last"), rows),
    )


@command.command()
@click.argument("target")
@output_options
def replay(out: Output, target: str) -> None:
    """Send again: the delivery TARGET, or with an endpoint's ID all deliveries that it failed to accept."""
    count = _endpoints(out, lambda endpoints, now: endpoints.replay(target, now=now))
    out.data({"replayed": count}, [])
    out.say(f"将重新发送 {count} 条", f"Deliveries to be sent again: {count}")


def _endpoints(out: Output, work: "Callable[[WebhookEndpoints, int], Awaitable[T]]") -> T:
    from mshield.server.webhooks.endpoints import WebhookEndpoints

    async def run(service: Service) -> T:
        return await work(
            WebhookEndpoints(service.db, service.keyring, service.settings.webhooks), service.now
        )

    return on_service(out, run)


def _once(out: Output) -> None:
    out.say("密钥只显示这一次，请妥善保存", "The secret is shown only this once: keep it safe")


def _data(row: "ListedEndpoint") -> dict[str, object]:
    endpoint = row.endpoint
    return {
        "id": endpoint.id,
        "client_id": endpoint.client_id,
        "url": endpoint.url,
        "state": endpoint.state,
        "reason": endpoint.reason,
        "previous_secret_until": endpoint.previous_until,
        "waiting": row.waiting,
        "dead": row.dead,
    }


def _delivery(delivery: "DeliveryMessage") -> dict[str, object]:
    return {
        "id": delivery.id,
        "endpoint_id": delivery.endpoint_id,
        "request_id": delivery.request_id,
        "event": delivery.event,
        "state": delivery.state,
        "attempts": delivery.attempts,
        "next_at": delivery.next_at,
        "status": delivery.status,
        "error": delivery.error,
        "created_at": delivery.created_at,
        "ended_at": delivery.ended_at,
    }


def _outcome(out: Output, delivery: "DeliveryMessage") -> str:
    """Returns the status of the answer, or the reason why there was none.

    If a delivery was given up, the reason for that is more useful than the result of its last attempt.
    """
    if delivery.status is not None and delivery.error in {None, "status"}:
        return f"HTTP {delivery.status}"
    return _words(out, delivery.error)


def _words(out: Output, reason: str | None) -> str:
    if reason is None:
        return "-"
    return out.pick(*_WHY.get(reason, (f"未送达（{reason}）", f"Not accepted ({reason})")))


def _next(delivery: "DeliveryMessage") -> str:
    if delivery.next_at is None:
        return "-"
    return datetime.fromtimestamp(delivery.next_at / 1000, UTC).isoformat(timespec="seconds")
