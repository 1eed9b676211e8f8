"""Calls by which a phone logs in with an account of an outside system."""

from typing import Any

import httpx

from mshield.server.accounts.rows import accounts as store
from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application, Device
from tests.support.captchas import answered_captcha
from tests.support.consents import AGREED
from tests.support.oidc_provider import Provider
from tests.support.outside_systems import PASSWORD


async def log_in(
    application: Application,
    device: Device,
    *,
    account: str = "lin",
    password: str = PASSWORD,
    **changed: Any,
) -> httpx.Response:
    document = {
        "account": account,
        "password": password,
        **await answered_captcha(application.http),
        "source": "single-window",
        **changed,
    }
    return await device.call("POST", "/api/phone/sessions", document | AGREED)


async def begin(device: Device, source: str = "customs") -> httpx.Response:
    return await device.call("POST", "/api/phone/outside-logins", {"source": source})


async def finish(device: Device, state: str, code: str) -> httpx.Response:
    return await device.call(
        "POST", "/api/phone/outside-logins/finish", {"state": state, "code": code, **AGREED}
    )


async def through_the_page(device: Device, provider: Provider) -> httpx.Response:
    begun = await begin(device)
    assert begun.status_code == 201, begun.text
    code, state = provider.log_in_at(begun.json()["address"])
    assert state == begun.json()["state"]
    return await finish(device, state, code)


async def find_account(application: Application, phone: str = OPERATOR.phone) -> store.Account | None:
    return await store.find_account(application.context.db, phone=phone)
