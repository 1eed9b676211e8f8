"""The verification page in WebKitGTK: its worker, its trusted root, a pasted bundle."""

import json
from pathlib import Path

import pytest
from selenium.webdriver.common.by import By

from tests.browser.app.webkit import webkit
from tests.browser.conftest import Party

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_pasted_bundle_is_verified_in_webkit(party: Party, files: Path) -> None:
    bundle = json.dumps(json.loads((files / "cms.json").read_bytes()))
    with webkit() as browser:
        browser.open(f"{party.service.origin}/verify/")
        browser.read_chinese()
        browser.press("粘贴文本")
        field = browser.driver.find_element(By.ID, "pasted")
        # Typing ten thousand characters takes minutes there.
        browser.driver.execute_script(
            "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))", field, bundle
        )
        browser.press("添加")
        browser.says("签名有效")
        browser.says("已记入透明日志")
