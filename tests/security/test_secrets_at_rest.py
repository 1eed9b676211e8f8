"""No response, log line or table holds P1, d1, PIN, k1, k2 or a used SMS code in the clear.

A full run records the client's secret values. The test searches for each of them, raw and in each usual
encoding, in the whole database with its write-ahead log, in the service's log and in every answer.
"""

import base64
import contextlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import httpx
import psycopg
import pytest
from psycopg import sql

from mshield.client import Document, ProblemError
from mshield.gm import cosign
from mshield.server.database.interface import Database
from mshield.server.keys.keyring import Keyring
from mshield.testkit.demo.people import OPERATOR
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.vault import opened
from tests.support.clock import Clock
from tests.support.live_service import PIN_ROUNDS, LiveService, apply, log_in, register
from tests.support.postgresql import Server
from tests.support.signing import make_world

pytestmark = pytest.mark.slow  # starts its own service

_DOCUMENT: Final = Document(title="报关单", media_type="text/plain", content=b"126000 EUR")


@dataclass(slots=True)
class Watched:
    """Secret values by name, and all answers of the service."""

    secrets: dict[str, list[bytes]] = field(default_factory=dict)
    answers: list[tuple[str, bytes]] = field(default_factory=list)

    def note(self, name: str, *values: int | bytes) -> None:
        """Records a value that must not appear anywhere."""
        made = (value if isinstance(value, bytes) else value.to_bytes(32, "big") for value in values)
        self.secrets.setdefault(name, []).extend(made)


class RecordingTransport(httpx.HTTPTransport):
    """A transport that passes everything on and records the answers."""

    def __init__(self, watched: Watched) -> None:
        super().__init__()
        self._watched = watched

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        answer.read()
        self._watched.answers.append((f"{request.method} {request.url.path}", answer.content))
        return answer


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> Watched:
    """Records the secret values of the phone's side of the protocol, at the functions that make them."""
    seen = Watched()
    enrol, commit, finish = cosign.phone_enrol, cosign.phone_commit, cosign.phone_finish

    def noted_enrol(*args: Any, **kwargs: Any) -> cosign.PhoneEnrolment:
        made = enrol(*args, **kwargs)
        seen.note("d1", made.d1)
        seen.note("P1", made.P1, made.P1[1:33])
        seen.note("enrol proof", made.proof.A, made.proof.z)
        return made

    def noted_commit(*args: Any, **kwargs: Any) -> cosign.PhoneNonce:
        made = commit(*args, **kwargs)
        seen.note("k1", made.k1)
        seen.note("Q1", made.Q1, made.Q1[1:33])
        seen.note("rho", made.rho)
        return made

    def noted_finish(*args: Any, **kwargs: Any) -> cosign.Partial:
        made = finish(*args, **kwargs)
        seen.note("d1", kwargs["d1"])
        seen.note("s_prime", made.s_prime)
        return made

    monkeypatch.setattr(cosign, "phone_enrol", noted_enrol)
    monkeypatch.setattr(cosign, "phone_commit", noted_commit)
    monkeypatch.setattr(cosign, "phone_finish", noted_finish)
    return seen


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[LiveService]:
    live = LiveService(tmp_path, database_url)
    live.prepare()
    live.start()
    yield live
    live.stop()


def _full_run(service: LiveService, watched: Watched) -> None:
    """Registers, logs in, applies, signs with a wrong and the right PIN, logs out."""
    transport = RecordingTransport(watched)
    with VirtualPhone(
        service.folder / "phone", service.origin, pin_rounds=PIN_ROUNDS, transport=transport
    ) as phone:
        register(service, phone)
        log_in(service, phone)
        apply(service, phone)
        with service.business() as business:
            created = business.request_signature([_DOCUMENT])
            phone.scan(created.qr)
            with pytest.raises(ProblemError):
                phone.approve(pin="000000")
            phone.approve(pin=OPERATOR.pin)
            business.result(created.id)
        phone.certificate()
        phone.signatures()
        phone.logout()


def _spellings(value: bytes) -> set[bytes]:
    """Returns the value raw, in hex, base64 and decimal, as a careless line would contain it."""
    number = int.from_bytes(value)
    return {
        value,
        value.hex().encode(),
        value.hex().upper().encode(),
        base64.b64encode(value).rstrip(b"="),
        base64.urlsafe_b64encode(value).rstrip(b"="),
        str(number).encode(),
    }


def _assert_absent(place: str, haystack: bytes, watched: Watched) -> None:
    for name, values in watched.secrets.items():
        for value in values:
            for spelled in _spellings(value):
                assert spelled not in haystack, f"{place} holds {name}"


def _stands_alone(digits: str, text: bytes) -> bool:
    """Reports whether the six digits occur by themselves, not within a longer number or hex."""
    return re.search(rb"(?<![0-9A-Za-z])" + digits.encode() + rb"(?![0-9A-Za-z])", text) is not None


