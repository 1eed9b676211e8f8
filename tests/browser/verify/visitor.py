"""A visitor of /verify/ who drops files and reads the verdict, with a record of every call of their browser."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser, Locator, Page, Request, expect

SIZE: Final = {"width": 1440, "height": 900}
SOON: Final = 10_000


@dataclass(slots=True)
class Visitor:
    """A page, and its calls except for its own files as `METHOD /path`."""

    page: Page
    origin: str
    calls: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)

    def give(self, *files: Path | dict[str, Any]) -> "Visitor":
        """Chooses files, like the file picker."""
        given: Any = [each if isinstance(each, dict) else str(each) for each in files]
        self.page.locator("input[type=file]").first.set_input_files(given)
        return self

    def head(self, verdict: str) -> Locator:
        """Returns the verdict's heading, once it shows this verdict."""
        head = self.page.locator(".verdict .head")
        expect(head.get_by_role("heading", name=verdict)).to_be_visible(timeout=SOON)
        return head

    def check(self, name: str) -> Locator:
        """Returns the row of one check."""
        return self.page.locator(f"[data-check={name}]")

    def first_check(self) -> str | None:
        """Returns the name of the first check."""
        return self.page.locator("[data-check]").first.get_attribute("data-check")

    def note(self, request: Request) -> None:
        """Records a call, except for the page's own files."""
        path = request.url.removeprefix(self.origin)
        if not path.startswith(("/verify/", "/app/logo.svg", "blob:")):
            self.calls.append(f"{request.method} {path}")
            self.bodies.append(request.post_data_buffer or b"")


@contextmanager
def visiting(browser: Browser, origin: str) -> Iterator[Callable[..., Visitor]]:
    """Yields a function that opens the page; fails on an error or a violation of the policy."""
    contexts = []
    complaints: list[str] = []

    def open_page(**options: Any) -> Visitor:
        context = browser.new_context(**{"viewport": SIZE, "locale": "zh-CN", **options})
        contexts.append(context)
        page = context.new_page()
        visitor = Visitor(page, origin)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
        page.on("request", lambda request: visitor.note(request))  # noqa: PLW0108  Playwright marks a method's object
        page.goto(f"{origin}/verify/")
        expect(page.get_by_role("heading", name="信任设置")).to_be_visible()
        return visitor

    yield open_page
    for each in contexts:
        each.close()
    assert not complaints, complaints


def changed(file: Path, change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Returns a bundle with a change."""
    found = json.loads(file.read_bytes())
    change(found)
    return {"name": file.name, "mimeType": "application/json", "buffer": json.dumps(found).encode()}
