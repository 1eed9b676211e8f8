"""Browser without a screen: follows links, and submits a page's forms with hidden fields and cookies."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from types import TracebackType
from typing import Self

import httpx

from mshield.testkit.demo.service import StepFailed


@dataclass(slots=True)
class Form:
    """A form of the page."""

    action: str
    values: dict[str, str] = field(default_factory=dict)


class _Forms(HTMLParser):
    """Parser of a page's forms: inputs, and the selected option of each select."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._inside = False
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Begins a form, or stores a value."""
        attributes = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append(Form(attributes.get("action", "")))
            self._inside = True
        elif not self._inside:
            return
        elif tag == "input" and attributes.get("type") != "checkbox" and attributes.get("name"):
            self.forms[-1].values[attributes["name"]] = attributes.get("value", "")
        elif tag == "select":
            self._select = attributes.get("name", "")
        elif tag == "option" and "selected" in attributes:
            self.forms[-1].values[self._select] = attributes.get("value", "")

    def handle_endtag(self, tag: str) -> None:
        """Ends a form."""
        if tag == "form":
            self._inside = False


class Browser:
    """Browser of one person at one site; keeps its cookies."""

    def __init__(self, origin: str) -> None:
        self.origin = origin
        self.http = httpx.Client(base_url=origin, trust_env=False, follow_redirects=False, timeout=30)
        self.page = ""
        self.path = ""

    def open(self, address: str) -> httpx.Response:
        """Opens an address and follows redirects within the site; returns the page, or the redirect to another site."""
        return self._follow(self.http.get(address))

    def press(self, action: str, **values: str | list[str]) -> httpx.Response:
        """Submits the page's form with this `action`, and follows it like `open`. Raises: StepFailed (no such form)."""
        parser = _Forms()
        parser.feed(self.page)
        form = next((form for form in parser.forms if form.action == action), None)
        if form is None:
            raise StepFailed(f"{self.path} has no form to {action}")
        return self._follow(self.http.post(action, data={**form.values, **values}))

    def leads_to(self, address: str) -> str:
        """Returns the target of an address's redirect without opening it. Raises: StepFailed (no redirect)."""
        answer = self.http.get(address)
        if not answer.has_redirect_location:
            raise StepFailed(f"{address} answered {answer.status_code}")
        return str(answer.headers["Location"])

    def _follow(self, answer: httpx.Response) -> httpx.Response:
        while answer.has_redirect_location and answer.headers["Location"].startswith("/"):
            answer = self.http.get(answer.headers["Location"])
        if not answer.has_redirect_location:
            self.page, self.path = answer.text, answer.url.raw_path.decode()
        return answer

    def close(self) -> None:
        """Closes the connections."""
        self.http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
