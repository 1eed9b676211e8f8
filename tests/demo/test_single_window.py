"""The Single Window of the demonstration with the running service and the virtual phone (R15, R16)."""

import json
import re
import time
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from pathlib import Path
from xml.etree import ElementTree as ET

import httpx
import pytest
from standardwebhooks import Webhook

from mshield.client import ProblemError, read_evidence, verify_evidence
from mshield.gm.engine import load_engine
from mshield.pki.foreign.xml import verify_xml
from mshield.pki.xml.making import canonical_content
from mshield.testkit.demo.browser import Browser
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.demo.walk import log_in_by_scan
from mshield.wire.shield_number import PATTERN
from tests.support.demonstration import Demonstration, started
from tests.support.ports import free_ports

pytestmark = pytest.mark.slow


@pytest.fixture
def inside(demonstration: Demonstration, window: Browser) -> Browser:
    """The browser, logged in by scan."""
    log_in_by_scan(window, demonstration.phone)
    return window


def declared(browser: Browser) -> str:
    """Makes a declaration from the example; returns its address."""
    browser.open("/declarations/new?example=1")
    assert browser.press("/declarations").status_code == 200
    return browser.path


def asked(browser: Browser, *declarations: str) -> str:
    """Sends declarations for signing; returns the address of the page with the code."""
    browser.open("/declarations")
    browser.press("/signings", id=[each.rpartition("/")[2] for each in declarations])
    assert browser.path.startswith("/signings/"), browser.page
    return browser.path


def scanned(demonstration: Demonstration, browser: Browser, signing: str) -> None:
    """Scans the page's code with the phone."""
    demonstration.phone.scan(browser.leads_to(f"{signing}/code"))


def comes(browser: Browser, address: str, text: str) -> None:
    """Waits until the page shows this text without any action."""
    until = time.monotonic() + 15
    while text not in browser.open(address).text:
        assert time.monotonic() < until, browser.page
        time.sleep(0.1)


def test_r15_scan_logs_in_only_its_own_browser(demonstration: Demonstration, window: Browser) -> None:
    assert window.open("/declarations").url.path == "/login"
    assert "mshield-login" in window.page
    before = dict(window.http.cookies)
    with Browser(demonstration.window.origin) as stranger:
        stranger.open("/login")
        demonstration.phone.scan(window.leads_to("/login/code"))
        assert stranger.press("/login").status_code == 409  # the stranger's own request isn't signed
        demonstration.phone.approve(pin=OPERATOR.pin)
        stranger.open("/login")
        assert stranger.press("/login").status_code == 409
    window.press("/login")
    assert OPERATOR.name in window.page
    assert dict(window.http.cookies) != before  # the old cookie is worthless
    window.press("/logout")
    assert window.open("/declarations").url.path == "/login"


def test_r15_login_is_valid_once_and_forms_need_their_session(window: Browser, inside: Browser) -> None:
    answer = inside.http.post("/declarations", data={"csrf": "another"})
    assert (answer.status_code, "没有执行" in answer.text) == (403, True)
    assert inside.http.post("/signings", data={}).status_code == 403
    assert inside.http.post("/login", data={"csrf": "x"}).status_code == 403
    cookies = httpx.get(f"{inside.origin}/login", trust_env=False).headers["Set-Cookie"]
    assert cookies.startswith("single_window_session=")
    assert "HttpOnly" in cookies
    assert "samesite=lax" in cookies.lower()


