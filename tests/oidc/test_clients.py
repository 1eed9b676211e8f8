"""Registration: exact addresses, https except on this machine, and one authentication method per client."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import ECKey, OctKey

from mshield.server.errors import InvalidRequest, NotFound
from mshield.server.oidc.clients import OidcClient, list_clients, remove_client, set_client
from mshield.server.oidc.rows.clients import ClientRow
from mshield.server.oidc.rules import checked_redirect_uri, checked_uri, parameters_of
from mshield.server.systems.errors import InvalidClientKeys, InvalidClientUri
from mshield.server.systems.rows.systems import BusinessSystem
from mshield.server.systems.rules.business_system import OWN_CLIENT_ID
from tests.support.application import Application

_URI = "https://singlewindow.example/callback"


async def _set(application: Application, **changed: object) -> None:
    arguments: dict[str, object] = {
        "client_id": application.client_id,
        "redirect_uris": (_URI,),
        "logout_uris": (),
        "auth_method": "client_secret_basic",
        "jwks": None,
        "par_required": False,
        "now": application.clock(),
    }
    await set_client(application.context.db, **(arguments | changed))  # type: ignore[arg-type]  # fields by name


@pytest.mark.parametrize(
    "uri",
    [
        "http://singlewindow.example/callback",
        "https://singlewindow.example/callback#part",
        "https://*.example/callback",
        "https://user@singlewindow.example/",
        "https://singlewindow.example/\N{CJK UNIFIED IDEOGRAPH-4E00}",
        "https://",
        "https:///callback",
        "https://[::1/",
        "javascript:alert(1)",
        "data:text/html,x",
        "singlewindow://callback",
        "/callback",
        "",
        "https://singlewindow.example/ \n",
        "https://singlewindow.example:port/",
        "http://127.0.0.1.example/",
        "https://singlewindow.example/" + "a" * 500,
    ],
)
def test_forbidden_redirect_address_is_refused(uri: str) -> None:
    with pytest.raises(InvalidClientUri):
        checked_uri(uri)


@pytest.mark.parametrize(
    "uri",
    [_URI, "https://a.example", "http://localhost:3000/cb?x=1", "http://127.0.0.1/cb", "http://[::1]:8/"],
)
def test_allowed_redirect_address_is_accepted(uri: str) -> None:
    assert checked_redirect_uri(checked_uri(uri)) == uri


@pytest.mark.parametrize(
    "name", ["code", "state", "iss", "error", "error_description", "error_uri", "%73tate"]
)
def test_redirect_address_with_response_parameters_is_refused(name: str) -> None:
    for query in (f"{name}=x", f"x=1&{name}=", name):
        with pytest.raises(InvalidClientUri):
            checked_redirect_uri(f"{_URI}?{query}")
        assert checked_uri(f"{_URI}?{query}")  # allowed for logout
    assert checked_redirect_uri(f"{_URI}?x={name}&{name}s=1")


@given(other=st.one_of(st.text(max_size=40), st.sampled_from(["/", "?", "%20", ".", "a", "@evil.example"])))
def test_only_the_registered_address_matches(other: str) -> None:
    system = BusinessSystem("bs-1", "n", "d", bytes(32), "active")
    client = OidcClient(
        ClientRow(system, (_URI,), (), "client_secret_basic", None, par_required=False), now=0
    )
    assert client.check_redirect_uri(_URI)
    for wrong in (_URI + other, other, other + _URI, _URI.replace("callback", other), _URI.upper()):
        assert client.check_redirect_uri(wrong) == (wrong == _URI)


@given(
    st.lists(
        st.tuples(st.sampled_from(["state", "scope", "nonce", "redirect_uri", "x"]), st.text(max_size=20))
    )
)
def test_parameters_are_read_or_refused(pairs: list[tuple[str, str]]) -> None:
    try:
        found = parameters_of(pairs)
    except InvalidRequest:
        return
    assert all(value.isascii() and value.isprintable() for values in found.values() for value in values)


async def test_client_is_listed_changed_and_removed(application: Application) -> None:
    await _set(application)
    await _set(application, logout_uris=("https://singlewindow.example/",), par_required=True)
    (client,) = await list_clients(application.context.db)
    assert client["logout_uris"] == ["https://singlewindow.example/"]
    assert client["par_required"] is True
    await remove_client(application.context.db, client_id=application.client_id, now=application.clock())
    assert await list_clients(application.context.db) == []
    with pytest.raises(NotFound):
        await remove_client(application.context.db, client_id=application.client_id, now=application.clock())


async def test_invalid_client_registration_is_refused(application: Application) -> None:
    public = {"keys": [ECKey.generate_key("P-256").as_dict(private=False)]}
    private = {"keys": [ECKey.generate_key("P-256").as_dict(private=True)]}
    shared = {"keys": [OctKey.generate_key(256).as_dict()]}
    for keys in (None, "{}", "[]", "nonsense", json.dumps(private), json.dumps(shared)):
        with pytest.raises(InvalidClientKeys):
            await _set(application, auth_method="private_key_jwt", jwks=keys)
    with pytest.raises(InvalidClientKeys):
        await _set(application, jwks=json.dumps(public))
    with pytest.raises(InvalidRequest):
        await _set(application, redirect_uris=())
    with pytest.raises(InvalidClientUri):
        await _set(application, redirect_uris=(f"{_URI}?state=x",))
    with pytest.raises(InvalidRequest):
        await _set(application, auth_method="none")
    await application.context.requests.own_system(now=application.clock())
    for nobody in ("bs-unknown", OWN_CLIENT_ID):
        with pytest.raises(NotFound):
            await _set(application, client_id=nobody)
    await _set(application, auth_method="private_key_jwt", jwks=json.dumps(public))
