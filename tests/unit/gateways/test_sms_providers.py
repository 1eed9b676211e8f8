"""SMS providers: requests of their SDKs (signatures recomputed here), and how their answers are reported."""

import hashlib
import hmac
import json
import logging
import socket
import sys
from collections.abc import Iterator
from typing import Final, get_args
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from mshield.server.notices.external import sms_provider
from mshield.server.notices.external.sms import (
    DevelopmentSms,
    SmsMessage,
    SmsNotice,
    SmsPurpose,
    SmsRefused,
    SmsUnanswered,
    SmsUnreachable,
)
from mshield.server.notices.external.sms_provider import SmsNotSetUp, open_gateway
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.settings.settings import Settings
from tests.unit.gateways.provider import Provider, Sent, provider

KEY_ID: Final = "AKIDexample"
KEY_SECRET: Final = "a secret of the provider's account"
PHONE: Final = "13800006027"
CODE: Final = SmsMessage(phone=PHONE, text="…", code="048213", purpose="apply", at=0)
NOTICE: Final = SmsMessage(
    phone=PHONE,
    text="…",
    code="",
    purpose="renewal_ending",
    parameters=(("tail", "8813"), ("date", "2028-11-23")),
    at=0,
)
TEMPLATES: Final = {"code": "SMS_1", "renewal_ending": "SMS_2"}


@pytest.fixture
def there() -> Iterator[Provider]:
    with provider() as made:
        yield made


def _settings(gateway: str, address: str, **changes: object) -> Settings:
    values: dict[str, object] = {
        "sms_gateway": gateway,
        "sms_key_id": KEY_ID,
        "sms_key_secret": KEY_SECRET,
        "sms_sign_name": "手机盾",
        "sms_app_id": "1400006666",
        "sms_region": "ap-guangzhou" if gateway == "tencent" else None,
        "sms_templates": TEMPLATES,
        "sms_endpoint": address,
    }
    return Settings.of(**values | changes)


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")


def _hash(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


# ---- Alibaba Cloud: ACS3-HMAC-SHA256 ----

ALIYUN_OK: Final = json.dumps({"Code": "OK", "Message": "OK", "BizId": "1", "RequestId": "2"}).encode()


def _aliyun_parameters(sent: Sent) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(sent.target).query, keep_blank_values=True))


def _check_aliyun_signature(sent: Sent) -> None:
    scheme, _, rest = sent.headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert (scheme, parts["Credential"]) == ("ACS3-HMAC-SHA256", KEY_ID)
    names = parts["SignedHeaders"].split(";")
    assert {"host", "x-acs-action", "x-acs-content-sha256", "x-acs-date", "x-acs-signature-nonce"} <= set(
        names
    )
    assert sent.headers["x-acs-content-sha256"] == _hash(sent.body)
    query = "&".join(
        f"{quote(name, safe='~')}={quote(value, safe='~')}"
        for name, value in sorted(_aliyun_parameters(sent).items())
    )
    headers = "".join(f"{name}:{sent.headers[name].strip()}\n" for name in names)
    request = "\n".join(
        (sent.method, "/", query, headers, parts["SignedHeaders"], sent.headers["x-acs-content-sha256"])
    )
    to_sign = f"ACS3-HMAC-SHA256\n{_hash(request.encode())}"
    assert parts["Signature"] == _hmac(KEY_SECRET.encode(), to_sign).hex()


async def test_aliyun_request_with_a_code_is_signed(there: Provider) -> None:
    there.answer = ALIYUN_OK
    await open_gateway(_settings("aliyun", there.address)).send(CODE)
    (sent,) = there.sent
    assert sent.headers["x-acs-action"] == "SendSms"
    assert sent.headers["x-acs-version"] == "2017-05-25"
    parameters = _aliyun_parameters(sent)
    assert {name: parameters[name] for name in ("PhoneNumbers", "SignName", "TemplateCode")} == {
        "PhoneNumbers": PHONE,
        "SignName": "手机盾",
        "TemplateCode": "SMS_1",
    }
    assert json.loads(parameters["TemplateParam"]) == {"code": "048213"}
    _check_aliyun_signature(sent)