def test_r16_signed_by_scan_its_state_comes_by_webhook_and_the_evidence_holds(
    demonstration: Demonstration, inside: Browser
) -> None:
    declaration = declared(inside)
    assert "草稿" in inside.page
    signing = asked(inside, declaration)
    assert "待签名" in inside.open(declaration).text
    scan = demonstration.phone.scan(inside.leads_to(f"{signing}/code"))
    shown = {each.label: each.value for each in scan.tasks[0].display}
    assert shown["申报总价"] == "136380.00 欧元"
    assert shown["商品"] == "电动往复式排液泵等 2 项"
    demonstration.phone.approve(pin=OPERATOR.pin)
    comes(inside, declaration, "签名有效")
    assert inside.open(f"{declaration}/edit").status_code == 409
    xml = inside.open(f"{declaration}/xml").content
    root = ET.fromstring(xml)  # noqa: S314  # our own
    assert [each.findtext("商品编号") for each in root.iter("商品")] == ["8413502020", "8413910000"]
    assert root.findtext("申报总价") == "136380.00"
    consignee = root.find("表头/境内收发货人")
    assert consignee is not None
    assert consignee.attrib["统一社会信用代码"] == OPERATOR.credit_code
    bundle = read_evidence(inside.open(f"{declaration}/evidence").content)
    log_key = demonstration.service.command("log", "key")["vkey"]
    proven = verify_evidence(bundle, roots=[demonstration.root], log_keys=[log_key])
    assert proven.signature.name == OPERATOR.name
    view = bundle.document.view
    assert isinstance(view, bytes), "the phone drew it by the view that is registered for this system"
    assert json.loads(view)["title"] == f"{root.attrib['进出口标志']}货物报关单"
    file = inside.open(f"{declaration}/signed").content
    seen = verify_xml(load_engine(), file, number=PATTERN)
    assert (seen.content, seen.key_name) == (canonical_content(xml), demonstration.shield_number)
    assert bundle.signature.file == file


def test_r16_one_pin_signs_many_each_with_its_own_signature(
    demonstration: Demonstration, inside: Browser
) -> None:
    declarations = [declared(inside) for _ in range(3)]
    signing = asked(inside, *declarations)
    scanned(demonstration, inside, signing)
    demonstration.phone.approve(pin=OPERATOR.pin)
    for each in declarations:
        comes(inside, each, "签名有效")
    signatures = {inside.open(f"{each}/signed").content for each in declarations}
    assert len(signatures) == 3
    assert "批量签名完成" in inside.open(f"/declarations?signing={signing.rpartition('/')[2]}").text


def test_r16_one_document_is_excluded_and_the_others_are_signed(
    demonstration: Demonstration, inside: Browser
) -> None:
    declarations = [declared(inside) for _ in range(3)]
    signing = asked(inside, *declarations)
    scanned(demonstration, inside, signing)
    left_out = demonstration.phone.scanned().tasks[1].sid
    demonstration.phone.approve(pin=OPERATOR.pin, excluded={left_out: "单价写错了"})
    comes(inside, declarations[0], "签名有效")
    comes(inside, declarations[2], "签名有效")
    comes(inside, declarations[1], "批量签名时没有签这一份")
    assert "单价写错了" in inside.open(declarations[1]).text
    assert inside.open(f"{declarations[1]}/signed").status_code == 404


@pytest.mark.parametrize(("reason", "said"), [("declined", "手机上没有同意"), ("not_me", "不是我发起的")])
def test_r16_declined_and_relayed_requests_are_shown(
    demonstration: Demonstration, inside: Browser, reason: str, said: str
) -> None:
    declaration = declared(inside)
    scanned(demonstration, inside, asked(inside, declaration))
    demonstration.phone.decline(reason="not_me" if reason == "not_me" else "declined")
    comes(inside, declaration, said)
    assert "已拒绝" in inside.page
    inside.open(f"{declaration}/edit")
    inside.press(declaration, contract="BC-MH-2026-0915")
    assert "草稿" in inside.page
    assert "BC-MH-2026-0915" in inside.page


