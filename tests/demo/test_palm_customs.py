"""Palm customs of the demonstration with the running service and the virtual phone: app to app (R13, R8)."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from mshield.client import ProblemError, read_evidence, verify_evidence
from mshield.testkit.demo.browser import Browser
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from tests.support.demonstration import Demonstration, started
from tests.support.ports import free_ports

pytestmark = pytest.mark.slow


@pytest.fixture
def phone(demonstration: Demonstration) -> VirtualPhone:
    """The operator's phone with a bound certificate, which R8's test unbinds."""
    demonstration.phone.bind(OPERATOR.pin)
    return demonstration.phone


def over(phone: VirtualPhone, browser: Browser, action: str) -> str:
    """Opens the shield's app and approves; returns the return address."""
    phone.scan(browser.press(action).headers["Location"])
    back = phone.approve(pin=OPERATOR.pin).return_address
    assert back is not None
    return back


@pytest.fixture
def inside(phone: VirtualPhone, palm: Browser) -> Browser:
    """The browser, logged in."""
    palm.open("/")
    palm.open(over(phone, palm, "/login"))
    assert OPERATOR.name in palm.page
    return palm


def opened(browser: Browser, title: str) -> str:
    """Opens the task with this title and returns its address."""
    browser.open("/")
    address = browser.page.partition(f"<b>{title}</b>")[0].rpartition('href="')[2].partition('"')[0]
    assert browser.open(address).status_code == 200
    return address


def test_r13_over_to_the_shield_and_back_with_a_signature(
    demonstration: Demonstration, phone: VirtualPhone, inside: Browser
) -> None:
    task = opened(inside, "税款缴纳确认")
    inside.open(over(phone, inside, f"{task}/sign"))
    assert inside.path == task  # without the code, which must not get into the history
    assert "签名有效" in inside.page
    assert f"{task}/sign" not in inside.page
    bundle = read_evidence(inside.open(f"{task}/evidence").content)
    log_key = demonstration.service.command("log", "key")["vkey"]
    proven = verify_evidence(bundle, roots=[demonstration.root], log_keys=[log_key])
    assert proven.signature.credit_code == OPERATOR.credit_code
    assert inside.open(f"{task}/p7s").headers["Content-Type"] == "application/pkcs7-signature"


def test_r8_unbound_certificate_is_explained_on_both_sides(phone: VirtualPhone, palm: Browser) -> None:
    phone.unbind(phone.me().bindings[0].sid)
    palm.open("/")
    assert "证书要先绑定账户" in palm.page
    link = palm.press("/login").headers["Location"]
    with pytest.raises(ProblemError, match="not_bound"):
        phone.scan(link)
    palm.open("/")
    assert "有一个请求还没有结果" in palm.page
    palm.open("/waiting")
    assert "手机盾提示“先绑定证书”" in palm.page
    assert unescape(palm.page).count(link) == 1
    phone.bind(OPERATOR.pin)  # then the same request continues
    phone.scan(link)
    palm.open(phone.approve(pin=OPERATOR.pin).return_address or "")
    assert OPERATOR.name in palm.page


@pytest.mark.parametrize(("reason", "said"), [("declined", "没有同意"), ("not_me", "选了“不是我发起的”")])
def test_r13_declined_request_is_shown(phone: VirtualPhone, inside: Browser, reason: str, said: str) -> None:
    task = opened(inside, "查验预约")
    phone.scan(inside.press(f"{task}/sign").headers["Location"])
    inside.open(phone.decline(reason="not_me" if reason == "not_me" else "declined") or "")
    assert inside.path == task
    assert said in inside.page
    assert f"{task}/sign" in inside.page  # it can be signed again
    with Browser(inside.origin) as other:
        other.open("/")
        phone.scan(other.press("/login").headers["Location"])
        other.open(phone.decline(reason="not_me" if reason == "not_me" else "declined") or "")
        assert "没有登录" in other.page