async def test_aliyun_request_has_the_notices_parameters(there: Provider) -> None:
    there.answer = ALIYUN_OK
    await open_gateway(_settings("aliyun", there.address)).send(NOTICE)
    parameters = _aliyun_parameters(there.sent[0])
    assert parameters["TemplateCode"] == "SMS_2"
    assert json.loads(parameters["TemplateParam"]) == {"tail": "8813", "date": "2028-11-23"}


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (200, "isv.BUSINESS_LIMIT_CONTROL"),
        (400, "InvalidAccessKeyId.NotFound"),
        (403, "SignatureDoesNotMatch"),
    ],
)
async def test_aliyun_refuses_with_its_code(there: Provider, status: int, code: str) -> None:
    there.status = status
    there.answer = json.dumps({"Code": code, "Message": "no", "RequestId": "2"}).encode()
    with pytest.raises(SmsRefused) as refused:
        await open_gateway(_settings("aliyun", there.address)).send(CODE)
    assert refused.value.reason == code
    assert len(there.sent) == 1


# ---- Tencent Cloud: TC3-HMAC-SHA256 ----


def _tencent(**response: object) -> bytes:
    return json.dumps({"Response": {"RequestId": "2", **response}}).encode()


def _status(code: str) -> bytes:
    return _tencent(SendStatusSet=[{"SerialNo": "1", "PhoneNumber": f"+86{PHONE}", "Fee": 1, "Code": code}])


def _check_tencent_signature(sent: Sent) -> None:
    scheme, _, rest = sent.headers["authorization"].partition(" ")
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    key_id, date, service, end = parts["Credential"].split("/")
    assert (scheme, key_id, service, end) == ("TC3-HMAC-SHA256", KEY_ID, "sms", "tc3_request")
    headers = "".join(f"{name}:{sent.headers[name]}\n" for name in parts["SignedHeaders"].split(";"))
    request = "\n".join((sent.method, sent.target, "", headers, parts["SignedHeaders"], _hash(sent.body)))
    to_sign = "\n".join(
        (scheme, sent.headers["x-tc-timestamp"], f"{date}/sms/tc3_request", _hash(request.encode()))
    )
    key = _hmac(_hmac(_hmac(b"TC3" + KEY_SECRET.encode(), date), "sms"), "tc3_request")
    assert parts["Signature"] == _hmac(key, to_sign).hex()


async def test_tencent_request_with_a_code_is_signed(there: Provider) -> None:
    there.answer = _status("Ok")
    await open_gateway(_settings("tencent", there.address)).send(CODE)
    (sent,) = there.sent
    assert (sent.headers["x-tc-action"], sent.headers["x-tc-version"]) == ("SendSms", "2021-01-11")
    assert sent.headers["x-tc-region"] == "ap-guangzhou"
    assert json.loads(sent.body) == {
        "PhoneNumberSet": [f"+86{PHONE}"],
        "SmsSdkAppId": "1400006666",
        "SignName": "手机盾",
        "TemplateId": "SMS_1",
        "TemplateParamSet": ["048213"],
    }
    _check_tencent_signature(sent)


async def test_tencent_request_has_the_notices_parameters_in_order(there: Provider) -> None:
    there.answer = _status("Ok")
    await open_gateway(_settings("tencent", there.address)).send(NOTICE)
    sent = json.loads(there.sent[0].body)
    assert (sent["TemplateId"], sent["TemplateParamSet"]) == ("SMS_2", ["8813", "2028-11-23"])


async def test_tencent_refuses_with_its_code(there: Provider) -> None:
    gateway = open_gateway(_settings("tencent", there.address))
    for answer, code in (
        (_status("LimitExceeded.PhoneNumberDailyLimit"), "LimitExceeded.PhoneNumberDailyLimit"),
        (
            _tencent(Error={"Code": "AuthFailure.SignatureFailure", "Message": "no"}),
            "AuthFailure.SignatureFailure",
        ),
        (_tencent(Error={"Code": "InternalError", "Message": "no"}), "InternalError"),
    ):
        there.answer = answer
        with pytest.raises((SmsRefused, SmsUnanswered)) as refused:
            await gateway.send(CODE)
        assert refused.value.reason == code


# ---- both ----

PROVIDERS: Final = ("aliyun", "tencent")


