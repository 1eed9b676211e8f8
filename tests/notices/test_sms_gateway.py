"""A service that sends SMS through a provider: codes arrive there, and a refusal is answered and logged."""

import json
import logging
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest
from pydantic import SecretStr

from mshield.testkit.demo.people import OPERATOR
from tests.support.application import running
from tests.support.assertions import assert_refused
from tests.support.clock import Clock
from tests.support.consents import AGREED
from tests.unit.gateways.provider import provider

DOCUMENT = {"phone": OPERATOR.phone, "purpose": "register"}


async def test_codes_go_to_the_provider_and_its_refusal_is_reported(
    sqlite_url: str, tmp_path: Path, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    with provider() as there:
        settings = {
            "sms_gateway": "aliyun",
            "sms_key_id": "an id",
            "sms_key_secret": SecretStr("a secret"),
            "sms_sign_name": "手机盾",
            "sms_templates": {"code": "SMS_1"},
            "sms_endpoint": there.address,
        }
        async with running(sqlite_url, tmp_path, clock, **settings) as application:
            there.answer = b'{"Code": "OK"}'
            sent = await application.ask_for_code(OPERATOR.phone)
            assert sent.status_code == 202
            parameters = dict(parse_qsl(urlsplit(there.sent[0].target).query))
            assert parameters["PhoneNumbers"] == OPERATOR.phone
            code = json.loads(parameters["TemplateParam"])["code"]
            assert (await application.http.get("/dev/sms.json")).json() == []
            form = {
                "name": OPERATOR.name,
                "id_type": "resident_id",
                "id_number": OPERATOR.id_number,
                "phone": OPERATOR.phone,
                "sms_code": code,
                "password": OPERATOR.password,
                **AGREED,
            }
            assert (await application.http.post("/api/phone/accounts", json=form)).status_code == 201
            clock.advance(seconds=61)
            there.answer = b'{"Code": "isv.MOBILE_NUMBER_ILLEGAL"}'
            with caplog.at_level(logging.WARNING):
                refused = await application.ask_for_code(OPERATOR.phone)
    assert_refused(refused, "sms_failed", 503)
    assert "a code by SMS could not be sent: isv.MOBILE_NUMBER_ILLEGAL" in caplog.messages