def test_r16_withdrawn_it_is_a_draft_again(demonstration: Demonstration, inside: Browser) -> None:
    declaration = declared(inside)
    signing = asked(inside, declaration)
    scanned(demonstration, inside, signing)
    inside.open(signing)
    inside.press(f"{signing}/cancel")
    assert inside.path == declaration
    assert "草稿" in inside.page
    with pytest.raises(ProblemError):
        demonstration.phone.approve(pin=OPERATOR.pin)
    # Once sent, a declaration has a history and can't be deleted.
    assert f"{declaration}/delete" not in inside.page


def test_a_draft_is_changed_deleted_and_never_another_enterprises(inside: Browser) -> None:
    declaration = declared(inside)
    inside.open(declaration)
    inside.press(f"{declaration}/delete")
    assert inside.open(declaration).status_code == 404
    for unknown in (999999, 10**30):
        assert inside.open(f"/declarations/{unknown}").status_code == 404
    assert inside.open("/signings/999999").status_code == 404


def test_empty_or_pending_selection_is_not_sent(inside: Browser) -> None:
    declaration = declared(inside)
    asked(inside, declaration)
    token = re.search(r'name="csrf" value="([^"]+)"', inside.page)
    assert token is not None
    for ids in ([], [declaration.rpartition("/")[2]], ["x"], ["1" * 30]):
        answer = inside.http.post("/signings", data={"csrf": token[1], "id": ids})
        assert (answer.status_code, "没有可以签名的报关单" in answer.text) == (409, True)


def test_errors_are_shown_at_their_fields(inside: Browser) -> None:
    inside.open("/declarations/new?example=1")
    answer = inside.press("/declarations", bill="", **{"lines-1-hs": "84", "net": "9999"})
    assert answer.status_code == 422
    for name, said in (
        ("bill", "请填写"),
        ("lines-1-hs", "须为 10 位数字"),
        ("net", "净重不能大于毛重"),
    ):
        assert f'<p class="error" id="{name}-error">{said}</p>' in inside.page
    assert 'value="84"' in inside.page  # as it was typed
    inside.press("/declarations", add="1")
    assert "商品 第 3 项" in inside.page
    inside.press("/declarations", remove="2")
    assert "商品 第 3 项" not in inside.page


def test_r14_held_shield_cannot_sign_or_log_in(demonstration: Demonstration, inside: Browser) -> None:
    declaration = declared(inside)
    with Browser(demonstration.window.origin) as other, demonstration.portal() as portal:
        other.open("/login")
        demonstration.phone.scan(other.leads_to("/login/code"))
        demonstration.phone.approve(pin=OPERATOR.pin)
        portal.act(OPERATOR.credit_code, "report_loss", [demonstration.shield_number], reason="遗失")
        try:
            # Signed before the report of the loss, fetched after it.
            assert other.press("/login").status_code == 403
            assert "证书已挂失或冻结" in other.page
            assert "请本企业法人" in other.page
            inside.open(declaration)
            assert inside.press("/signings").status_code == 409
            assert "现在不能签名" in inside.page
            assert "挂失、冻结的请法人处理" in inside.page
            assert "草稿" in inside.open(declaration).text
        finally:
            portal.act(OPERATOR.credit_code, "lift_loss", [demonstration.shield_number], reason="找回")


def test_r16_signature_of_a_shield_held_before_verification_is_refused(
    demonstration: Demonstration, inside: Browser, tmp_path: Path
) -> None:
    # No webhook reaches this system, so the certificate is held before it fetches the result.
    system = started(demonstration.window, tmp_path, free_ports(1))
    with system.running() as process, Browser(system.origin) as browser, demonstration.portal() as portal:
        system.wait(process)
        log_in_by_scan(browser, demonstration.phone)
        declaration = declared(browser)
        signing = asked(browser, declaration)
        scanned(demonstration, browser, signing)
        demonstration.phone.approve(pin=OPERATOR.pin)
        portal.act(OPERATOR.credit_code, "freeze", [demonstration.shield_number], reason="核查")
        try:
            browser.open(signing)
            browser.press(f"{signing}/check")
            assert "签名没有通过验证，没有采用" in browser.page
            assert "on_hold" in browser.page
            assert browser.open(f"{declaration}/signed").status_code == 404
        finally:
            portal.act(OPERATOR.credit_code, "unfreeze", [demonstration.shield_number], reason="核查完")


