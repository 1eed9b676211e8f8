"""The whole application in this process, on a database, called like a phone or a business system would.

The clock is the test's. A phone here has only its key and token; its co-signing part is in
`tests/support/signing.py`.
"""

import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Final

import httpx
from starlette.applications import Starlette

from mshield.gm.engine import load_engine
from mshield.server.acts.actor import SERVICE
from mshield.server.ca.init import CaNames, init_ca
from mshield.server.context import Context
from mshield.server.database.opening import open_database
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.import_list import ImportFiling
from mshield.server.keys.keyring import load_keyring
from mshield.server.keys.master import generate_master_key
from mshield.server.keys.secrets import load_lookup_key
from mshield.server.keys.sources import MasterKeyFile
from mshield.server.main import create_app
from mshield.server.settings.settings import Settings, read_settings
from mshield.server.staff.members import StaffMember, add_staff, list_staff
from mshield.server.staff.rows import sessions as staff_sessions
from mshield.server.staff.rows.sessions import NewSession
from mshield.server.staff.rules import StaffRole, StaffScope
from mshield.server.staff.session import csrf_token, new_token
from mshield.server.staff.tokens import NewTokenMessage, add_token
from mshield.server.systems.register import register_system
from mshield.testkit.demo.people import OPERATOR, Person
from mshield.testkit.phone.dpop import DeviceKey, proof
from mshield.wire import ids
from mshield.wire.ids import new_id
from mshield.wire.qr import qr_text
from mshield.wire.tokens import token_hash
from tests.support.captchas import answered_captcha
from tests.support.clock import Clock
from tests.support.conformance import Conforming
from tests.support.consents import AGREED
from tests.support.return_url import RETURN_URL
from tests.support.second_person import SECOND
from tests.support.stored_states import Begun, PostgresqlState, SqliteState

CODE_CAPTCHAS: Final = "/api/phone/sms-codes/captchas"
ORIGIN: Final = "http://shield.example"
EXAMPLES: Final = Path(__file__).parents[2] / "examples"
"""Folder of the example's filing records and declaration."""


def qr_of(created: Mapping[str, Any], seconds: int = 0) -> str:
    """Returns the QR text for `seconds` after the request was created, from the response that created it."""
    return qr_text(created["qr_origin"], created["id"], bytes.fromhex(created["qr_secret"]), seconds)


@dataclass(slots=True)
class Device:
    """A phone as seen by the service: a P-256 key and, once logged in, a token."""

    http: httpx.AsyncClient
    clock: Clock
    key: DeviceKey = field(default_factory=DeviceKey.generate)
    token: str | None = None

    async def call(
        self, method: str, path: str, document: object = None, *, nonce: str | None = None
    ) -> httpx.Response:
        """Makes a call with a valid proof."""
        body = b"" if document is None else json.dumps(document).encode()
        return await self.send(method, path, body, self.proof(method, path, body, nonce=nonce))

    async def send(self, method: str, path: str, body: bytes, made: str | None) -> httpx.Response:
        """Makes a call with the proof `made`, or without one."""
        headers = {"Content-Type": "application/json"}
        if made is not None:
            headers["DPoP"] = made
        if self.token is not None:
            headers["Authorization"] = f"DPoP {self.token}"
        return await self.http.request(method, path, content=body, headers=headers)

    def proof(
        self, method: str, path: str, body: bytes, *, nonce: str | None = None, now: int | None = None
    ) -> str:
        """Makes a valid proof for a call."""
        url = ORIGIN + path.partition("?")[0]
        at = self.clock() if now is None else now
        return proof(self.key, method=method, url=url, body=body, now=at, token=self.token, nonce=nonce)


