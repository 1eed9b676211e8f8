"""Server CPU time per login by OpenID Connect, by step.

The steps are authorize, the page's stream, scan, PIN, return with the code, token and userinfo. The service
runs as a real process; browser, phone and business system run in this process, and their work isn't counted.
The page's script and style aren't fetched, because a browser has them cached.
"""

import asyncio
import base64
import hashlib
import json
import re
import secrets
from collections.abc import AsyncIterator
from dataclasses import asdict, dataclass, field
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx
import msgspec
import psutil

from benches.cpu import database_cpu, process_cpu
from benches.http_signing import WARM_UP
from benches.logins import options_of
from benches.ready_service import DatabaseName, phones_of, ready_service
from tests.support.live_service import LiveService
from tests.support.postgresql import Server
from tests.support.raw_cosigning import Answer, Attacker

BOUND_MS: Final = 8.0
"""Bound of issue 4 for the service and its database together."""

STEPS: Final = ("authorize", "scan", "sign", "back", "token", "userinfo")
_REDIRECT: Final = "http://localhost/callback"
_PAGE: Final = re.compile(r'data-resume="([^"]+)".*?request="([^"]+)" token="([^"]+)"', re.DOTALL)


@dataclass(frozen=True, slots=True)
class Measured:
    """CPU milliseconds per login: the service's by step, and PostgreSQL's in total."""

    database: str
    steps: dict[str, float]
    database_cpu: float

    @property
    def both(self) -> float:
        """Returns the CPU time of service and database."""
        return sum(self.steps.values()) + self.database_cpu


@dataclass(slots=True)
class Login:
    """One login in progress: a phone, a browser of its own, and the business system's server."""

    phone: Attacker
    business: httpx.AsyncClient
    client_id: str
    cookies: httpx.Cookies = field(default_factory=httpx.Cookies)
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    found: dict[str, str] = field(default_factory=dict)
    messages: dict[bytes, bytes] = field(default_factory=dict)
    watching: AsyncIterator[str] | None = None

    async def authorize(self) -> None:
        """Loads the page in the browser, and its stream with the QR codes."""
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest())
        answer = await self.business.get(
            "/oidc/authorize",
            params={
                "client_id": self.client_id,
                "response_type": "code",
                "redirect_uri": _REDIRECT,
                "scope": "openid profile mshield",
                "state": "s",
                "nonce": "n",
                "code_challenge": challenge.rstrip(b"=").decode(),
                "code_challenge_method": "S256",
            },
        )
        match = _PAGE.search(answer.text)
        assert match is not None, answer.text
        self.cookies = httpx.Cookies(answer.cookies)
        self.found = {"done": match[1], "request": match[2], "status": match[3]}
        self.watching = self._events()
        self.found["qr"] = await anext(self.watching)

    async def _events(self) -> AsyncIterator[str]:
        """Yields the first QR code, then everything until the stream ends."""
        path = f"/api/pc/requests/{self.found['request']}/events"
        bearer = {"Authorization": f"Bearer {self.found['status']}"}
        async with self.business.stream("GET", path, headers=bearer, auth=None) as stream:
            event = ""
            async for line in stream.aiter_lines():
                name, _, value = line.partition(": ")
                if name == "event":
                    event = value
                elif name == "data" and event == "qr":
                    yield json.loads(value)["texts"][0]

    async def scan(self) -> None:
        """Scans the QR code with the phone."""
        self.messages = await self.phone.scan(self.found["qr"])

    async def sign(self) -> None:
        """Opens a session, computes the phone's half and finishes; the page's stream ends."""
        session = await self.phone.open(self.messages)
        assert not isinstance(session, Answer), session
        answer = await self.phone.finish(self.phone.finish_body(session, self.phone.right_share))
        assert answer.code == "ok", answer
        otp = bytes.fromhex(answer.document["otp"])
        self.phone.key = msgspec.structs.replace(self.phone.key, otp=otp, rn=secrets.token_bytes(32))
        assert self.watching is not None
        async for _ in self.watching:
            pass

    async def back(self) -> None:
        """Follows the redirect to the business system with the code."""
        answer = await self.business.get(self.found["done"], cookies=self.cookies)
        self.found["code"] = parse_qs(urlsplit(answer.headers["location"]).query)["code"][0]

    async def token(self) -> None:
        """Fetches the tokens as the business system."""
        data = {
            "grant_type": "authorization_code",
            "code": self.found["code"],
            "redirect_uri": _REDIRECT,
            "code_verifier": self.verifier,
        }
        answer = await self.business.post("/oidc/token", data=data)
        answer.raise_for_status()
        self.found["token"] = answer.json()["access_token"]

    async def userinfo(self) -> None:
        """Fetches who logged in."""
        bearer = {"Authorization": f"Bearer {self.found['token']}"}
        answer = await self.business.get("/oidc/userinfo", headers=bearer, auth=None)
        answer.raise_for_status()