def test_r13_relayed_link_is_refused(phone: VirtualPhone, palm: Browser) -> None:
    palm.open("/")
    link = palm.press("/login").headers["Location"]  # the attacker's link, sent to the victim
    phone.scan(link)
    back = phone.approve(pin=OPERATOR.pin).return_address or ""
    with Browser(palm.origin) as victim:
        assert victim.open(back).status_code == 409
        assert "这个请求不是您发起的" in victim.page
        assert "不要继续" in victim.page
    palm.open("/")
    assert OPERATOR.name not in palm.page
    palm.open("/waiting")
    assert "结果只能由手机盾带回来" in palm.page
    # An invented code fails too.
    assert palm.open(back.partition("return_code=")[0] + "return_code=x").status_code == 409
    assert "从掌上海关重新发起" in palm.page
    palm.open("/waiting")
    palm.press("/give-up")
    palm.open("/")
    assert "还没有结果" not in palm.page


def test_r13_cancelled_and_late_requests_are_refused(phone: VirtualPhone, inside: Browser) -> None:
    task = opened(inside, "查验预约")
    link = inside.press(f"{task}/sign").headers["Location"]
    inside.open("/waiting")
    inside.press("/give-up")
    with pytest.raises(ProblemError, match="request_closed") as late:
        phone.scan(link)
    assert inside.open(str(late.value.extra["return_address"])).status_code == 409  # its request has ended
    inside.open(task)
    assert "待签名" in inside.page


def test_r13_invalid_return_addresses_are_refused(inside: Browser) -> None:
    for address in ("/returned", "/returned?request=x&state=signed", "/returned?request=x&state=won"):
        assert inside.open(address).status_code == 409
    for address in (f"/tasks/{10**30}", "/tasks/0", "/tasks/1/key"):
        assert inside.open(address).status_code == 404
    assert inside.http.post("/login", data={"csrf": "another"}).status_code == 403


def test_r13_reload_continues_after_an_outage_of_the_service(
    demonstration: Demonstration, phone: VirtualPhone, inside: Browser
) -> None:
    task = opened(inside, "汇总征税担保变更")
    back = over(phone, inside, f"{task}/sign")
    demonstration.service.stop()
    try:
        assert inside.open(back).status_code == 503
        assert "刷新本页即可" in inside.page
    finally:
        demonstration.service.start()
    inside.open(back)
    assert "签名有效" in inside.page


def test_r14_held_shield_cannot_continue(
    demonstration: Demonstration, phone: VirtualPhone, palm: Browser
) -> None:
    palm.open("/")
    back = over(phone, palm, "/login")
    with demonstration.portal() as portal:
        portal.act(OPERATOR.credit_code, "freeze", [demonstration.shield_number], reason="核查")
        try:
            assert palm.open(back).status_code == 403
            assert "证书已挂失或冻结" in palm.page
            assert "请本企业法人" in palm.page
        finally:
            portal.act(OPERATOR.credit_code, "unfreeze", [demonstration.shield_number], reason="核查完")


def test_cookies_of_the_two_systems_do_not_collide(inside: Browser, window: Browser) -> None:
    assert [*inside.http.cookies] == ["palm_customs_session"]
    window.open("/login")
    assert [*window.http.cookies] == ["single_window_session"]
    inside.open("/?lang=en")
    assert "My tasks" in inside.page
    inside.open("/tasks/1")
    assert "My tasks" in inside.page  # the language is remembered
    inside.press("/logout")
    inside.open("/")
    assert OPERATOR.name not in inside.page


def test_r13_request_expires(demonstration: Demonstration, phone: VirtualPhone, tmp_path: Path) -> None:
    import time

    port = free_ports(1)
    system = started(demonstration.palm, tmp_path, port, SECONDS="30")
    with system.running() as process, Browser(system.origin) as browser:
        system.wait(process)
        browser.open("/")
        browser.press("/login")
        time.sleep(32)
        browser.open("/waiting")
        assert "请求已失效，没有登录" in browser.page


@pytest.fixture(autouse=True)
def _bound_again(demonstration: Demonstration) -> Iterator[None]:
    yield
    demonstration.phone.bind(OPERATOR.pin)
