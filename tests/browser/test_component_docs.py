"""docs/component.md as written: its page, its script, its policy and its style, with this service's address."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Party
from tests.browser.page_checks import read_code
from tests.browser.site import Site

pytestmark = pytest.mark.slow

_DOCS: Final = Path(__file__).parents[2] / "docs" / "component.md"
_BLOCK: Final = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ORIGIN: Final = "https://shield.example.cn"


def test_the_page_works_as_written(open_page: Callable[..., Page], party: Party) -> None:
    made = party.ask()
    text = _DOCS.read_text("utf-8").replace(_ORIGIN, party.service.origin)
    blocks = dict(_BLOCK.findall(text))
    policy = " ".join(blocks[""].split())
    with Site(f"default-src 'none'; style-src 'self'; base-uri 'none'; {policy}") as site:
        html = blocks["html"].replace("REQUEST_ID", made["id"]).replace("STATUS_TOKEN", made["status_token"])
        site.files["/login"] = html.replace("<title>", '<link rel="stylesheet" href="/own.css"><title>')
        site.files["/login.js"] = blocks["js"]
        site.files["/own.css"] = blocks["css"]
        site.files["/login/done"] = "<!doctype html><title>done</title>"
        page = open_page()
        page.goto(f"{site.origin}/login")
        shield = page.locator("mshield-login")
        expect(shield.locator(".qr")).to_be_visible()
        expect(shield.locator(".match .number")).to_have_css("color", "rgb(122, 75, 0)")
        expect(shield.locator(".steps")).to_be_hidden()
        code = read_code(shield)
        assert code is not None
        party.phone.scan(code)
        party.approve()
        page.wait_for_url(f"{site.origin}/login/done")