@pytest.mark.parametrize("name", PROVIDERS)
async def test_absent_slow_or_broken_provider_is_unreachable(
    there: Provider, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(SmsUnreachable):
        await open_gateway(_settings(name, f"http://127.0.0.1:{port}")).send(CODE)
    monkeypatch.setattr(f"mshield.server.notices.external.{name}.ANSWER_SECONDS", 1)
    there.seconds, there.answer = 1.5, ALIYUN_OK
    with pytest.raises(SmsUnanswered):
        await open_gateway(_settings(name, there.address)).send(CODE)
    there.seconds, there.answer, there.status = 0.0, b"<html>Bad gateway</html>", 502
    with pytest.raises((SmsUnanswered, SmsRefused)):
        await open_gateway(_settings(name, there.address)).send(CODE)


@pytest.mark.parametrize("name", PROVIDERS)
async def test_without_a_template_nothing_is_sent(there: Provider, name: str) -> None:
    gateway = open_gateway(_settings(name, there.address, sms_templates={"code": "SMS_1"}))
    with pytest.raises(SmsRefused, match="no_template"):
        await gateway.send(NOTICE)
    assert not there.sent


@pytest.mark.parametrize("name", PROVIDERS)
async def test_nothing_secret_reaches_a_log(
    there: Provider, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    there.answer = ALIYUN_OK if name == "aliyun" else _status("Ok")
    settings = _settings(name, there.address)
    with caplog.at_level(logging.DEBUG):
        await open_gateway(settings).send(CODE)
    # The SDKs' own debug logs may contain requests; this project's logs from INFO up must not.
    said = "".join(record.getMessage() for record in caplog.records if record.levelno >= logging.INFO)
    assert CODE.code not in said
    assert KEY_SECRET not in said + repr(settings)


@pytest.mark.parametrize("name", PROVIDERS)
def test_missing_settings_are_named(name: str) -> None:
    with pytest.raises(SmsNotSetUp) as refused:
        open_gateway(Settings.of(sms_gateway=name))
    for wanted in (
        "MSHIELD_SMS_KEY_ID",
        "MSHIELD_SMS_KEY_SECRET",
        "MSHIELD_SMS_SIGN_NAME",
        "MSHIELD_SMS_TEMPLATES",
    ):
        assert wanted in refused.value.en
        assert wanted in refused.value.zh
    assert ("MSHIELD_SMS_APP_ID" in refused.value.en) == (name == "tencent")


@pytest.mark.parametrize(
    ("name", "package"), [("aliyun", "alibabacloud_dysmsapi20170525.client"), ("tencent", "tencentcloud.sms")]
)
def test_missing_sdk_is_reported_with_its_extra(
    name: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, f"mshield.server.notices.external.{name}", raising=False)
    for loaded in [module for module in sys.modules if module.startswith(package)]:
        monkeypatch.delitem(sys.modules, loaded)
    monkeypatch.setattr(sys, "meta_path", [_Missing(package), *sys.meta_path])
    with pytest.raises(SmsNotSetUp, match=rf"pip install ./client '\.\[{name}\]'"):
        open_gateway(_settings(name, "http://127.0.0.1:1"))


class _Missing:
    """An import hook that reports a package as not installed."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(self, name: str, *_rest: object) -> None:
        if name.startswith(self._package):
            raise ModuleNotFoundError(name=name)


def test_demo_mode_sends_no_sms_by_default() -> None:
    assert isinstance(open_gateway(Settings.of(mode="demo")), DevelopmentSms)


def test_specific_template_overrides_the_common_one(there: Provider) -> None:
    account = sms_provider._account(
        _settings("aliyun", there.address, sms_templates=TEMPLATES | {"apply": "SMS_3"})
    )
    assert account.template(CODE) == "SMS_3"
    assert KEY_SECRET not in repr(account)


def test_gateways_know_all_notices() -> None:
    assert set(get_args(SmsNotice)) == {kind.value for kind in NoticeKind} | {"phone_changed"}
    assert not set(get_args(SmsNotice)) & set(get_args(SmsPurpose))


def test_the_development_outbox_is_for_demo_mode_only() -> None:
    assert isinstance(open_gateway(Settings.of(mode="demo")), DevelopmentSms)
    with pytest.raises(SmsNotSetUp, match="MSHIELD_SMS_GATEWAY") as refused:
        open_gateway(Settings.of(mode="production"))
    assert "MSHIELD_SMS_GATEWAY" in refused.value.zh
