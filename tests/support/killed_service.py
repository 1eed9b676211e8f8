"""A service that dies and a phone that is killed at exact points, with the real application on a real database.

The application runs in a thread with its own loop. After a death nothing more of the process runs once the
given statement is committed; its memory is lost, and a new application starts on the same database.
"""

import asyncio
import contextlib
import threading
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import httpx
import pytest
from starlette.applications import Starlette

from mshield.client import BusinessClient, Document
from mshield.server import main
from mshield.server.context import Context
from mshield.server.database.interface import Database
from mshield.server.database.opening import open_database
from mshield.server.settings.settings import Settings
from mshield.testkit.demo.people import OPERATOR, Person
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.state import KeyState, State
from mshield.testkit.phone.vault import opened
from tests.support import application
from tests.support.clock import Clock
from tests.support.killed_database import Died, Killed, MortalDatabase
from tests.support.signing import statement

T = TypeVar("T")
ROUNDS: Final = 1000
Fate = Literal["kill_before", "kill_after", "lose_before", "lose_after"]


@dataclass(slots=True)
class Mortal:
    """The service and the network between it and the phone. Start it by `mortal_service`."""

    settings: Settings
    clock: Clock
    client_id: str
    client_secret: str
    loop: asyncio.AbstractEventLoop
    databases: list[MortalDatabase] = field(default_factory=list)
    fates: dict[tuple[str, int], Fate] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    app: Starlette | None = None
    _stop: asyncio.Event | None = None
    _running: asyncio.Task[None] | None = None

    @property
    def context(self) -> Context:
        """Services of the running process."""
        assert self.app is not None
        context: Context = self.app.state.context
        return context

    @property
    def db(self) -> MortalDatabase:
        """Database of the running process."""
        return self.databases[-1]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Runs a coroutine in the service's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(60)

    def start(self) -> None:
        """Starts a new process."""
        self.run(self._start())

    async def _start(self) -> None:
        app, started, self._stop = (
            main.create_app(self.settings, clock=self.clock),
            asyncio.Event(),
            asyncio.Event(),
        )
        stop = self._stop

        async def live() -> None:
            try:
                async with app.router.lifespan_context(app):
                    started.set()
                    await stop.wait()
            finally:
                started.set()

        self._running = asyncio.create_task(live())
        await started.wait()
        if self._running.done():
            await self._running  # raises the error of a failed start
        self.app = app

    def stop(self) -> None:
        """Ends the process and closes its resources, as the operating system does for a dead one."""
        self.run(self._end())

    async def _end(self) -> None:
        if self.app is None or self._stop is None or self._running is None:
            return
        self._stop.set()
        with contextlib.suppress(Died):  # a dead process writes nothing at its end
            await self._running
        self.app = None

    def restart(self) -> None:
        """Starts another process on the same database."""
        self.stop()
        self.start()

    def plan(self, *fates: tuple[str, int, Fate]) -> None:
        """Plans the fates of calls from now on: of the `n`-th call (from 1) whose path ends in the given word."""
        self.calls.clear()
        self.fates = {(end, number): fate for end, number, fate in fates}

    def die_after(self, deadly: frozenset[str], *, skip: int = 0) -> None:
        """Lets the process die after committing one of these statements, after surviving `skip` of them."""
        self.db.deadly, self.db.skip = deadly, skip

    # ---- the network ----

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Handles one call of the phone."""
        end = request.url.path.rpartition("/")[2]
        self.calls.append(end)
        fate = self.fates.pop((end, self.calls.count(end)), None)
        if fate == "kill_before":
            raise Killed
        if fate == "lose_before":
            raise httpx.ConnectError("lost on the way there", request=request)
        if self.db.dead:
            self.restart()  # the phone's retry reaches a new process
        try:
            answer = self.run(self._call(request))
        except Died:
            raise httpx.ReadError("the service died", request=request) from None
        if fate == "kill_after":
            raise Killed
        if fate == "lose_after":
            raise httpx.ReadError("lost on the way back", request=request)
        return answer

    async def _call(self, request: httpx.Request) -> httpx.Response:
        assert self.app is not None
        transport = httpx.ASGITransport(self.app)
        forwarded = httpx.Request(
            request.method, request.url, headers=request.headers, content=request.read()
        )
        answer = await transport.handle_async_request(forwarded)
        content = await answer.aread()
        return httpx.Response(answer.status_code, headers=answer.headers, content=content, request=request)

    # ---- people ----

    def phone(self, folder: Path) -> VirtualPhone:
        """Starts the app on the phone's storage; waiting moves the clock."""
        return VirtualPhone(
            folder,
            application.ORIGIN,
            transport=httpx.MockTransport(self.handle),
            clock=self.clock,
            sleep=self._pass,
            pin_rounds=ROUNDS,
        )

    def _pass(self, seconds: float) -> None:
        self.clock.advance(seconds=seconds)

    def business(self) -> BusinessClient:
        """Returns the business system's client."""
        return BusinessClient(
            application.ORIGIN,
            client_id=self.client_id,
            client_secret=self.client_secret,
            transport=httpx.MockTransport(self.handle),
        )

    def qr(self, text: str = "报关单") -> str:
        """Requests a signature as the business system. Returns the QR text."""
        with self.business() as business:
            document = Document(title="报关单", media_type="text/plain", content=text.encode())
            return business.request_signature([document]).qr

    def get(self, path: str) -> Any:
        """Returns the JSON of a development page."""
        return self.handle(httpx.Request("GET", application.ORIGIN + path)).json()

    def code(self, purpose: str) -> str:
        """Returns the newest SMS code for this purpose."""
        return next(str(sent["code"]) for sent in self.get("/dev/sms.json") if sent["purpose"] == purpose)

    def enrolled(self, folder: Path, person: Person = OPERATOR) -> VirtualPhone:
        """Creates a phone of this person with account, login and certificate."""
        phone = self.phone(folder)
        phone.request_sms_code("register", phone=person.phone)
        phone.register(
            name=person.name,
            id_type="resident_id",
            id_number=person.id_number,
            phone=person.phone,
            sms_code=self.code("register"),
            password=person.password,
        )
        captcha = phone.captcha()
        answer = self.get(f"/dev/captchas/{captcha.captcha_id}")["answer"]
        phone.login(
            account=person.phone, password=person.password, captcha_id=captcha.captcha_id, captcha=answer
        )
        self.apply(phone, person)
        return phone

    def apply(self, phone: VirtualPhone, person: Person = OPERATOR) -> None:
        """Applies with the person's PIN."""
        self.clock.advance(seconds=61)
        phone.request_sms_code("apply")
        phone.apply(
            name=person.name,
            id_number=person.id_number,
            user_type="legal_person" if person.role == "legal_person" else "operator",
            credit_code=person.credit_code,
            sms_code=self.code("apply"),
            pin=person.pin,
        )

    def fetch(self, sql: str) -> dict[str, Any]:
        """Returns the first row, also after a death."""
        row = self.run(self.db.db.one(statement(sql)))
        assert row is not None
        return dict(row)


