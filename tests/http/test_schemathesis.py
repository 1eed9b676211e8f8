"""Any input to any operation gets an answer documented in its audience's OpenAPI document, and never a 500.

Cases are generated from each audience's document, valid and invalid, half of them with valid credentials.
Answers and accepted inputs are validated against the document. Time is bounded. In addition, characters that
no database stores are put in each place of each call.
"""

import asyncio
import base64
import re
import threading
import uuid
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pydantic import SecretStr
from schemathesis import APIOperation, Case, GenerationMode
from schemathesis.core.result import Ok

from mshield.server.accounts.rows.accounts import find_account
from mshield.server.acts.actor import By
from mshield.server.context import Context
from mshield.server.filing.read_list import MEDIA_TYPES
from mshield.server.http.audiences import AUDIENCES
from mshield.server.http.openapi.documents import Documents
from mshield.server.legal_person.session import csrf_token
from mshield.server.main import create_app
from mshield.server.runtime.clocks.clock import wall_clock
from mshield.server.settings.settings import Settings, read_settings
from mshield.server.staff import session as staff_session
from mshield.server.staff.rows import members as staff
from mshield.server.staff.rules import StaffRole
from mshield.testkit.demo.people import LEGAL_PERSON, OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.dpop import proof
from mshield.wire.identity import Way
from tests.fuzz.running import SECONDS, SEED
from tests.http.odd_characters import WRITTEN, odd_calls
from tests.support.conformance import check
from tests.support.databases import TEMPLATE
from tests.support.live_service import PIN_ROUNDS, LiveService, apply, log_in, register
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Attacker
from tests.unit.gateways.provider import provider

pytestmark = pytest.mark.slow

T = TypeVar("T")
_EXAMPLES: Final = 20 + round(3 * SECONDS)
"""Number of examples per operation; `make fuzz` makes as many more as time allows."""

_FAILED: Final = 500
_APP: Final = create_app(Settings())
_DOCUMENTS: Final[Documents] = _APP.state.documents
_PAGES: Final = [route.path for route in _APP.all_routes if route.audience is None]
_OPERATIONS: Final[dict[str, APIOperation[Any, Any, Any, Any]]] = {
    f"{audience}: {result.ok().label}": result.ok()
    for audience in AUDIENCES
    for result in schemathesis.openapi.from_dict(_DOCUMENTS.of(audience)).get_all_operations()
    if isinstance(result, Ok)
}
# Last, since it ends the login that the other operations use.
_LABELS: Final = sorted(_OPERATIONS, key=lambda label: ("DELETE" in label, label))


@schemathesis.serializer("application/ocsp-request", "application/timestamp-query", *MEDIA_TYPES.values())
def _octets(context: object, value: Any) -> bytes:
    """Encodes any generated value as bytes: data that is no OCSP request or list matters too."""
    made = getattr(value, "data", value)
    return made if isinstance(made, bytes) else str(made).encode()


class Running:
    """An event loop in a thread of its own.

    It runs while cases are generated, which takes seconds: otherwise the application would regard its own
    statement as hanging, cancel it, and refuse the next calls.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop

    def __call__(self, task: Coroutine[Any, Any, T]) -> T:
        """Runs the coroutine; returns or raises what it does."""
        return asyncio.run_coroutine_threadsafe(task, self._loop).result()


@contextmanager
def running() -> Iterator[Running]:
    """Yields a loop that runs until the block ends."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        yield Running(loop)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@dataclass(slots=True)
