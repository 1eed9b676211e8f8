"""`mshield webhooks`: adding, listing, changing and removing endpoints; showing and resending deliveries."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from mshield.client import verify_webhook
from tests.support.live_service import LiveService
from tests.support.outside_systems import OutsideServer, Reply, serving

pytestmark = pytest.mark.slow


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[LiveService]:
    settings = {"MSHIELD_WEBHOOK_NETWORKS": "127.0.0.0/8", "MSHIELD_WEBHOOK_HTTP": "true"}
    live = LiveService(tmp_path, database_url, settings=settings)
    live.prepare()
    yield live
    live.stop()


@pytest.fixture
def receiver() -> Iterator[OutsideServer]:
    with serving(lambda _: Reply()) as server:
        yield server


def _until(holds: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_running_service_applies_webhook_commands_at_once(
    service: LiveService, receiver: OutsideServer
) -> None:
    added = service.command("webhooks", "add", service.system["client_id"], f"{receiver.url}/shield")
    assert added["secret"].startswith("whsec_")
    assert "secret" not in service.command("webhooks", "list")[0]
    service.start()
    with service.business() as business:
        _until(lambda: _webhook_came_soon(business, receiver))
        event = verify_webhook(receiver.asked[0].headers, receiver.asked[0].body, added["secret"])
        assert event.type == "request.cancelled"
        rotated = service.command("webhooks", "rotate", added["id"], "--hours", "1")
        refused = service.refused("webhooks", "rotate", added["id"])
        assert refused["code"] == "secret_before_counts"
        receiver.answer = lambda _: Reply(410)
        asked = business.request_login().id
        before = len(receiver.asked)
        business.cancel(asked)
        _until(lambda: len(receiver.asked) > before)
        for secret in (added["secret"], rotated["secret"]):
            assert (
                verify_webhook(receiver.asked[-1].headers, receiver.asked[-1].body, secret).request_id
                == asked
            )
        _until(lambda: service.command("webhooks", "list")[0]["state"] == "disabled")
        (dead,) = service.command("webhooks", "deliveries", "--state", "dead")
        assert (dead["request_id"], dead["error"]) == (asked, "gone")
        receiver.answer = lambda _: Reply()
        service.command("webhooks", "enable", added["id"])
        assert service.command("webhooks", "replay", dead["id"]) == {"replayed": 1}
        _until(lambda: not service.command("webhooks", "deliveries", "--state", "dead"))
        _until(lambda: receiver.asked[-1].headers["webhook-id"] == dead["id"])
    service.command("webhooks", "remove", added["id"])
    assert service.command("webhooks", "list") == []


def _webhook_came_soon(business: Any, receiver: OutsideServer) -> bool:
    """Reports whether a webhook came within five seconds, before the job's next run."""
    asked = business.request_login().id
    business.cancel(asked)
    start = time.monotonic()
    _until(lambda: receiver.asked and asked.encode() in receiver.asked[-1].body)
    return time.monotonic() - start < 3
