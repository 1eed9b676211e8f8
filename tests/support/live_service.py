"""The whole service in production form: `mshield serve` as a process, prepared by its own commands, and phones.

The process can be killed and started again on the same database. It logs to server.log.
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
from mshield.testkit.demo.people import OPERATOR, Person
from mshield.testkit.phone import VirtualPhone
from tests.support.forked import Forked, run_forked
from tests.support.migrated import put_migrated
from tests.support.once import is_shared
from tests.support.ports import keep_port
from tests.support.return_url import RETURN_URL
from tests.support.seals import seal_beside
from tests.support.second_person import SECOND, code_beside, named_in

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PIN_ROUNDS: Final = 1000
_START_SECONDS: Final = 90.0
# Limits have tests of their own; in others they would only cause waiting.
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
    """Additional arguments of `mshield serve`."""

    balancer: str = ""
    """Address for all calls, if not the service's own."""

    fresh: bool = False
    """True to start its processes from scratch, as an operator does, instead of forking them after the imports."""

    program: tuple[str, ...] = (sys.executable, "-m", "mshield.cli.main")
    """Command that `start` runs as `mshield`, if `fresh`."""

    def __post_init__(self) -> None:
        stack = contextlib.ExitStack()
        self.port = keep_port(stack, 0)
        weakref.finalize(self, stack.close)  # keeps the port as long as this object exists

    @property
    def origin(self) -> str:
        """The service's own address."""
        return f"http://localhost:{self.port}"

    @property
    def public(self) -> str:
        """Address that everybody calls."""
        return self.balancer or self.origin

    @property
    def log(self) -> Path:
        """Log file of all its starts."""
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        """Returns the environment of the service and its commands."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("MSHIELD_")}
        return inherited | _SETTINGS | self.settings | {
            "MSHIELD_DATABASE": self.database,
            "MSHIELD_MASTER_KEY_FILE": str(self.folder / "master.key"),
            "MSHIELD_HIGH_WATER_FOLDER": str(self.folder / "high-water"),
            "MSHIELD_PUBLIC_ORIGIN": self.public,
            "MSHIELD_ENGINE": self.engine,
        }  # fmt: skip

    def command(self, *arguments: str) -> Any:
        """Runs `mshield ARGUMENTS --json` and returns what it printed."""
        process = self.run(*arguments)
        assert process.returncode == 0, process.stderr
        return json.loads(process.stdout) if process.stdout.strip() else None

    def by_two(self, *arguments: str) -> Any:
        """Like `command`, confirmed by a second person."""
        return self.command(*arguments, "--second-person", SECOND.name)

    def refused(self, *arguments: str) -> Any:
        """Runs a command that must be refused, and returns the reported error."""
        process = self.run(*arguments)
        assert process.returncode == 1, process.stdout
        return json.loads(process.stderr)["error"]

    @staticmethod
    def printed(done: subprocess.CompletedProcess[str]) -> Any:
        """Returns the JSON that a command printed."""
        return json.loads(done.stdout)

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs `mshield ARGUMENTS --json`, whatever its exit code; a second person that it names enters their code."""
        second = named_in(arguments)
        code = "" if second is None else code_beside(self.database, self.folder / "master.key", second)
        if not self.fresh:
            return run_forked((*arguments, "--json"), self.environment(), text=code)
        return subprocess.run(
            (sys.executable, "-m", "mshield.cli.main", *arguments, "--json"),
            input=code,
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )

    def prepare(self) -> None:
        """Prepares the service by its own commands: master key, schema, CA, a business system, the example's filing.

        In a test run `migrate` finds a SQLite file made by the same migrations, unless the service is
        `fresh`.
        """
        self.command("keys", "init")
        file = Path(self.database.removeprefix("sqlite:///"))
        if self.database.startswith("sqlite:") and not (self.fresh or file.exists()) and is_shared():
            put_migrated(file)
        self.command("migrate")
        self.command("ca", "init")
        arguments = (
            "business",
            "add",
            "单一窗口",
            "--domain",
            "singlewindow.example",
            "--return-url",
            RETURN_URL,
        )
        self.system = self.command(*arguments)
        self.by_two("filing", "import", str(EXAMPLES / "filing.csv"))

    def start(self) -> None:
        """Starts the process and waits until it responds."""
        arguments = ("serve", "--port", str(self.port), *self.options)
        if self.fresh:
            with self.log.open("ab") as log:
                self.process = subprocess.Popen(
                    (*self.program, *arguments),
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
        """Sends SIGKILL, so that nothing more is written, closed or answered."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """Stops it in an orderly way; no-op if it isn't running."""
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
        """Returns the JSON of a development page."""
        answer = httpx.get(self.origin + path, trust_env=False)
        answer.raise_for_status()
        return answer.json()

    def sms_code(self, purpose: str, person: Person = OPERATOR) -> str:
        """Returns the newest code sent to this person."""
        for message in self.get("/dev/sms.json"):
            if message["phone"] == person.phone and message["purpose"] == purpose:
                self.codes.append(str(message["code"]))
                return self.codes[-1]
        raise AssertionError(f"no SMS code for {purpose}")

    def business(self) -> BusinessClient:
        """Returns the business system's client."""
        system = self.system
        return BusinessClient(
            self.public, client_id=system["client_id"], client_secret=system["client_secret"]
        )

    def seal(self, sql: str = "") -> None:
        """Seals rows that a test wrote directly into the database, or writes with this statement."""
        seal_beside(self.database, self.folder / "master.key", sql)

    def phone(self, name: str = "phone") -> VirtualPhone:
        """Returns the phone in this folder; `name` distinguishes several."""
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
    """Registers the person once, by an otherwise unused phone; a file in the service's folder marks that."""
    mark = service.folder / f"registered-{person.phone}"
    if not mark.exists():
        with service.phone(f"other-{person.phone}") as phone:
            register(service, phone, person)
        mark.touch()


def log_in(service: LiveService, phone: VirtualPhone, person: Person = OPERATOR) -> None:
    """Logs in with a captcha."""
    captcha = phone.captcha()
    answer = service.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
    phone.login(account=person.phone, password=person.password, captcha_id=captcha.captcha_id, captcha=answer)


def apply(
    service: LiveService, phone: VirtualPhone, person: Person = OPERATOR, *, again: bool = False
) -> None:
    """Applies for a certificate with the person's PIN."""
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
    """Creates a phone of the running service with account, login and certificate."""
    phone = service.phone()
    register(service, phone)
    log_in(service, phone)
    apply(service, phone)
    return phone