def test_a_full_run_leaves_no_secret_behind(
    service: LiveService, watched: Watched, request: pytest.FixtureRequest
) -> None:
    _full_run(service, watched)
    assert watched.secrets.keys() == {"d1", "P1", "enrol proof", "k1", "Q1", "rho", "s_prime"}
    outbox = [message["code"] for message in service.get("/dev/sms.json") if message["code"]]
    assert set(outbox) == {"******"}, "a used SMS code is blanked in the outbox"  # notices have no code
    service.stop()
    assert len(watched.answers) > 10
    places = [*watched.answers, ("the service's log", service.log.read_bytes()), *_stored(service, request)]
    used = [OPERATOR.pin, *service.codes]
    with opened(Folder(service.folder / "phone"), server=None, patience=10) as vault:
        public = vault.state.at("key").public
    assert any(public in content for _, content in places), "the search finds a known value"
    for place, content in places:
        _assert_absent(place, content, watched)
        assert OPERATOR.password.encode() not in content, place
    for place, content in [*watched.answers, *_stored_text(service), places[len(watched.answers)]]:
        for digits in used:
            assert not _stands_alone(digits, content), f"{place} holds {digits}"


def test_the_log_holds_no_personal_data(service: LiveService, watched: Watched) -> None:
    _full_run(service, watched)
    service.stop()
    log = service.log.read_text("utf-8")
    for secret in (OPERATOR.password, OPERATOR.id_number, OPERATOR.phone, OPERATOR.name):
        assert secret not in log
    assert "Traceback" not in log


def test_an_unused_sms_code_is_stored_as_a_hash(service: LiveService) -> None:
    with service.phone() as phone:
        phone.request_sms_code("register", phone=OPERATOR.phone)
    code = service.sms_code("register")
    for column, content in _stored_text(service):
        assert not _stands_alone(code, content), column


async def test_the_servers_nonce_and_share_are_in_no_table(
    db: Database, keyring: Keyring, clock: Clock, monkeypatch: pytest.MonkeyPatch, database_url: str
) -> None:
    """A session is open during the test, since k2 is stored only then."""
    watched = Watched()
    nonce = cosign.server_nonce

    def noted(*args: Any, **kwargs: Any) -> cosign.ServerNonce:
        made = nonce(*args, **kwargs)
        watched.note("k2", made.k2)
        watched.note("d2", kwargs["d2"])
        watched.note("Q2", made.Q2)
        return made

    monkeypatch.setattr(cosign, "server_nonce", noted)
    world = await make_world(db, keyring, clock)
    await world.open(await world.commit([await world.task()]))
    assert len(watched.secrets["k2"]) == 2
    assert len(watched.secrets["d2"]) == 2
    for column, content in _columns(database_url):
        _assert_absent(column, content.encode(), watched)


def _stored(service: LiveService, request: pytest.FixtureRequest) -> Iterator[tuple[str, bytes]]:
    """Yields the database as bytes: its files with the write-ahead log, and each column of each row."""
    if service.database.startswith("sqlite"):
        file = Path(service.database.removeprefix("sqlite:///"))
        parts = sorted(file.parent.glob(f"{file.name}*"))
    else:
        server: Server = request.getfixturevalue("postgresql_server")
        parts = sorted(part for part in (server.data / "pg_wal").iterdir() if part.is_file())
    for part in parts:
        with contextlib.suppress(FileNotFoundError):  # a checkpoint removed the file meanwhile
            yield part.name, part.read_bytes()
    yield from _stored_text(service)


def _stored_text(service: LiveService) -> Iterator[tuple[str, bytes]]:
    for column, text in _columns(service.database):
        yield column, text.encode()


def _columns(url: str) -> Iterator[tuple[str, str]]:
    """Yields each column of each table as one text, with blobs in hex."""
    if url.startswith("sqlite"):
        connection = sqlite3.connect(url.removeprefix("sqlite:///"))
        tables = [
            name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        ]
        for table in tables:
            cursor = connection.execute(f"SELECT * FROM {table}")  # noqa: S608  # names from the schema itself
            yield from _by_column(table, [each[0] for each in cursor.description], cursor.fetchall())
        connection.close()
        return
    with psycopg.connect(url) as pg:
        names = pg.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        )
        for (table,) in names.fetchall():
            rows = pg.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(table)))
            headings = [each.name for each in rows.description or ()]
            yield from _by_column(table, headings, rows.fetchall())


def _by_column(table: str, names: list[str], rows: list[tuple[Any, ...]]) -> Iterator[tuple[str, str]]:
    for place, name in enumerate(names):
        values = (row[place] for row in rows)
        texts = (value.hex() if isinstance(value, bytes) else f"'{value}'" for value in values)
        yield f"{table}.{name}", "\n".join(texts)