def test_r16_signing_request_expires(demonstration: Demonstration, tmp_path: Path) -> None:
    system = started(demonstration.window, tmp_path, free_ports(1), SECONDS="30")
    with system.running() as process, Browser(system.origin) as browser:
        system.wait(process)
        log_in_by_scan(browser, demonstration.phone)
        declaration = declared(browser)
        signing = asked(browser, declaration)
        browser.open(signing)
        browser.press(f"{signing}/check")
        assert browser.path == signing  # it still waits
        time.sleep(32)
        browser.open("/declarations")
        assert "已超时" in browser.page
        assert "没有签名：等待超时" in browser.open(declaration).text


def test_r17_the_service_is_down_and_nothing_is_lost(
    demonstration: Demonstration, inside: Browser, window: Browser
) -> None:
    declaration = declared(inside)
    demonstration.service.stop()
    try:
        with Browser(demonstration.window.origin) as other:
            assert other.open("/login").status_code == 503
            assert "手机盾服务暂时连不上" in other.page
            assert other.open("/login?lang=en").status_code == 503
            assert "The shield's service can't be reached" in unescape(other.page)
        inside.open(declaration)
        assert inside.press("/signings").status_code == 503
        assert "已保存的报关单都还在" in inside.page
    finally:
        demonstration.service.start()
    assert "草稿" in inside.open(declaration).text


def test_only_genuine_webhooks_are_accepted(demonstration: Demonstration) -> None:
    url, secret = (
        f"{demonstration.window.origin}/hooks/shield",
        demonstration.window.environment["WEBHOOK_SECRET"],
    )
    data = {"id": "unknown", "kind": "signature", "state": "signed", "reason": None}
    body = json.dumps({"type": "request.signed", "timestamp": "2026-11-24T06:01:00Z", "data": data}).encode()

    def sent(sign: Callable[[str, bytes], str], moment: float) -> int:
        stamp = str(int(moment))
        headers = {"webhook-id": "msg_1", "webhook-timestamp": stamp, "webhook-signature": sign(stamp, body)}
        return httpx.post(url, content=body, headers=headers, trust_env=False).status_code

    def right(key: str) -> Callable[[str, bytes], str]:
        return lambda stamp, body: Webhook(key).sign(
            "msg_1", datetime.fromtimestamp(int(stamp), UTC), body.decode()
        )

    assert sent(right(secret), time.time()) == 204  # for a request that isn't ours
    assert sent(right(secret), time.time() - 600) == 400
    assert sent(right("whsec_" + "QUJD" * 11), time.time()) == 400
    assert httpx.post(url, content=body, trust_env=False).status_code == 400
    assert httpx.post(url, content=b"x" * 70_000, trust_env=False).status_code == 413


def test_without_demonstration_no_page_gives_the_code(demonstration: Demonstration, tmp_path: Path) -> None:
    system = started(demonstration.window, tmp_path, free_ports(1), DEMO="")
    with system.running() as process, Browser(system.origin) as browser:
        system.wait(process)
        browser.open("/login")
        assert browser.http.get("/login/code").status_code == 404
        assert "仅演示" not in browser.page
        assert "/login/code" not in browser.page
        assert demonstration.service.system["client_secret"] not in browser.page


def test_missing_settings_are_named_by_the_demo(demonstration: Demonstration, tmp_path: Path) -> None:
    system = started(demonstration.window, tmp_path, free_ports(1), CLIENT_SECRET="", ROOT="")
    with system.running() as process:
        assert process.wait(30) == 1
    assert "set CLIENT_SECRET, ROOT (see README.md)" in system.log.read_text()
