"""Addresses to which the phone app may return (R13), and the parameters that it adds to them."""

import pytest

from mshield.server.systems.errors import InvalidReturnUrl
from mshield.server.systems.rules.return_url import checked_return_url, return_address


@pytest.mark.parametrize(
    "url",
    [
        "https://palm.example/signed",
        "https://palm.example:8443/signed?from=shield&x=1",
        "http://localhost:8000/signed",
        "http://127.0.0.1/signed",
        "http://[::1]:8000/signed",
        "palmcustoms://signed",
        "cn.gov.customs.palm://back/signed",
        "palmcustoms:///signed",
    ],
)
def test_r13_web_addresses_and_schemes_of_apps(url: str) -> None:
    assert checked_return_url(url, ("palmcustoms", "cn.gov.customs.palm")) == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "palm.example/signed",
        "//palm.example/signed",
        "http://palm.example/signed",
        "https:///signed",
        "https://palm.example/signed#done",
        "https://user@palm.example/signed",
        "https://*.palm.example/signed",
        "https://palm.example/sig ned",
        "https://palm.example/签名",
        "https://palm.example/\nsigned",
        "https://palm.example:port/",
        "https://[palm.example/",
        "https://palm.example/?state=signed",
        "https://palm.example/?request=1",
        "https://palm.example/?return_code",
        "https://palm.example/" + "a" * 512,
        "javascript:alert(1)",
        "javascript://palm.example/%0aalert(1)",
        "JavaScript://palm.example/%0aalert(1)",
        "PalmCustoms://signed",
        "data:text/html,x",
        "data://text/html,x",
        "file:///etc/passwd",
        "blob:https://palm.example/1",
        "vbscript://x",
        "about://blank",
        "intent://signed/;scheme=palmcustoms;end",
        "view-source://palm.example",
        "content://x/y",
        "tel://10086",
        "smb://nas.example/share",
        "vnc://10.0.0.1",
        "ldap://10.0.0.1/o=x",
        "git://palm.example/x",
        "search-ms://query=x",
        "ms-settings://network",
        "x-safari-https://palm.example",
        "weixin://signed",
        "HTTPS://palm.example/signed",
        "palmcustoms:signed",
        "palmcustoms://",
        "palmcustoms:///",
        "p://signed",
        "9palm://signed",
    ],
)
def test_r13_other_addresses_are_refused(url: str) -> None:
    with pytest.raises(InvalidReturnUrl):
        checked_return_url(url, ("palmcustoms",))


@pytest.mark.parametrize(
    ("url", "address"),
    [
        ("https://palm.example/signed", "https://palm.example/signed?request=1&state=signed&return_code=a-_"),
        ("https://palm.example/?x=1", "https://palm.example/?x=1&request=1&state=signed&return_code=a-_"),
        ("palmcustoms://signed", "palmcustoms://signed?request=1&state=signed&return_code=a-_"),
    ],
)
def test_r13_result_is_added_to_the_query(url: str, address: str) -> None:
    assert return_address(url, request_id="1", state="signed", return_code="a-_") == address


def test_r13_unsigned_request_has_no_code() -> None:
    address = return_address("palmcustoms://signed", request_id="1", state="declined", return_code=None)
    assert address == "palmcustoms://signed?request=1&state=declined"
