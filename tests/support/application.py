"""The whole application in this process, over a database: as a phone and as a business system would call it.

The clock is the test's. A phone here has its key and its token; its co-signing side is in `tests/support/signing.py`.
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

from mshield.client.dpop import DeviceKey, proof
from mshield.demo.people import OPERATOR, Person
from mshield.domain import ids
from mshield.domain.actor import SERVICE
from mshield.domain.ids import new_id
from mshield.domain.qr import qr_text
from mshield.domain.staff import StaffRole, StaffScope
from mshield.domain.tokens import token_hash
from mshield.gateways.filing_files import read_filing
from mshield.gm.engine import load_engine
from mshield.keys.keyring import load_keyring
from mshield.keys.master import generate_master_key
from mshield.keys.secrets import load_lookup_key
from mshield.keys.sources import MasterKeyFile
from mshield.main import create_app
from mshield.services.ca.init import CaNames, init_ca
from mshield.services.context import Context
from mshield.services.filing.import_list import ImportFiling
from mshield.services.staff.members import StaffMember, add_staff, list_staff
from mshield.services.staff.session import csrf_token, new_token
from mshield.services.staff.tokens import Wanted, add_token
from mshield.services.systems.register import register_system
from mshield.settings import Settings
from mshield.store.database.opening import open_database
from mshield.store.staff import sessions as staff_sessions
from mshield.store.staff.sessions import NewSession
from tests.support.captchas import answered_captcha
from tests.support.clock import Clock
from tests.support.conformance import Conforming
from tests.support.consents import AGREED
from tests.support.kept_states import Begun, PostgresqlState, SqliteState
from tests.support.return_url import RETURN_URL

CODE_CAPTCHAS: Final = "/api/phone/sms-codes/captchas"
ORIGIN: Final = "http://shield.example"
EXAMPLES: Final = Path(__file__).parents[2] / "examples"
"""Where the example's filing records and declaration are."""


def qr_of(created: Mapping[str, Any], seconds: int = 0) -> str:
    """The text of the QR code so many seconds after the request was made, from the answer that made it."""
    return qr_text(created["qr_origin"], created["id"], bytes.fromhex(created["qr_secret"]), seconds)


@dataclass(slots=True)
class Device:
    """A phone as the service sees it: a P-256 key and, once logged in, a token."""

    http: httpx.AsyncClient
    clock: Clock
    key: DeviceKey = field(default_factory=DeviceKey.generate)
    token: str | None = None

    async def call(
        self, method: str, path: str, document: object = None, *, nonce: str | None = None
    ) -> httpx.Response:
        """One call with a right proof."""
        body = b"" if document is None else json.dumps(document).encode()
        return await self.send(method, path, body, self.proof(method, path, body, nonce=nonce))

    async def send(self, method: str, path: str, body: bytes, made: str | None) -> httpx.Response:
        """One call with this proof."""
        headers = {"Content-Type": "application/json"}
        if made is not None:
            headers["DPoP"] = made
        if self.token is not None:
            headers["Authorization"] = f"DPoP {self.token}"
        return await self.http.request(method, path, content=body, headers=headers)

    def proof(
        self, method: str, path: str, body: bytes, *, nonce: str | None = None, now: int | None = None
    ) -> str:
        """A right proof for a call."""
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
        """Its services."""
        context: Context = self.app.state.context
        return context

    def device(self) -> Device:
        """A new phone."""
        return Device(self.http, self.clock)

    async def business(
        self, method: str, path: str, document: object = None, **headers: str
    ) -> httpx.Response:
        """A business system's call."""
        return await self.http.request(
            method, path, json=document, auth=(self.client_id, self.client_secret), headers=headers
        )

    async def staff(self, *roles: StaffRole) -> StaffMember:
        """A new member of staff."""
        number = len(await list_staff(self.context.db))
        return await add_staff(self.context.db, name=f"员工 {number}", roles=roles, now=self.clock())

    async def staff_token(self, *roles: StaffRole) -> str:
        """A token of a new member of staff, with all that a token can have."""
        return await self.token_of((await self.staff(*roles)).id, *roles)

    async def token_of(self, staff_id: str, *roles: StaffRole) -> str:
        """A token of this member."""
        scopes = tuple(StaffScope) if StaffRole.FILING_OFFICER in roles else ()
        wanted = Wanted(name="夜间导入", roles=roles, scopes=scopes, days=90)
        made = await add_token(self.context.db, staff_id, wanted, by=SERVICE, now=self.clock())
        return made.token

    async def session_of(self, staff_id: str) -> dict[str, str]:
        """The headers of a session of this member's that began now, without the acts of a login."""
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
        """The newest code for this purpose."""
        for message in (await self.http.get("/dev/sms.json")).json():
            if message["purpose"] == purpose:
                return str(message["code"])
        raise AssertionError(f"no code for {purpose}")

    async def code_form(self, phone: str, purpose: str = "register") -> dict[str, str]:
        """What asks for a code without a login, with the work of a captcha."""
        shown = await answered_captcha(self.http, CODE_CAPTCHAS)
        return {"phone": phone, "purpose": purpose, **shown}

    async def ask_for_code(self, phone: str, purpose: str = "register", **headers: str) -> httpx.Response:
        """Has one sent without a login."""
        form = await self.code_form(phone, purpose)
        return await self.http.post("/api/phone/sms-codes", json=form, headers=headers)

    async def registered(self, person: Person = OPERATOR) -> None:
        """The example's operator, or another of its people, has an account."""
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
        """A phone of the operator, or of another."""
        device = self.device()
        shown = await answered_captcha(self.http)
        document = {"account": person.phone, "password": person.password, **shown}
        answer = await device.call("POST", "/api/phone/sessions", document)
        assert answer.status_code == 201, answer.text
        device.token = answer.json()["access_token"]
        return device

    async def application_form(self, device: Device, **changes: str) -> dict[str, str]:
        """The data page, rightly filled in, with a fresh SMS code."""
        self.clock.advance(seconds=61)  # between two codes
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
"""What somebody does with the application before a test begins."""