class InProcess:
    """The application in this process, with a phone's and a business system's credentials."""

    run: Running
    context: Context
    client: httpx.AsyncClient
    live: LiveService
    attacker: Attacker
    legal_person: str
    request_id: str
    sid: str
    shield_number: str
    staff_token: str
    person: str
    """Session of a member of staff."""

    ended_id: str
    """Id of an ended request, whose stream ends at once."""

    def known(self, operation: APIOperation[Any, Any, Any, Any]) -> dict[str, str]:
        """Returns path parameters of existing objects."""
        return {
            "ca": "issuing",
            "uid": self.attacker.key.uid.hex(),
            "sid": self.sid,
            "request_id": self.ended_id if operation.path.endswith("/events") else self.request_id,
            "credit_code": OPERATOR.credit_code,
            "shield_number": self.shield_number,
        }

    def credentials(
        self, operation: APIOperation[Any, Any, Any, Any], request: requests.PreparedRequest
    ) -> dict[str, str]:
        """Returns the credentials that the operation needs."""
        schemes = {name for each in operation.definition.raw.get("security", []) for name in each}
        if "status_token" in schemes:
            watched = urlsplit(request.url or "").path.split("/")[4]
            return {
                "Authorization": f"Bearer {self.context.requests.follow.secrets.status_token(unquote(watched))}"
            }
        if schemes & {"business", "oidc_client"}:
            system = self.live.system
            pair = f"{system['client_id']}:{system['client_secret']}".encode()
            return {"Authorization": f"Basic {base64.b64encode(pair).decode()}"}
        if "staff" in schemes and operation.method.upper() == "GET":
            return {"Authorization": f"Bearer {self.staff_token}"}
        cookies = {
            "console": (self.person, staff_session.csrf_token),
            "portal": (self.legal_person, csrf_token),
        }
        for name, (session, csrf_of) in cookies.items():
            if name in schemes:
                return {"Cookie": f"mshield-{name}={session}", "X-CSRF-Token": csrf_of(session)}
        if "phone" not in schemes and not operation.path.startswith("/api/phone/sessions"):
            return {}
        url = (request.url or "").partition("?")[0]
        token = self.attacker.token if "phone" in schemes else None
        made = proof(
            self.attacker.device,
            method=request.method or "",
            url=url,
            body=_body(request),
            now=wall_clock(),
            token=token,
        )
        return {"DPoP": made} | ({"Authorization": f"DPoP {token}"} if token else {})


# PostgreSQL is the stricter database: it refuses values that SQLite columns accept (NUL, too wide a number, a
# text for a number), never the other way round. The code before the store is the same.
@pytest.fixture(scope="module")
def application(tmp_path_factory: pytest.TempPathFactory, postgresql_server: Server) -> Iterator[InProcess]:
    folder, name = tmp_path_factory.mktemp("schemathesis"), f"test_{uuid.uuid4().hex}"
    with provider() as there:
        there.answer = b'{"Code": "OK"}'
        yield from _application(folder, postgresql_server.create(name, template=TEMPLATE), there.address)
        postgresql_server.drop(name)


def _application(folder: Path, database: str, sms_endpoint: str) -> Iterator[InProcess]:
    live = LiveService(folder, database)
    live.prepare()
    live.start()
    with (
        VirtualPhone(folder / "phone", live.origin, pin_rounds=PIN_ROUNDS) as phone,
        live.business() as business,
    ):
        register(live, phone)
        log_in(live, phone)
        apply(live, phone)
        register(live, phone, LEGAL_PERSON)
        shield_number = phone.status().shield_number or ""
        scanned = phone.scan(business.request_login().qr)
        ended = business.request_login()
        business.cancel(ended.id)
    live.command(
        "oidc",
        "client",
        "set",
        live.system["client_id"],
        "--redirect-uri",
        "https://singlewindow.example/callback",
    )
    live.stop()
    with pytest.MonkeyPatch.context() as patch:
        for name, value in live.environment().items():
            if name.startswith("MSHIELD_"):
                patch.setenv(name, value)
        app = create_app(
            read_settings().changed(
                mode="production",
                loopback=True,
                sms_gateway="aliyun",
                sms_key_id="an id",
                sms_key_secret=SecretStr("a secret"),
                sms_sign_name="手机盾",
                sms_templates={"code": "SMS_1"},
                sms_endpoint=sms_endpoint,
            )
        )
    roles = (argument for role in StaffRole for argument in ("--role", role.value))
    arguments = tuple(roles)
    member = live.command("staff", "add", "管理员", *arguments)
    scopes = (*("--scope", "filing_import"), *("--scope", "filing_export"))
    program = live.command("staff", "token", "add", member["id"], "--name", "程序", *arguments, *scopes)
    attacker = Attacker.of(folder / "phone", live.origin, OPERATOR.pin)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    with running() as run:
        lifespan = app.router.lifespan_context(app)
        run(lifespan.__aenter__())
        client = httpx.AsyncClient(transport=transport)
        yield InProcess(
            run,
            app.state.context,
            client,
            live,
            attacker,
            run(_portal_session(app.state.context)),
            scanned.request_id,
            scanned.tasks[0].sid,
            shield_number,
            program["token"],
            run(_console_session(app.state.context, member["id"])),
            ended.id,
        )
        run(client.aclose())
        run(attacker.http.aclose())
        run(lifespan.__aexit__(None, None, None))


