"""The whole service as it runs: `mshield serve` as a process, prepared by its own commands, and phones.

The process can be killed and started again on the same database. Its log is in server.log.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import weakref
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx

from mshield.client import BusinessClient
from mshield.client.phone import VirtualPhone
from mshield.demo.people import OPERATOR, Person
from tests.support.forked import Forked, run_forked
from tests.support.migrated import put_migrated
from tests.support.once import is_shared
from tests.support.ports import keep_port
from tests.support.return_url import RETURN_URL
from tests.support.seals import seal_beside

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PIN_ROUNDS: Final = 1000
_START_SECONDS: Final = 90.0
# Limits have tests of their own; here they would only make others wait.
_SETTINGS: Final = {
    "MSHIELD_MODE": "demo",
    "MSHIELD_ACCESS_LOG": "true",
    "MSHIELD_SMS_RESEND_SECONDS": "0",
    "MSHIELD_SMS_CODES_BEFORE_PICTURE": "1000",
    "MSHIELD_CAPTCHA_FREE_FAILURES": "1000",
    "MSHIELD_CAPTCHA_WORK": "4",
    "MSHIELD_SMS_CODES_PER_DAY": "1000",
    "MSHIELD_SMS_CODES_PER_ADDRESS": "1000",
    "MSHIELD_OPENS_PER_MINUTE": "1000000",
    "MSHIELD_CALLS_PER_PROCESS": "1000",
    "MSHIELD_REQUEST_SECONDS": "3600",
    "MSHIELD_RETURN_SCHEMES": "palmcustoms",
}


@dataclass(slots=True, weakref_slot=True)
class LiveService:
    """A service in a folder, on a migrated or empty database."""

    folder: Path
    database: str
    engine: str = "auto"
    port: int = 0
    process: subprocess.Popen[bytes] | Forked | None = None
    system: dict[str, str] = field(default_factory=dict)
    codes: list[str] = field(default_factory=list)
    settings: dict[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    """More words for `mshield serve`."""

    balancer: str = ""
    """Where everybody calls it, if not at its own address."""

    fresh: bool = False
    """Whether its processes start from nothing, as an operator's do; else they are forked from one with its imports."""

    def __post_init__(self) -> None:
        kept = contextlib.ExitStack()
        self.port = keep_port(kept, 0)
        weakref.finalize(self, kept.close)  # for as long as this is there

    @property
    def origin(self) -> str:
        """Where it answers."""
        return f"http://localhost:{self.port}"

    @property
    def public(self) -> str:
        """What everybody calls."""
        return self.balancer or self.origin

    @property
    def log(self) -> Path:
        """What it wrote so far, over all its starts."""
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        """The settings of the service and of its commands."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MSHIELD_")}
        return inherited | _SETTINGS | self.settings | {
            "MSHIELD_DATABASE": self.database,
            "MSHIELD_MASTER_KEY_FILE": str(self.folder / "master.key"),
            "MSHIELD_HIGH_WATER_FOLDER": str(self.folder / "high-water"),
            "MSHIELD_PUBLIC_ORIGIN": self.public,
            "MSHIELD_ENGINE": self.engine,
        }  # fmt: skip

    def command(self, *arguments: str) -> Any:
        """Runs `mshield ARGUMENTS --json`; what it printed."""
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def refused(self, *arguments: str) -> Any:
        """Runs a command that is refused; the error that it tells."""
        done = self.run(*arguments)
        assert done.returncode == 1, done.stdout
        return json.loads(done.stderr)["error"]

    @staticmethod
    def printed(done: subprocess.CompletedProcess[str]) -> Any:
        """What a command printed."""
        return json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `mshield ARGUMENTS --json`, however it ends."""
        if not self.fresh:
            return run_forked((*arguments, "--json"), self.environment())
        return subprocess.run(
            (sys.executable, "-m", "mshield.cli", *arguments, "--json"),
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def prepare(self) -> None:
        """Master key, schema, CA, a business system and the example's filing records, by the service's own commands.

        In a run of tests `migrate` gets a SQLite file that the same migrations made, unless all is to be `fresh`.
        """
        self.command("keys", "init")
        file = Path(self.database.removeprefix("sqlite:///"))
        if self.database.startswith("sqlite:") and not (self.fresh or file.exists()) and is_shared():
            put_migrated(file)
        self.command("migrate")
        self.command("ca", "init")
        added = (
            "business",
            "add",
            "单一窗口",
            "--domain",
            "singlewindow.example",
            "--return-url",
            RETURN_URL,
        )
        self.system = self.command(*added)
        self.command("filing", "import", str(EXAMPLES / "filing.csv"), "--second-person", "许安然")

    def start(self) -> None:
        """Starts the process and returns when it answers."""
        arguments = ("serve", "--port", str(self.port), *self.options)
        if self.fresh:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    (sys.executable, "-m", "mshield.cli", *arguments),
                    env=self.environment(),
                    stdout=log,
                    stderr=subprocess.STDOUT,
                )
        else:
            self.process = Forked(arguments, self.environment(), self.log, self.log)
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                if httpx.get(f"{self.origin}/healthz", trust_env=False).is_success:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError(f"the service did not start:\n{self.log.read_text()[-4000:]}")

    def kill(self) -> None:
        """SIGKILL: nothing gets written, closed or answered any more."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stops it in order; without effect where it doesn't run."""
        self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> None:
        if self.process is None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process = None

    def get(self, path: str) -> Any:
        """JSON of a development page."""
        answer = httpx.get(self.origin + path, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def sms_code(self, purpose: str, person: Person = OPERATOR) -> str:
        """The newest code sent to this person."""
        for message in self.get("/dev/sms.json"):
            if message["phone"] == person.phone and message["purpose"] == purpose:
                self.codes.append(str(message["code"]))
                return self.codes[-1]
        raise AssertionError(f"no SMS code for {purpose}")

    def business(self) -> BusinessClient:
        """The business system's client."""
        system = self.system
        return BusinessClient(
            self.public, client_id=system["client_id"], client_secret=system["client_secret"]
        )

    def seal(self, sql: str = "") -> None:
        """Seals what a test wrote into the database by itself, or writes by this statement."""
        seal_beside(self.database, self.folder / "master.key", sql)

    def phone(self, name: str = "phone") -> VirtualPhone:
        """The phone in this folder; `name` tells several apart."""
        return VirtualPhone(self.folder / name, self.public, pin_rounds=PIN_ROUNDS)


def register(service: LiveService, phone: VirtualPhone, person: Person = OPERATOR) -> None:
    """Registers a filed person."""
    phone.request_sms_code("register", phone=person.phone)
    phone.register(
        name=person.name,
        id_type="resident_id",
        id_number=person.id_number,
        phone=person.phone,
        sms_code=service.sms_code("register", person),
        password=person.password,
    )


def ensure_registered(service: LiveService, person: Person) -> None:
    """Their account, made once by a phone that then isn't used any more; a mark in the service's folder says so."""
    mark = service.folder / f"registered-{person.phone}"
    if not mark.exists():
        with service.phone(f"other-{person.phone}") as phone:
            register(service, phone, person)
        mark.touch()


def log_in(service: LiveService, phone: VirtualPhone, person: Person = OPERATOR) -> None:
    """Logs in with captcha."""
    captcha = phone.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=person.phone, password=person.password, captcha_id=captcha.captcha_id, captcha=answer)


def apply(
    service: LiveService, phone: VirtualPhone, person: Person = OPERATOR, *, again: bool = False
) -> None:
    """Applies for a certificate, with the person's PIN."""
    phone.request_sms_code("apply")
    phone.apply(
        name=person.name,
        id_number=person.id_number,
        user_type="legal_person" if person.role == "legal_person" else "operator",
        credit_code=person.credit_code,
        sms_code=service.sms_code("apply", person),
        pin=person.pin,
        again=again,
    )


def enrolled(service: LiveService) -> VirtualPhone:
    """A phone of the running service with account, login and certificate."""
    phone = service.phone()
    register(service, phone)
    log_in(service, phone)
    apply(service, phone)
    return phone