def stored_state(folder: Path) -> State:
    """Returns the content of the phone's storage."""
    with opened(Folder(folder), server=None, patience=1.0) as vault:
        return vault.state


def stored_key(folder: Path) -> KeyState:
    """Returns the key's state in the phone's storage."""
    return stored_state(folder).at("key")


@contextmanager
def mortal_service(
    database_url: str, folder: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, **settings: object
) -> Iterator[Mortal]:
    """Runs a service with a CA, the example's filing and one business system."""
    prepared, client_id, secret = asyncio.run(application.prepared(database_url, folder, clock))
    changed = prepared.changed(**{"opens_per_minute": 10_000, **settings})
    with running_on(changed, client_id, secret, clock, monkeypatch) as mortal:
        yield mortal


@contextmanager
def running_on(
    settings: Settings, client_id: str, client_secret: str, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Mortal]:
    """Runs a service on a prepared database, with its own loop."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    mortal = Mortal(settings, clock, client_id, client_secret, loop)

    async def opening(url: str, *, pool_size: int, seconds: float) -> Database:
        opened = await open_database(url, pool_size=pool_size, seconds=seconds)
        mortal.databases.append(MortalDatabase(opened))
        return mortal.db

    monkeypatch.setattr("mshield.server.database.opening.open_database", opening)
    mortal.start()
    try:
        yield mortal
    finally:
        mortal.stop()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def killable_service() -> object:
    """Returns a fixture `service` for a module: a service in this process that can die at given points."""

    @pytest.fixture(name="service")
    def service(
        database_url: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Mortal]:
        with mortal_service(database_url, tmp_path, clock, monkeypatch) as running:
            yield running

    return service
