"""Phones that sign and log in for two business systems until SIGTERM: `python -m drill.load FOLDER EVENTS`.

Each event is a line of JSON in EVENTS. While the file FOLDER/pause exists, each phone finishes its current
operation and then waits. Some phones sometimes type a wrong PIN and count the answers they get.
"""

import json
import random
import signal
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from drill.phones import PIN, ROUNDS
from drill.plan import ORIGIN
from mshield.client import BusinessClient, Created, Document, Pc
from mshield.client.errors import ClientError, NetworkError, ProblemError
from mshield.gm.engine import Engine, load_engine
from mshield.testkit.phone import Approved, VirtualPhone
from mshield.testkit.phone.folder import Folder
from mshield.testkit.phone.vault import opened

THINK: Final = 1.5
"""Seconds between two operations of a phone, on average."""

_WRONG_PIN: Final = "428571"
_WRONG_EVERY: Final = 12
_WRONG_AT_MOST: Final = 19
"""Wrong PINs per phone: 50 lock it; of 50 phones, 10 type wrong PINs from one address, limited to 200 an hour."""

_TRIES: Final = 60
_RESULT_SECONDS: Final = 40.0
_PASSING: Final = frozenset({500, 502, 503, 504})
_AGAIN: Final = frozenset({"key_busy", "no_session", "stale", "qr_stale"})


@dataclass(slots=True)
class Events:
    """The file of events, and whether to continue."""

    path: Path
    pause: Path
    ended: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, event: str, **more: object) -> None:
        line = json.dumps({"at": round(time.time(), 3), "event": event, **more}, ensure_ascii=False)
        with self._lock, self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    def rest(self, number: int) -> None:
        """Waits during a pause."""
        if self.pause.exists():
            self("resting", phone=number)
            while self.pause.exists() and not self.ended.is_set():
                time.sleep(0.1)


@dataclass(slots=True)
class User:
    """One phone and its person."""

    number: int
    phone: VirtualPhone
    business: BusinessClient
    tell: Events
    wrong: int = 0
    done: int = 0

    def live(self) -> None:
        """Signs and logs in until the end."""
        chance = random.Random(self.number)  # noqa: S311  # the same pauses each time
        self.tell.ended.wait(THINK * chance.random())
        while not self.tell.ended.is_set():
            self.done += 1
            try:
                self._operate()
            except ClientError as error:
                self._failed("other", error, began=time.time())
                self.tell.ended.wait(0.3)
            self.tell.rest(self.number)
            self.tell.ended.wait(THINK * (0.5 + chance.random()))
        self.phone.close()

    def _operate(self) -> None:
        began, login = time.time(), self.done % 3 == 0
        pc = Pc(address=f"203.0.113.{self.number + 1}", browser="drill")
        try:
            if login:
                asked = self.business.request_login(pc=pc)
            else:
                content = f"报关单 {self.number} {self.done}".encode() * 20
                document = Document(title="报关单", media_type="text/plain", content=content)
                asked = self.business.request_signature([document], pc=pc)
        except ClientError as error:
            self._failed("ask", error, began=began)
            self.tell.ended.wait(0.3)
            return
        self.tell("asked", phone=self.number, id=asked.id, login=login)
        if not self._scan(asked, began):
            return
        if self.number % 5 == 0 and self.done % _WRONG_EVERY == 0 and self.wrong < _WRONG_AT_MOST:
            self._err(asked.id, began)
        approved = self._approve(asked.id, PIN, began)
        if approved is None:
            return
        signed = [document.sid.hex() for document in approved.documents]
        self.tell("signed", phone=self.number, began=round(began, 3), sids=signed)
        self._wait(asked.id, began)

    def _scan(self, asked: Created, began: float) -> bool:
        """Repeats the scan with the currently shown code until a final answer arrives."""
        for tried in range(_TRIES):
            try:
                self.phone.scan(asked.qr)
            except ClientError as error:
                self._failed("scan", error, began=began, tried=tried)
                if not _passes(error):
                    return False
            else:
                return True
            time.sleep(min(0.2 * (tried + 1), 1))
        return False

    def _err(self, request: str, began: float) -> None:
        """Types a wrong PIN once."""
        try:
            self._approve(request, _WRONG_PIN, began)
        except ProblemError as error:
            if error.code != "wrong_pin":
                raise
            self.wrong += 1
            self.tell("wrong_pin", phone=self.number)

    def _approve(self, request: str, pin: str, began: float) -> Approved | None:
        """Repeats until a final answer; None if the request has ended. Raises ProblemError `wrong_pin`."""
        for tried in range(_TRIES):
            try:
                return self.phone.approve(request, pin=pin)
            except ClientError as error:
                if error.code == "wrong_pin":
                    raise
                self._failed("approve", error, began=began, tried=tried)
                if not _passes(error):
                    return None
            time.sleep(min(0.2 * (tried + 1), 1))
        return None

    def _wait(self, request: str, began: float) -> None:
        for tried in range(_TRIES):
            try:
                status = self.business.wait_until_done(request, timeout=_RESULT_SECONDS)
                if status.state == "signed":
                    self.business.result(request)
            except ClientError as error:
                self._failed("result", error, began=began, tried=tried)
                if not _passes(error):
                    return
            else:
                self.tell("result", phone=self.number, began=round(began, 3), id=request, state=status.state)
                return
            time.sleep(min(0.2 * (tried + 1), 1))

    def _failed(self, step: str, error: ClientError, *, began: float, tried: int = 0) -> None:
        status = error.status if isinstance(error, ProblemError) else None
        self.tell(
            "error",
            phone=self.number,
            step=step,
            code=error.code,
            status=status,
            tried=tried,
            began=round(began, 3),
            detail=(error.detail or "")[:160],
        )


def _passes(error: ClientError) -> bool:
    """Returns whether a repeat may succeed, as an app or a page would try."""
    if isinstance(error, ProblemError):
        return error.status in _PASSING or error.code in _AGAIN
    return isinstance(error, NetworkError)


def _uid(folder: Path) -> str:
    with opened(Folder(folder), server=None, patience=1.0) as vault:
        return vault.state.at("key").uid.hex()


def users(folder: Path, tell: Events, engine: Engine) -> list[User]:
    """Returns all users with a phone in `folder`, alternating between the two business systems."""
    systems = [
        BusinessClient(ORIGIN, client_id=system["client_id"], client_secret=system["client_secret"])
        for system in json.loads((folder / "systems.json").read_text())
    ]
    numbers = sorted(int(path.name) for path in (folder / "phones").iterdir())
    made = []
    for number in numbers:
        place = folder / "phones" / str(number)
        tell("phone", phone=number, uid=_uid(place))
        phone = VirtualPhone(place, ORIGIN, engine=engine, pin_rounds=ROUNDS)
        made.append(User(number, phone, systems[number % len(systems)], tell))
    return made


def main() -> None:
    """Runs each user in a thread."""
    folder, path = Path(sys.argv[1]), Path(sys.argv[2])
    tell = Events(path, folder / "pause")
    signal.signal(signal.SIGTERM, lambda *_: tell.ended.set())
    threads = [threading.Thread(target=user.live, daemon=True) for user in users(folder, tell, load_engine())]
    for thread in threads:
        thread.start()
    tell.ended.wait()
    for thread in threads:
        thread.join(_RESULT_SECONDS)


if __name__ == "__main__":
    main()
