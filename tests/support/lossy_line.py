"""The whole application behind a line that loses given calls: the n-th request, or its response.

The application runs in its own thread; phones and business systems call it like any service.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal, TypeVar

import httpx
from stdnum.cn import ric

from mshield.client import BusinessClient
from mshield.server.database.interface import Database
from mshield.server.filing.external.files import read_filing
from mshield.server.filing.import_list import ImportFiling
from mshield.testkit.demo.people import Person
from mshield.testkit.phone import VirtualPhone
from mshield.testkit.phone.connection import Patience
from tests.support.application import ORIGIN, Application, running
from tests.support.clock import Clock
from tests.support.conformance import Conforming
from tests.support.second_person import SECOND
from tests.support.signing import fetch

Loss = Literal["request", "answer"]
CREDIT_CODE: Final = "91330206MA2XB7C1TW"
PIN_ROUNDS: Final = 1000
T = TypeVar("T")


class Line(httpx.BaseTransport):
    """Transport that passes calls to the application and loses the planned ones."""

    def __init__(self, loop: asyncio.AbstractEventLoop, transport: httpx.AsyncBaseTransport) -> None:
        self._loop, self._transport = loop, transport
        self.calls = 0
        self._lost: range = range(0)
        self._loss: Loss = "request"

    def lose(self, loss: Loss, *, call: int, calls: int = 1) -> None:
        """Loses `calls` calls from the `call`-th one (from 0) on."""
        self.calls, self._loss, self._lost = 0, loss, range(call, call + calls)

    def repair(self) -> None:
        """Loses nothing from now on."""
        self.lose("request", call=0, calls=0)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Handles one call."""
        number, self.calls = self.calls, self.calls + 1
        if number in self._lost and self._loss == "request":
            raise httpx.ConnectError("the request was lost")
        answer = asyncio.run_coroutine_threadsafe(self._carry(request), self._loop).result(30)
        if number in self._lost:
            raise httpx.ReadError("the answer was lost")
        return answer

    async def _carry(self, request: httpx.Request) -> httpx.Response:
        sent = httpx.Request(request.method, request.url, headers=request.headers, content=request.read())
        answer = await self._transport.handle_async_request(sent)
        assert isinstance(answer.stream, httpx.AsyncByteStream)
        body = b"".join([part async for part in answer.stream])
        return httpx.Response(answer.status_code, headers=answer.headers, content=body)


@dataclass(slots=True)
class Service:
    """The running application, the line to it, and filed people."""

    loop: asyncio.AbstractEventLoop
    application: Application
    line: Line
    clock: Clock
    folder: Path
    people: int = 0
    phones: list[VirtualPhone] = field(default_factory=list)

    def run(self, work: Any) -> Any:
        """Awaits a coroutine in the application's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(30)

    @property
    def db(self) -> Database:
        """Database of the application; use it by `run`."""
        return self.application.context.db

    def count(self, sql: str, *values: object) -> int:
        """Returns `n` of a query `SELECT COUNT(*) AS n …`."""
        return int(str(self.run(fetch(self.db, sql, *values))["n"]))

    def get(self, path: str) -> Any:
        """Returns the JSON of a development page."""
        return self.run(self.application.http.get(path)).json()

    def sms_code(self, person: Person, purpose: str) -> str:
        """Returns the newest code sent to this person."""
        for message in self.get("/dev/sms.json"):
            if (message["phone"], message["purpose"]) == (person.phone, purpose):
                return str(message["code"])
        raise AssertionError(f"no SMS code for {purpose}")

    def person(self) -> Person:
        """Adds another operator to the filing."""
        self.people += 1
        number = f"33020619900101{self.people:03d}"
        person = Person(
            name="王" + "甲乙丙丁戊己庚辛壬癸"[self.people % 10],
            id_number=number + ric.calc_check_digit(number + "0"),
            role="operator",
            credit_code=CREDIT_CODE,
            phone=f"1390000{self.people:04d}",
            password="Demo-declare-2026",
            pin="271828",
        )
        rows = read_filing(
            (
                "企业名称,统一社会信用代码,姓名,证件类型,证件号码,用户类型,手机号\n"
                f"宁波北潮进出口有限公司,{CREDIT_CODE},{person.name},居民身份证,{person.id_number},操作员,{person.phone}\n"
            ).encode(),
            "filing.csv",
        )
        context = self.application.context
        filing = ImportFiling(context.db, context.keyring, context.lookup)
        self.run(filing.apply(rows, second_person=SECOND, now=self.clock()))
        return person

    def phone(self) -> VirtualPhone:
        """Creates a phone on the line that doesn't wait between retries."""
        phone = VirtualPhone(
            self.folder / f"phone-{len(self.phones)}",
            ORIGIN,
            transport=self.line,
            clock=self.clock,
            sleep=lambda _seconds: None,
            patience=Patience(network_tries=3, finish_tries=3),
            pin_rounds=PIN_ROUNDS,
        )
        self.phones.append(phone)
        return phone

    def business(self) -> BusinessClient:
        """Returns the business system's client on the line."""
        application = self.application
        return BusinessClient(
            ORIGIN,
            client_id=application.client_id,
            client_secret=application.client_secret,
            transport=self.line,
            sleep=lambda _seconds: None,
        )


@contextmanager
def running_behind_a_lossy_line(database_url: str, folder: Path, **changed: object) -> Iterator[Service]:
    """Runs the application on a migrated database with `changed` settings, in its own thread."""
    loop, clock, stack = asyncio.new_event_loop(), Clock(), AsyncExitStack()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()

    async def open_() -> Application:
        return await stack.enter_async_context(running(database_url, folder, clock, **changed))

    try:
        application = asyncio.run_coroutine_threadsafe(open_(), loop).result(60)
        line = Line(loop, Conforming(application.app))
        service = Service(loop, application, line, clock, folder)
        yield service
        for phone in service.phones:
            phone.close()
        asyncio.run_coroutine_threadsafe(stack.aclose(), loop).result(60)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()
