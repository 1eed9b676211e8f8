"""A login by OpenID Connect calls every operation of its OpenAPI document, and each answer matches it.

`tests/support/conformance.py` validates the calls; `tests/http` covers those of other audiences.
"""

import httpx

from tests.oidc.client import LOGOUT, Client, Page, sent, sign
from tests.support.conformance import ANSWERED, document
from tests.support.shield_over_http import Shield


async def test_every_operation_is_called_and_answers_as_documented(
    client: Client, browser: httpx.AsyncClient, shield: Shield
) -> None:
    ANSWERED.clear()
    http, application = client.application.http, client.application
    await http.get("/.well-known/openid-configuration")
    credentials = (application.client_id, application.client_secret)
    pushed = (await http.post("/oidc/par", data=client.parameters(), auth=credentials)).json()
    by_name = {"client_id": application.client_id, "request_uri": pushed["request_uri"]}
    await browser.get(Page.of(await browser.get("/oidc/authorize", params=by_name)).cancel)
    page = Page.of(await browser.post("/oidc/authorize", data=client.parameters()))
    page = Page.of(await browser.get(page.again))
    await sign(shield, page)
    tokens = (await client.token(sent(await browser.get(page.done))["code"])).json()
    await client.user_info(tokens["access_token"])
    await http.post("/oidc/userinfo", headers={"Authorization": f"Bearer {tokens['access_token']}"})
    await client.claims(tokens["id_token"])
    end = {"id_token_hint": tokens["id_token"], "post_logout_redirect_uri": LOGOUT}
    await browser.get("/oidc/logout", params=end)
    await browser.post("/oidc/logout", data=end)
    operations = {
        operation["operationId"]
        for item in document()["paths"].values()
        for operation in item.values()
        if "oidc" in operation["tags"]
    }
    assert operations - ANSWERED == set()
