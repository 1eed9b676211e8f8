"""Calls that growth.py sends to an empty and a filled service: signatures, logins, published data, lists, searches."""

import datetime as dt
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from itertools import cycle
from typing import Final, cast

import httpx

from benches import growth_population as population
from benches.http_signing import Signature
from benches.logins import Login
from mshield.pki.certificates.certificate import parse_certificate
from mshield.pki.revocation.ocsp import CertId, build_ocsp_request
from mshield.server.certificates.rows import counts
from mshield.server.certificates.rules.renewal import half_year_after
from mshield.server.certificates.words import read_words
from mshield.server.context import Context
from mshield.server.database.queries import Queries
from mshield.server.filing.people_pages import Words
from mshield.server.legal_person.lists import PeopleTerms, ShieldTerms
from mshield.server.legal_person.session import ManagedEnterprise
from mshield.server.staff.list_acts import ActTerms
from mshield.server.values.id_numbers import END
from tests.support.live_service import LiveService
from tests.support.raw_cosigning import Attacker
from tests.support.signing import fetch

_ZONE: Final = dt.UTC
_UNLOCKS: Final = Queries("signing", "unlocks")
"""Unwrapped queries, because the population's keys have no seals."""
_STATES: Final = ("active", "expiring", "expired", "pin_locked", "revoked", "superseded")

Call = Callable[[], Awaitable[int | None]]
"""A call; returns the number of lines if it is a list."""


class Whole(Signature):
    """A signature from the request to its result."""

    __slots__ = ()

    async def whole(self) -> None:
        """Runs all steps."""
        await self.create()
        await self.scan()
        await self.sign()
        await self.result()


def one_by_one(kind: type[Whole | Login], phones: list[Attacker], business: httpx.AsyncClient) -> Call:
    """Returns a call that makes a complete signature or login, with the next phone each time so that none waits."""
    turns = cycle(phones)

    async def call() -> None:
        await kind(next(turns), business).whole()

    return call


@asynccontextmanager
async def published(service: LiveService, context: Context) -> AsyncIterator[list[tuple[str, Call]]]:
    """Yields the public calls: the unchanged revocation list, and the status of a certificate."""
    row = await fetch(
        context.db,
        "SELECT der FROM certificates WHERE shield_number = (SELECT MIN(shield_number) FROM devices WHERE id IN"
        " (SELECT device_id FROM phone_sessions)) AND der IS NOT NULL",
    )
    leaf = parse_certificate(cast("bytes", row["der"]))
    issuer = context.authorities.chain_of(leaf)[0]
    question = build_ocsp_request([CertId.of(issuer, leaf.serial)])
    kind = {"Content-Type": "application/ocsp-request"}
    async with httpx.AsyncClient(base_url=service.origin, trust_env=False, timeout=300) as http:
        first = (await http.get("/pki/issuing.crl")).raise_for_status()
        known = {"If-None-Match": first.headers["ETag"]}

        async def unchanged() -> None:
            await http.get("/pki/issuing.crl", headers=known)

        async def ask() -> None:
            (await http.post("/pki/ocsp", content=question, headers=kind)).raise_for_status()

        yield [("revocation list, unchanged", unchanged), ("OCSP answer", ask)]


def _among(context: Context, what: str, words: Words) -> tuple[str, Call]:
    """Returns a search in the list that `what` starts with."""

    async def accounts() -> None:
        await context.accounts.search.page(words, limit=50)

    async def filed() -> None:
        await context.filing.search.page(words, limit=50)

    async def sms() -> None:
        numbers, _ = await context.staff.resolve_people.numbers(words)
        end = words.end if words.end is None or len(words.end) == END else None
        await context.notices.sms.page(
            numbers=numbers, end=end, state=None, purpose=None, before=None, most=51
        )

    async def acts() -> None:
        list_acts = context.staff.acts
        await list_acts(ActTerms(subjects=await list_acts.subjects(words)), before=None, most=51)

    calls = {"accounts": accounts, "on file": filed, "SMS": sms, "acts": acts}
    return what, calls[what.partition(":")[0]]


def lists(context: Context, who: int) -> list[tuple[str, Call]]:
    """Returns the portal's and console's calls about this person of the population and their enterprise."""
    search, lists = context.certificates.search, context.legal_person.lists
    enterprise = ManagedEnterprise(*population.enterprise_of(who))

    def find(words: str, state: str | None = None) -> Call:
        async def call() -> int:
            terms, end = read_words(words)
            lines, _ = await search.page(replace(terms, state=state), end=end, limit=50, now=context.clock())
            return len(lines)

        return call

    async def portal_people() -> int:
        return len(await lists.people(enterprise, PeopleTerms(), after="", limit=50, now=context.clock()))

    async def portal_shields() -> int:
        shields = await lists.shields(enterprise, ShieldTerms(), limit=50, now=context.clock())
        await lists.count_shields(enterprise, now=context.clock())
        return len(shields)

    async def overview() -> None:
        now = context.clock()
        assert await counts.stored(context.db, due=half_year_after(now, _ZONE), now=now)

    async def opened_app() -> int:
        return int(await context.db.one(_UNLOCKS["shield_of_device"], jkt=f"j{who}") is not None)

    name, firm = population.name_of(who), enterprise.name
    return [
        ("phone: shield of a device", opened_app),
        ("portal: people", portal_people),
        ("portal: shields with their count", portal_shields),
        ("console: overview's count", overview),
        ("console: newest certificates", find("")),
        *((f"console: state {state}", find("", state)) for state in _STATES),
        ("find: a whole name", find(name)),
        ("find: surname", find(name[0])),
        ("find: given name", find(name[1:])),
        ("find: a name that doesn't exist", find("查无此人")),
        ("find: two characters of a firm's name", find(firm[2:4])),
        ("find: a word common to all firms", find("国际贸易")),
        ("find: a firm and a state", find(firm, "revoked")),
        ("find: end of a shield number", find(population.shield_of(who)[-4:])),
        ("find: end of an id number", find(population.id_number_of(who)[-6:])),
        ("find: a shield number", find(population.shield_of(who))),
        *(
            _among(context, f"{where}: {what}", words)
            for where in ("accounts", "on file", "SMS", "acts")
            for what, words in (
                ("a whole name", Words(name=name)),
                ("surname", Words(name=name[0])),
                ("a firm's two characters", Words(name=firm[2:4])),
                ("what all firms have", Words(name="国际贸易")),
                ("end of a shield number", Words(end=population.shield_of(who)[-4:])),
                ("end of an id number", Words(end=population.id_number_of(who)[-6:])),
                ("end of a phone number", Words(end=population.phone_of(who)[-4:])),
                ("a phone number", Words(end=population.phone_of(who))),
            )
        ),
    ]