@dataclass(slots=True)
class Application:
    """The running application with a CA, the example's filing, and one business system."""

    app: Starlette
    http: httpx.AsyncClient
    clock: Clock
    client_id: str
    client_secret: str

    @property
    def context(self) -> Context:
        """The application's services."""
        context: Context = self.app.state.context
        return context

    def device(self) -> Device:
        return Device(self.http, self.clock)

    async def business(
        self, method: str, path: str, document: object = None, **headers: str
    ) -> httpx.Response:
        """Makes a call of the business system."""
        return await self.http.request(
            method, path, json=document, auth=(self.client_id, self.client_secret), headers=headers
        )

    async def staff(self, *roles: StaffRole) -> StaffMember:
        """Adds a member of staff."""
        number = len(await list_staff(self.context.db))
        return await add_staff(self.context.db, name=f"员工 {number}", roles=roles, now=self.clock())

    async def staff_token(self, *roles: StaffRole) -> str:
        """Creates a token of a new member of staff, with all possible scopes."""
        return await self.token_of((await self.staff(*roles)).id, *roles)

    async def token_of(self, staff_id: str, *roles: StaffRole) -> str:
        """Creates a token of this member."""
        scopes = tuple(StaffScope) if StaffRole.FILING_OFFICER in roles else ()
        request = NewTokenMessage(name="夜间导入", roles=roles, scopes=scopes, days=90)
        token = await add_token(self.context.db, staff_id, request, by=SERVICE, now=self.clock())
        return token.token

    async def session_of(self, staff_id: str) -> dict[str, str]:
        """Inserts a new session of this member, without the acts of a login. Returns the headers of its calls."""
        token, now = new_token(), self.clock()
        session = NewSession(
            id=new_id(now),
            token_hash=token_hash(token),
            staff_id=staff_id,
            address="192.0.2.1",
            browser="a test",
            expires_at=now + 8 * 3_600_000,
        )
        await self.context.db.write(lambda tx: staff_sessions.insert(tx, session, now=now))
        return {"Cookie": f"mshield-console={token}", "X-CSRF-Token": csrf_token(token)}

    async def sms_code(self, purpose: str) -> str:
        """Returns the newest code for this purpose."""
        for message in (await self.http.get("/dev/sms.json")).json():
            if message["purpose"] == purpose:
                return str(message["code"])
        raise AssertionError(f"no code for {purpose}")

    async def code_form(self, phone: str, purpose: str = "register") -> dict[str, str]:
        """Returns the form to request a code without a login, with a solved captcha."""
        captcha = await answered_captcha(self.http, CODE_CAPTCHAS)
        return {"phone": phone, "purpose": purpose, **captcha}

    async def ask_for_code(self, phone: str, purpose: str = "register", **headers: str) -> httpx.Response:
        """Requests a code without a login."""
        form = await self.code_form(phone, purpose)
        return await self.http.post("/api/phone/sms-codes", json=form, headers=headers)

    async def registered(self, person: Person = OPERATOR) -> None:
        """Registers the example's operator, or another of its people."""
        await self.ask_for_code(person.phone)
        document = {
            "name": person.name,
            "id_type": person.id_type,
            "id_number": person.id_number,
            "phone": person.phone,
            "sms_code": await self.sms_code("register"),
            "password": person.password,
        }
        answer = await self.http.post("/api/phone/accounts", json=document | AGREED)
        assert answer.status_code == 201, answer.text

    async def logged_in(self, person: Person = OPERATOR) -> Device:
        """Returns a logged-in phone of the operator, or of another person."""
        device = self.device()
        captcha = await answered_captcha(self.http)
        document = {"account": person.phone, "password": person.password, **captcha}
        answer = await device.call("POST", "/api/phone/sessions", document)
        assert answer.status_code == 201, answer.text
        device.token = answer.json()["access_token"]
        return device

    async def application_form(self, device: Device, **changes: str) -> dict[str, str]:
        """Returns a correctly filled application form with a fresh SMS code."""
        self.clock.advance(seconds=61)  # minimum time between two codes
        sent = await device.call("POST", "/api/phone/sms-codes", {"phone": None, "purpose": "apply"})
        assert sent.status_code == 202, sent.text
        return {
            "name": OPERATOR.name,
            "id_number": OPERATOR.id_number,
            "user_type": "operator",
            "credit_code": OPERATOR.credit_code,
            "sms_code": await self.sms_code("apply"),
            **changes,
        }


Peopling = Callable[["Application"], Awaitable[object]]
"""Hook that changes the application before a test begins."""


@dataclass(frozen=True)
class _StoredState:
    """State stored after the first preparation of a kind."""

    state: SqliteState | PostgresqlState
    files: dict[str, bytes]
    """Files besides the database, by path in the folder: master key and high-water files."""
    client_id: str
    secret: str
    last_id: tuple[int, int]
    """Parts of the last id, so that ids of the same time also sort after it in the next database."""
    until: int
    """Final time of the clock."""