def measure(database: DatabaseName, *, logins: int) -> Measured:
    """Measures a service with its default engine."""
    with ready_service("auto", database, MSHIELD_REQUESTS_PER_ADDRESS="1000000") as (service, server):
        service.command("oidc", "client", "set", service.system["client_id"], "--redirect-uri", _REDIRECT)
        return asyncio.run(_measure(service, server, logins))


async def _measure(service: LiveService, server: Server | None, logins: int) -> Measured:
    assert service.process is not None
    process, phones = psutil.Process(service.process.pid), phones_of(service)
    limits = httpx.Limits(max_connections=100, max_keepalive_connections=100)
    credentials = httpx.BasicAuth(service.system["client_id"], service.system["client_secret"])
    async with httpx.AsyncClient(
        base_url=service.origin, auth=credentials, trust_env=False, timeout=60, limits=limits
    ) as business:
        await _log_in(phones, business, service, process, WARM_UP)
        in_database = database_cpu(server)
        spent = await _log_in(phones, business, service, process, logins)
        in_database = database_cpu(server) - in_database
    for phone in phones:
        await phone.http.aclose()
    done = logins // len(phones) * len(phones)
    return Measured(
        database="sqlite" if server is None else "postgresql",
        steps={step: 1e3 * seconds / done for step, seconds in spent.items()},
        database_cpu=1e3 * in_database / done,
    )


async def _log_in(
    phones: list[Attacker],
    business: httpx.AsyncClient,
    service: LiveService,
    process: psutil.Process,
    count: int,
) -> dict[str, float]:
    """Returns the service's CPU seconds by step: one login per phone at a time, each step for all before the next."""
    spent = dict.fromkeys(STEPS, 0.0)
    for _ in range(count // len(phones)):
        logins = [Login(phone, business, service.system["client_id"]) for phone in phones]
        for step in STEPS:
            before = process_cpu(process)
            await asyncio.gather(*(_taken(login, step) for login in logins))
            spent[step] += process_cpu(process) - before
    return spent


async def _taken(login: Login, step: str) -> None:
    call: Any = getattr(login, step)
    await call()


def table(results: list[Measured]) -> str:
    """Formats the results as a text table."""
    head = (
        f"{'database':<11}" + "".join(f"{step:>10}" for step in STEPS) + f"{'DB':>7} {'both':>7} {'bound':>6}"
    )
    lines = [
        "milliseconds of CPU per login; authorize: with the page's stream; DB: PostgreSQL's own; both: service and DB",
        head,
    ]
    lines += [
        f"{each.database:<11}"
        + "".join(f"{each.steps[step]:10.2f}" for step in STEPS)
        + f"{each.database_cpu:7.2f} {each.both:7.2f} {BOUND_MS:6.1f}"
        for each in results
    ]
    return "\n".join(lines)


def main() -> None:
    """Measures both databases and prints a table, or JSON with `--json`."""
    databases, logins, as_json = options_of(__doc__)
    results = [measure(database, logins=logins) for database in databases]
    print(json.dumps([asdict(each) for each in results], indent=2) if as_json else table(results))


if __name__ == "__main__":
    main()
