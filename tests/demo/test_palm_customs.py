"""Palm customs of the demonstration against the running service, with the virtual phone: app to app (R13, R8)."""

from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest

from mshield.client import ProblemError, read_evidence, verify_evidence
from mshield.client.phone import VirtualPhone
from mshield.demo.browser import Browser
from mshield.demo.people import OPERATOR
from tests.support.demonstration import Demonstration, started
from tests.support.ports import free_ports

pytestmark = pytest.mark.slow


@pytest.fixture
def phone(demonstration: Demonstration) -> VirtualPhone:
    """The operator's; its certificate is bound. R8's test unbinds it."""
    demonstration.phone.bind(OPERATOR.pin)
    return demonstration.phone


def over(phone: VirtualPhone, browser: Browser, action: str) -> str:
    """Opens the shield's app and approves; the address that it leads back to."""
    phone.scan(browser.press(action).headers["Location"])
    back = phone.approve(pin=OPERATOR.pin).return_address
    assert back is not None
    return back


@pytest.fixture
def inside(phone: VirtualPhone, palm: Browser) -> Browser:
    """Logged in."""
    palm.open("/")
    palm.open(over(phone, palm, "/login"))
    assert OPERATOR.name in palm.page
    return palm


def opened(browser: Browser, title: str) -> str:
    """The address of the task with this title, which is then open."""
    browser.open("/")
    address = browser.page.partition(f"<b>{title}</b>")[0].rpartition('href="')[2].partition('"')[0]
    assert browser.open(address).status_code == 200
    return address


def test_r13_over_to_the_shield_and_back_with_a_signature(
    demonstration: Demonstration, phone: VirtualPhone, inside: Browser
) -> None:
    task = opened(inside, "税款缴纳确认")
    inside.open(over(phone, inside, f"{task}/sign"))
    assert inside.path == task  # without the code, which then stands in no history
    assert "签名有效" in inside.page
    assert f"{task}/sign" not in inside.page
    bundle = read_evidence(inside.open(f"{task}/evidence").content)
    log_key = demonstration.service.command("log", "key")["vkey"]
    proven = verify_evidence(bundle, roots=[demonstration.root], log_keys=[log_key])
    assert proven.signature.credit_code == OPERATOR.credit_code
    assert inside.open(f"{task}/p7s").headers["Content-Type"] == "application/pkcs7-signature"


def test_r8_an_unbound_certificate_is_told_of_on_both_sides(phone: VirtualPhone, palm: Browser) -> None:
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
    phone.bind(OPERATOR.pin)  # and goes on with the same request
    phone.scan(link)
    palm.open(phone.approve(pin=OPERATOR.pin).return_address or "")
    assert OPERATOR.name in palm.page


@pytest.mark.parametrize(("reason", "said"), [("declined", "没有同意"), ("not_me", "选了“不是我发起的”")])
def test_r13_declined(phone: VirtualPhone, inside: Browser, reason: str, said: str) -> None:
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


def test_r13_a_relayed_link_is_worth_nothing(phone: VirtualPhone, palm: Browser) -> None:
    palm.open("/")
    link = palm.press("/login").headers["Location"]  # the attacker's, sent to somebody else
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
    # Nor with a made-up code.
    assert palm.open(back.partition("return_code=")[0] + "return_code=x").status_code == 409
    assert "从掌上海关重新发起" in palm.page
    palm.open("/waiting")
    palm.press("/give-up")
    palm.open("/")
    assert "还没有结果" not in palm.page


def test_r13_given_up_and_too_late(phone: VirtualPhone, inside: Browser) -> None:
    task = opened(inside, "查验预约")
    link = inside.press(f"{task}/sign").headers["Location"]
    inside.open("/waiting")
    inside.press("/give-up")
    with pytest.raises(ProblemError, match="request_closed") as late:
        phone.scan(link)
    assert inside.open(str(late.value.extra["return_address"])).status_code == 409  # of no request any more
    inside.open(task)
    assert "待签名" in inside.page


def test_r13_what_is_no_way_back_is_refused(inside: Browser) -> None:
    for address in ("/returned", "/returned?request=x&state=signed", "/returned?request=x&state=won"):
        assert inside.open(address).status_code == 409
    for address in (f"/tasks/{10**30}", "/tasks/0", "/tasks/1/key"):
        assert inside.open(address).status_code == 404
    assert inside.http.post("/login", data={"csrf": "another"}).status_code == 403


def test_r13_the_service_is_down_on_the_way_back_and_reloading_goes_on(
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


def test_r14_a_held_shield_is_not_led_on(
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


def test_cookies_of_the_two_systems_live_side_by_side(inside: Browser, window: Browser) -> None:
    assert [*inside.http.cookies] == ["palm_customs_session"]
    window.open("/login")
    assert [*window.http.cookies] == ["single_window_session"]
    inside.open("/?lang=en")
    assert "My tasks" in inside.page
    inside.open("/tasks/1")
    assert "My tasks" in inside.page  # it is kept
    inside.press("/logout")
    inside.open("/")
    assert OPERATOR.name not in inside.page


def test_r13_time_runs_out(demonstration: Demonstration, phone: VirtualPhone, tmp_path: Path) -> None:
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