async def _portal_session(context: Context) -> str:
    account = await find_account(context.db, phone=LEGAL_PERSON.phone)
    assert account is not None
    proofs, now, by = context.identity.proofs, wall_clock(), By("user", account.id)
    (person,) = await proofs.provable_by_phone(context.db, account.id)
    await context.db.write(
        lambda tx: proofs.record_once(tx, account.id, person.person_id, Way.FILED_PHONE, by=by, now=now)
    )
    return (await context.legal_person.sessions.open(account.id, now=now)).token


async def _console_session(context: Context, staff_id: str) -> str:
    row = await staff.find(context.db, staff_id=staff_id)
    assert row is not None
    place, now = staff_session.Place("127.0.0.1", "Firefox"), wall_clock()
    opened = await context.db.write(
        lambda tx: context.staff.sessions.open(tx, row, place, factor="totp", now=now)
    )
    return opened.token


@pytest.mark.parametrize("label", _LABELS)
def test_no_input_makes_the_service_fail(application: InProcess, label: str) -> None:
    operation = _OPERATIONS[label]
    cases = st.one_of(
        operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
        operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
    )

    # A fixed seed except in `make fuzz`: a change must not fail by chance.
    @seed(SEED)
    @hypothesis_settings(
        max_examples=_EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=cases, real_path=st.booleans(), authentic=st.booleans())
    def run(*, case: Case[Any], real_path: bool, authentic: bool) -> None:
        if real_path:
            case.path_parameters.update(
                {
                    name: value
                    for name, value in application.known(operation).items()
                    if name in case.path_parameters
                }
            )
            case.query.pop("wait", None)  # no signature comes while the test waits
        _send(application, operation, case, authentic=authentic)

    run()


@pytest.mark.parametrize("label", _LABELS)
def test_no_odd_character_makes_the_service_fail(application: InProcess, label: str) -> None:
    operation = _OPERATIONS[label]
    method = operation.method.upper()
    for address, headers, body in odd_calls(operation, application.known(operation)):
        request = requests.Request(method, application.live.origin, data=body).prepare()
        request.url = application.live.origin + address  # unchanged: `requests` would normalise it
        given = application.credentials(operation, request)
        for sent in (given | headers, headers):
            request.headers = requests.structures.CaseInsensitiveDict(sent)
            _answered(application, request)


@pytest.mark.parametrize("path", _PAGES)
def test_no_odd_character_makes_a_page_fail(application: InProcess, path: str) -> None:
    for odd in WRITTEN:
        url = re.sub(r"\{[^}]+\}", odd, path) + f"?on={odd}&lang={odd}&t={odd}&c={odd}&request={odd}"
        answer = application.run(application.client.get(application.live.origin + url))
        assert answer.status_code < _FAILED, f"{url}: {answer.status_code} {answer.text[:500]}"


def _send(
    application: InProcess, operation: APIOperation[Any, Any, Any, Any], case: Case[Any], *, authentic: bool
) -> None:
    kwargs = case.as_transport_kwargs(base_url=application.live.origin)
    try:
        request = requests.Request(
            **{
                name: kwargs.get(name)
                for name in ("method", "url", "headers", "params", "json", "data", "cookies")
            }
        ).prepare()
    except (requests.RequestException, UnicodeError, ValueError):
        return  # can't be sent by HTTP
    if authentic:
        request.headers.update(application.credentials(operation, request))
    _answered(application, request)


def _answered(application: InProcess, request: requests.PreparedRequest) -> None:
    answer = application.run(
        application.client.request(
            request.method or "", request.url or "", content=_body(request), headers=_headers(request)
        )
    )
    told = f"{request.method} {request.url} {request.body!r}: {answer.status_code} {answer.text[:500]}"
    assert answer.status_code < _FAILED, told
    check(answer.request, _body(request), answer)


def _body(request: requests.PreparedRequest) -> bytes:
    if request.body is None:
        return b""
    assert isinstance(request.body, str | bytes), "nothing here streams"
    return request.body.encode() if isinstance(request.body, str) else request.body


def _headers(request: requests.PreparedRequest) -> list[tuple[bytes, bytes]]:
    return [(_latin(name), _latin(value)) for name, value in request.headers.items()]


def _latin(text: str | bytes) -> bytes:
    return text if isinstance(text, bytes) else text.encode("latin-1")
