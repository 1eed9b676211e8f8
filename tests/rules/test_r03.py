"""R3: login by account, password and captcha; the home page's six functions have their calls."""

from mshield.testkit.demo.people import OPERATOR
from tests.support.application import Application
from tests.support.captchas import answered_captcha
from tests.support.cases import cases

SIX_FUNCTIONS = {
    "apply 申请证书": ("/api/phone/enrolments", "post"),
    "bind 绑定证书": ("/api/phone/bindings", "post"),
    "change PIN 修改 PIN 码": ("/api/phone/keys/{uid}/tasks", "post"),
    "renew 更新证书": ("/api/phone/renewals", "post"),
    "scan to log in, scan to sign 扫码登录, 扫码签名": ("/api/phone/scans", "post"),
}


async def _login(application: Application, **changes: str) -> tuple[int, str]:
    shown = await answered_captcha(application.http)
    document = {"account": OPERATOR.phone, "password": OPERATOR.password, **shown}
    response = await application.device().call("POST", "/api/phone/sessions", document | changes)
    return response.status_code, response.json().get("code", "")


async def test_r03_wrong_account_password_or_captcha_is_refused(application: Application) -> None:
    await application.registered()
    assert await _login(application) == (201, "")
    for changes, code in (
        ({"account": "13800006028"}, "login_failed"),
        ({"password": "Demo-declare-2027"}, "login_failed"),
        ({"captcha": "wrong"}, "captcha_wrong"),
        ({"work": "none"}, "work_wrong"),
    ):
        assert (await _login(application, **changes))[1] == code


@cases("function", SIX_FUNCTIONS)
def test_r03_each_function_of_the_home_page_has_its_call(application: Application, function: str) -> None:
    path, method = SIX_FUNCTIONS[function]
    assert method in application.app.state.documents.of()["paths"][path]
