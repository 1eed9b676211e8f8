"""The web app's engine in a real browser: IndexedDB, Web Locks, WebCrypto, and the share in a worker.

The engine is bundled as in the app, and served on the service's own origin.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Page, Route, sync_playwright

from mshield.client import Document
from mshield.testkit.demo.people import OPERATOR
from tests.browser.app.seeded import bundle
from tests.support.chromium import launch
from tests.support.live_service import LiveService, register
from tests.support.once import once

pytestmark = pytest.mark.slow

_OPEN: Final = """async () => {
  const { RemoteSecrets, Shield } = await import("/engine/index.js");
  const { readLocally: reader } = await import("/engine/local_reader.js");
  const worker = new Worker("/engine/worker.js", { type: "module" });
  window.shield = new Shield(location.origin, {
    secrets: new RemoteSecrets(worker), pinRounds: 1000, reader,
  });
}"""
_ENROL: Final = """async (person) => {
  const { id } = await shield.captcha();
  const { answer } = await (await fetch(`/dev/captchas/${id}`)).json();
  await shield.login({ account: person.phone, password: person.password, captchaId: id, captcha: answer });
  await shield.requestSmsCode("apply");
  const sent = await (await fetch("/dev/sms.json")).json();
  const { code: smsCode } = sent.find(({ purpose }) => purpose === "apply");
  const { name, id_number: idNumber, credit_code: creditCode } = person;
  const issued = await shield.apply({ name, idNumber, userType: "operator", creditCode, smsCode }, person.pin);
  return issued.state;
}"""
_SIGN: Final = """async ([code, pin]) => {
  const { tasks } = await shield.scan(code);
  const { documents } = await shield.approve(() => pin);
  return [tasks[0].title, documents[0].signature !== null];
}"""
_TWO_TABS: Final = """async () => (await Promise.all([shield.me(), shield.status(), shield.me()])).length"""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[LiveService]:
    live = LiveService(tmp_path, f"sqlite:///{tmp_path / 'mshield.db'}")
    live.prepare()
    live.start()
    yield live
    live.stop()


@pytest.fixture
def engine() -> Path:
    return once("engine", bundle)


@pytest.fixture
def page(service: LiveService, engine: Path) -> Iterator[Page]:
    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(f"{service.origin}/engine/")
        if name == "page":
            route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")
        else:
            route.fulfill(path=engine / name, content_type="text/javascript")

    with sync_playwright() as playwright:
        browser = launch(playwright)
        context = browser.new_context()
        context.route(f"{service.origin}/engine/**", serve)
        opened = context.new_page()
        opened.goto(f"{service.origin}/engine/page")
        opened.evaluate(_OPEN)
        yield opened
        browser.close()


def person() -> dict[str, Any]:
    """Returns the applicant's data."""
    return {name: getattr(OPERATOR, name) for name in OPERATOR.__slots__}


def test_shield_survives_a_reload(service: LiveService, page: Page) -> None:
    with service.phone() as other:
        register(service, other)
    assert page.evaluate(_ENROL, person()) == "active"
    document = Document(title="报关单", media_type="text/plain", content="总价".encode(), format="cms")
    with service.business() as business:
        for _ in range(2):
            asked = business.request_signature([document])
            assert page.evaluate(_SIGN, [asked.qr, OPERATOR.pin]) == ["报关单", True]
            assert business.status(asked.id).state == "signed"
            # The second round follows a reload, so it uses only what was stored.
            page.reload()
            page.evaluate(_OPEN)
    assert page.evaluate(_TWO_TABS) == 3