@dataclass(frozen=True)
class _Kept:
    """What the first preparation of a kind made."""

    state: SqliteState | PostgresqlState
    files: dict[str, bytes]
    """Beside the database: master key and high water, by their places in the folder."""
    client_id: str
    secret: str
    last_id: tuple[int, int]
    """What the last id was made of: those of the same time come after it in the next database too."""
    until: int
    """What the clock said in the end."""


_KEPT: Final[dict[tuple[str, int, Peopling | None], _Kept]] = {}
"""By kind of database, time, and what was done then."""


@cache
def _settings(_: frozenset[tuple[str, str]]) -> Settings:
    """A test's, but for its places; read once for what the environment says of them."""
    return Settings(
        mode="demo",
        captcha_work=4,
        sms_codes_before_picture=1000,
        return_schemes=("palmcustoms",),
        jobs="off",  # a test runs the job that it is about
        database_pool=4,
        public_origin=ORIGIN,
    )


def _environment() -> frozenset[tuple[str, str]]:
    return frozenset(item for item in os.environ.items() if item[0].upper().startswith("MSHIELD_"))


async def prepared(
    database_url: str, folder: Path, clock: Clock, peopled: Peopling | None = None
) -> tuple[Settings, str, str]:
    """Master key, CA, business system and the example's filing in a migrated database, and what `peopled` did.

    Gives the settings, and the business system's id and secret.
    """
    settings = _settings(_environment()).model_copy(
        update={
            "database": database_url,
            "master_key_file": folder / "master.key",
            "high_water_folder": folder / "high-water",
        }
    )
    kind = (database_url.partition(":")[0], clock(), peopled)
    kept = _KEPT.get(kind)
    if kept is not None and kept.state.put(database_url):
        for name, content in kept.files.items():
            file = folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_bytes(content)
            file.chmod(0o600)
        if ids._last[0] != kept.last_id[0] or ids._last < kept.last_id:
            ids._last = kept.last_id
        clock.now = kept.until
        return settings, kept.client_id, kept.secret
    MasterKeyFile(folder / "master.key").create(generate_master_key("aes"))
    begun = None if kept else Begun(database_url)
    client_id, secret = await _prepare(settings, clock)
    if peopled is not None:
        async with _running(settings, clock, client_id, secret) as application:
            await peopled(application)
    if begun is not None and (state := begun.done()) is not None:
        files = {name: (folder / name).read_bytes() for name in _files(folder)}
        _KEPT[kind] = _Kept(state, files, client_id, secret, ids._last, clock())
    return settings, client_id, secret


def _files(folder: Path) -> Iterator[str]:
    yield "master.key"
    yield from (f"high-water/{file.name}" for file in (folder / "high-water").glob("*"))


async def _prepare(settings: Settings, clock: Clock) -> tuple[str, str]:
    db, keyring = await open_database(settings.database), load_keyring(settings)
    try:
        await init_ca(db, keyring, load_engine(), settings, CaNames(), now=clock())
        lookup = await load_lookup_key(db, keyring, now=clock())
        records = read_filing((EXAMPLES / "filing.csv").read_bytes(), "filing.csv")
        await ImportFiling(db, keyring, lookup).apply(records, second_person="许安然", now=clock())
        return await register_system(
            db, name="单一窗口", domain="singlewindow.example", return_urls=(RETURN_URL,), now=clock()
        )
    finally:
        await db.close()


@asynccontextmanager
async def running(
    database_url: str, folder: Path, clock: Clock, **changed: object
) -> AsyncIterator[Application]:
    """The application over a migrated database, with `changed` settings."""
    settings, client_id, secret = await prepared(database_url, folder, clock)
    async with _running(settings.model_copy(update=changed), clock, client_id, secret) as application:
        yield application


@asynccontextmanager
async def running_peopled(
    database_url: str, folder: Path, clock: Clock, peopled: Peopling
) -> AsyncIterator[Application]:
    """The application over a migrated database, after what `peopled` did once in a process."""
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
