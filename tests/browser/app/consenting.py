"""Consents given on a page one by one, none ticked in advance."""

from typing import Final

from playwright.sync_api import Page, expect

NAMES: Final = ("用户协议", "隐私政策", "证件号码")
AGREED: Final = """async () => {
  const { versions } = await (await fetch("/api/policies")).json();
  localStorage.setItem("mshield-agreed", JSON.stringify({ versions, at: Date.now() }));
}"""


def agree(page: Page) -> None:
    """Accepts them in the app, before the registration form."""
    for left, name in zip((3, 2, 1), NAMES, strict=True):
        expect(page.get_by_role("button", name=f"还有 {left} 项没勾选")).to_be_disabled()
        page.get_by_role("checkbox", name=name).check(force=True)
    page.get_by_role("button", name="同意并继续").click()


def tick(page: Page) -> None:
    """Ticks them on a desk page."""
    for name in NAMES:
        page.get_by_role("checkbox", name=name).check()
