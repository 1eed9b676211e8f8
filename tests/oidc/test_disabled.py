"""A business system that was disabled while its client is remembered: no login begins, and none is begun again."""

import httpx
import pytest

from mshield.domain.actor import SERVICE
from tests.oidc.client import Client, Page
from tests.support.application import Application
from tests.support.signing import fetch


async def _disable(application: Application) -> None:
    await application.context.systems.manage.set_state(
        application.client_id, "disabled", reason="密钥泄露", by=SERVICE, now=application.clock()
    )


@pytest.mark.parametrize("way", ["begun", "again"])
async def test_no_login_of_it(client: Client, browser: httpx.AsyncClient, way: str) -> None:
    page = Page.of(await client.authorize(browser))
    await _disable(client.application)
    answer = await browser.get(page.again) if way == "again" else await client.authorize(browser)
    assert (answer.status_code, "登录请求有误" in answer.text) == (400, True)
    kept = await fetch(client.application.context.db, "SELECT COUNT(*) AS kept FROM requests")
    assert kept["kept"] == 1
