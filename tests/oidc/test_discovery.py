"""The discovery data of a client, validated by Authlib's implementation of the standard."""

import asyncio
from typing import Any

from authlib.oidc.discovery import OpenIDProviderMetadata

from mshield.server.oidc.keys import LEAD_MS, READ_MS, OidcKeys
from mshield.wire.times import DAY_MS
from tests.support.application import ORIGIN, Application


async def test_discovery_document_conforms_to_the_standard(application: Application) -> None:
    answer = await application.http.get("/.well-known/openid-configuration")
    document = answer.json()
    assert document["issuer"] == ORIGIN
    assert answer.headers["cache-control"] == "public, max-age=3600"
    # The standard requires https, which the tests' origin isn't.
    secure: dict[str, Any] = {
        name: value.replace("http://", "https://", 1) if isinstance(value, str) else value
        for name, value in document.items()
    }
    # It also requires RS256, which nobody needs here: the tokens are ES256 (docs/adr/0022).
    secure["id_token_signing_alg_values_supported"].append("RS256")
    OpenIDProviderMetadata(secure).validate()


async def test_key_is_published_before_and_after_it_signs(application: Application) -> None:
    keys, clock = application.context.oidc.keys, application.clock
    first = (await keys.current(clock())).signing(clock()).kid
    second = (await keys.rotate(clock())).kid
    assert await _published(application) == [first, second]
    assert (await keys.current(clock())).signing(clock()).kid == first

    clock.advance(seconds=LEAD_MS // 1000)
    assert (await keys.current(clock())).signing(clock()).kid == second
    assert await _published(application) == [first, second]

    clock.advance(seconds=DAY_MS // 1000)
    assert await _published(application) == [second]


async def test_keys_hold_nothing_private(application: Application) -> None:
    (key,) = (await application.http.get("/oidc/jwks")).json()["keys"]
    assert key.keys() == {"kty", "crv", "x", "y", "kid", "use", "alg"}
    assert (key["kty"], key["crv"], key["use"], key["alg"]) == ("EC", "P-256", "sig", "ES256")


async def test_another_process_follows_within_a_minute(application: Application) -> None:
    context, clock = application.context, application.clock
    other = OidcKeys(context.db, context.keyring)
    first = (await other.current(clock())).signing(clock()).kid
    assert (await context.oidc.keys.current(clock())).signing(clock()).kid == first
    made = (await context.oidc.keys.rotate(clock(), at_once=True)).kid
    assert (await other.current(clock())).signing(clock()).kid == first
    clock.advance(seconds=READ_MS / 1000)
    assert (await other.current(clock())).signing(clock()).kid == made
    assert [each.kid for each in (await other.current(clock())).published(clock())] == [made]


async def test_concurrent_rotations_make_one_key(application: Application) -> None:
    context, now = application.context, application.clock()
    await context.oidc.keys.current(now)
    several = [OidcKeys(context.db, context.keyring) for _ in range(3)]
    made = await asyncio.gather(*(each.rotate(now) for each in several))
    assert len({each.kid for each in made}) == 1


async def test_rotating_twice_makes_one_key(application: Application) -> None:
    keys, now = application.context.oidc.keys, application.clock()
    assert (await keys.rotate(now)).kid == (await keys.rotate(now)).kid


async def test_leaked_key_is_dropped_at_once(application: Application) -> None:
    keys, now = application.context.oidc.keys, application.clock()
    leaked = (await keys.current(now)).signing(now).kid
    made = (await keys.rotate(now, at_once=True)).kid
    assert made != leaked
    assert await _published(application) == [made]
    assert (await keys.current(now)).signing(now).kid == made


async def test_job_rotates_when_due(application: Application) -> None:
    keys, clock, days = application.context.oidc.keys, application.clock, 90
    first = (await keys.current(clock())).signing(clock()).kid
    assert await keys.keep(clock(), days=days) == 0

    clock.advance(seconds=(days - 1) * DAY_MS // 1000)
    assert await keys.keep(clock(), days=days) == 1
    assert await keys.keep(clock(), days=days) == 0
    clock.advance(seconds=LEAD_MS // 1000)
    assert (await keys.current(clock())).signing(clock()).kid != first

    clock.advance(seconds=DAY_MS // 1000)
    assert await keys.keep(clock(), days=days) == 1  # the old key is dropped
    assert first not in await _published(application)


async def _published(application: Application) -> list[str]:
    return [key["kid"] for key in (await application.http.get("/oidc/jwks")).json()["keys"]]
