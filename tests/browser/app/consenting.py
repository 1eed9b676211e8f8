"""The consents of a page as a person gives them: each by itself, none ticked before."""

from typing import Final

from playwright.sync_api import Page, expect

NAMES: Final = ("用户协议", "隐私政策", "证件号码")
AGREED: Final = """async () => {
  const { versions } = await (await fetch("/api/policies")).json();
  localStorage.setItem("mshield-agreed", JSON.stringify({ versions, at: Date.now() }));
}"""


def agree(page: Page) -> None:
    """At the app, before the form of registration."""
    for left, name in zip((3, 2, 1), NAMES, strict=True):
        expect(page.get_by_role("button", name=f"还有 {left} 项没勾选")).to_be_disabled()
        page.get_by_role("checkbox", name=name).check(force=True)
    page.get_by_role("button", name="同意并继续").click()


def tick(page: Page) -> None:
    """At a page at a desk."""
    for name in NAMES:
        page.get_by_role("checkbox", name=name).check()
