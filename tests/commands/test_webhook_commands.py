"""`mshield webhooks`: endpoints are added, listed, changed and removed; deliveries are shown and sent again."""

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


def test_a_running_service_tells_at_once_what_the_commands_ask_for(
    service: LiveService, receiver: OutsideServer
) -> None:
    added = service.command("webhooks", "add", service.system["client_id"], f"{receiver.url}/shield")
    assert added["secret"].startswith("whsec_")
    assert "secret" not in service.command("webhooks", "list")[0]
    service.start()
    with service.business() as business:
        _until(lambda: _told_soon(business, receiver))
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


def _told_soon(business: Any, receiver: OutsideServer) -> bool:
    """Whether a webhook came before the job's next turn by itself, in five seconds; before its first it may not."""
    asked = business.request_login().id
    business.cancel(asked)
    start = time.monotonic()
    _until(lambda: receiver.asked and asked.encode() in receiver.asked[-1].body)
    return time.monotonic() - start < 3
