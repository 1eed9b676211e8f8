"""A business system disabled while its client is cached: no login starts or restarts."""

import httpx
import pytest

from mshield.server.acts.actor import SERVICE
from tests.oidc.client import Client, Page
from tests.support.application import Application
from tests.support.signing import fetch


async def _disable(application: Application) -> None:
    await application.context.systems.manage.set_state(
        application.client_id, "disabled", reason="密钥泄露", by=SERVICE, now=application.clock()
    )


@pytest.mark.parametrize("way", ["begun", "again"])
async def test_disabled_system_cannot_start_a_login(
    client: Client, browser: httpx.AsyncClient, way: str
) -> None:
    page = Page.of(await client.authorize(browser))
    await _disable(client.application)
    answer = await browser.get(page.again) if way == "again" else await client.authorize(browser)
    assert (answer.status_code, "登录请求有误" in answer.text) == (400, True)
    kept = await fetch(client.application.context.db, "SELECT COUNT(*) AS kept FROM requests")
    assert kept["kept"] == 1