_STORED_STATES: Final[dict[tuple[str, int, Peopling | None], _StoredState]] = {}
"""Prepared states by kind of database, start time, and hook."""


@cache
def _settings(_: frozenset[tuple[str, str]]) -> Settings:
    """Returns the tests' settings without paths; cached per environment, from which they are read."""
    return read_settings().changed(
        mode="demo",
        captcha_work=4,
        sms_codes_before_picture=1000,
        return_schemes=("palmcustoms",),
        jobs="off",  # each test runs the jobs it needs
        database_pool=4,
        public_origin=ORIGIN,
    )


def _environment() -> frozenset[tuple[str, str]]:
    return frozenset(item for item in os.environ.items() if item[0].upper().startswith("MSHIELD_"))


async def prepared(
    database_url: str, folder: Path, clock: Clock, peopled: Peopling | None = None
) -> tuple[Settings, str, str]:
    """Prepares a migrated database: master key, CA, business system, the example's filing, and the hook's changes.

    Returns the settings, and the business system's id and secret.
    """
    settings = _settings(_environment()).changed(
        database=database_url,
        master_key_file=folder / "master.key",
        high_water_folder=folder / "high-water",
    )
    kind = (database_url.partition(":")[0], clock(), peopled)
    stored = _STORED_STATES.get(kind)
    if stored is not None and stored.state.put(database_url):
        for name, content in stored.files.items():
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o600)
        if ids._last[0] != stored.last_id[0] or ids._last < stored.last_id:
            ids._last = stored.last_id
        clock.now = stored.until
        return settings, stored.client_id, stored.secret
    MasterKeyFile(folder / "master.key").create(generate_master_key("aes"))
    preparation = None if stored else Begun(database_url)
    client_id, secret = await _prepare(settings, clock)
    if peopled is not None:
        async with _running(settings, clock, client_id, secret) as application:
            await peopled(application)
    if preparation is not None and (state := preparation.done()) is not None:
        files = {name: (folder / name).read_bytes() for name in _files(folder)}
        _STORED_STATES[kind] = _StoredState(state, files, client_id, secret, ids._last, clock())
    return settings, client_id, secret


def _files(folder: Path) -> Iterator[str]:
    yield "master.key"
    yield from (f"high-water/{file.name}" for file in (folder / "high-water").glob("*"))


async def _prepare(settings: Settings, clock: Clock) -> tuple[str, str]:
    db, keyring = await open_database(settings.database.url), load_keyring(settings.keys)
    try:
        await init_ca(db, keyring, load_engine(), settings, CaNames(), now=clock())
        lookup = await load_lookup_key(db, keyring, now=clock())
        records = read_filing((EXAMPLES / "filing.csv").read_bytes(), "filing.csv")
        await ImportFiling(db, keyring, lookup).apply(records, second_person=SECOND, now=clock())
        return await register_system(
            db, name="单一窗口", domain="singlewindow.example", return_urls=(RETURN_URL,), now=clock()
        )
    finally:
        await db.close()


@asynccontextmanager
async def running(
    database_url: str, folder: Path, clock: Clock, **changed: object
) -> AsyncIterator[Application]:
    """Runs the application on a migrated database, with `changed` settings."""
    settings, client_id, secret = await prepared(database_url, folder, clock)
    async with _running(settings.changed(**changed), clock, client_id, secret) as application:
        yield application


@asynccontextmanager
async def running_peopled(
    database_url: str, folder: Path, clock: Clock, peopled: Peopling
) -> AsyncIterator[Application]:
    """Runs the application on a migrated database prepared by `peopled`, which runs only once per process."""
    settings, client_id, secret = await prepared(database_url, folder, clock, peopled)
    async with _running(settings, clock, client_id, secret) as application:
        yield application


@asynccontextmanager
async def _running(
    settings: Settings, clock: Clock, client_id: str, secret: str
) -> AsyncIterator[Application]:
    app = create_app(settings, clock=clock)
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=Conforming(app), base_url=ORIGIN) as http,
    ):
        yield Application(app, http, clock, client_id, secret)
