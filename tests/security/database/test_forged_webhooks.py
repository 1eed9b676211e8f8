"""An attacker with write access to the database neither reads webhooks nor has the service sign any."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mshield.server.staff.rules import StaffRole
from mshield.server.systems.register import register_system
from tests.support.clock import Clock
from tests.support.intruder import Intruder
from tests.support.outside_systems import Reply, serving
from tests.support.webhook_receivers import Hooked, hooked


@pytest.fixture
async def hook(database_url: str, tmp_path: Path, clock: Clock) -> AsyncIterator[Hooked]:
    async with hooked(database_url, tmp_path, clock) as made:
        yield made


async def test_webhook_is_not_sent_to_a_forged_address(
    hook: Hooked, intruder: Intruder, caplog: pytest.LogCaptureFixture
) -> None:
    with serving(lambda _: Reply()) as own, serving(lambda _: Reply()) as foreign:
        await hook.endpoint(own.url)
        assert intruder.run("UPDATE webhook_endpoints SET url = ?", foreign.url) == 1
        await hook.ended()
        assert await hook.webhooks() == 0
    assert own.asked == foreign.asked == []
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.error) == ("dead", "record_changed")
    assert [record.levelname for record in caplog.records if "outside of the service" in record.message] == [
        "CRITICAL"
    ]


@pytest.mark.parametrize("change", ["body = replace(body, 'cancelled', 'signed')", "request_id = 'another'"])
async def test_forged_message_is_not_signed(hook: Hooked, intruder: Intruder, change: str) -> None:
    with serving(lambda _: Reply(500)) as receiver:
        await hook.endpoint(receiver.url)
        await hook.ended()
        assert await hook.webhooks() == 0
        asked = len(receiver.asked)
        assert intruder.run(f"UPDATE webhook_deliveries SET {change}, next_at = 0") == 1  # noqa: S608  # the case's own
        assert await hook.webhooks() == 0
        assert len(receiver.asked) == asked
    (delivery,) = await hook.deliveries()
    assert (delivery.state, delivery.error) == ("dead", "record_changed")


async def test_forged_endpoint_hides_no_other_system(
    hook: Hooked, intruder: Intruder, caplog: pytest.LogCaptureFixture
) -> None:
    """The console and the command list it as changed, and an officer can remove it."""
    application = hook.application
    await register_system(application.context.db, name="银行", domain="bank.example", now=application.clock())
    await hook.endpoint("http://127.0.0.1:9/own")
    forged = await hook.endpoint("http://127.0.0.1:9/other")
    assert (
        intruder.run("UPDATE webhook_endpoints SET url = ? WHERE id = ?", "http://127.0.0.1:9/evil", forged)
        == 1
    )
    officer = await application.session_of((await application.staff(StaffRole.SECURITY_OFFICER)).id)
    listed = await application.http.get("/api/console/systems", headers=officer)
    assert listed.status_code == 200, listed.text
    by_name = {one["name"]: one["webhooks"] for one in listed.json()["items"]}
    assert by_name["银行"] == []
    (webhooks,) = [found for found in by_name.values() if found]
    assert [(one["state"], one["reason"]) for one in webhooks] == [
        ("active", None),
        ("disabled", "record_changed"),
    ]
    assert "outside of the service" in caplog.text
    removed = await application.http.delete(f"/api/console/webhooks/{forged}", headers=officer)
    assert removed.status_code == 200, removed.text
    assert len(await hook.endpoints.list_all()) == 1


async def test_forged_endpoint_gets_nothing(hook: Hooked, intruder: Intruder) -> None:
    with serving(lambda _: Reply()) as own, serving(lambda _: Reply()) as foreign:
        await hook.endpoint(own.url)
        copy = (
            "INSERT INTO webhook_endpoints (id, client_id, url, state, secret_box, created_at, changed_at)"
            " SELECT 'ep_forged', client_id, ?, state, secret_box, created_at, changed_at FROM webhook_endpoints"
        )
        assert intruder.run(copy, foreign.url) == 1
        await hook.ended()
        assert await hook.webhooks() == 1
    assert foreign.asked == []
