"""Webhook rules: allowed addresses, retries, and content."""

import ipaddress
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mshield.server.values.public_addresses import is_fit, leads_inside, may_go_to, read_networks
from mshield.server.webhooks import rules
from mshield.server.webhooks.rules import WAITS_MS, body_of, wait_ms
from mshield.wire.times import HOUR_MS

_INSIDE = (
    "0.0.0.1", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.254", "169.254.169.254", "172.16.0.1",
    "172.31.255.255", "192.0.0.1", "192.0.2.1", "192.88.99.1", "192.168.1.1", "198.18.0.1", "198.51.100.1",
    "203.0.113.1", "224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255",
    "::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
    "64:ff9b::a00:1", "64:ff9b:1::1", "100::1", "2001::1", "2001:db8::1", "2001:10::1", "2002:7f00:1::1",
    "2002:808:808::1", "3fff::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%eth0", "2400:3200::1%eth0",
    "fec0::1", "ff02::1", "ff0e::1", "4000::1", "5f00::1",
)  # fmt: skip
_PUBLIC = ("8.8.8.8", "223.5.5.5", "2400:3200::1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8")


@pytest.mark.parametrize("address", _INSIDE)
def test_internal_addresses_are_refused(address: str) -> None:
    assert not may_go_to(address)


@pytest.mark.parametrize("address", _PUBLIC)
def test_public_addresses_are_accepted(address: str) -> None:
    assert may_go_to(address)


@pytest.mark.parametrize("text", ["", "localhost", "127.1", "0x7f000001", "2130706433", "1.2.3", "a:b"])
def test_invalid_addresses_are_refused(text: str) -> None:
    assert not may_go_to(text)


def test_operator_can_allow_internal_networks_in_any_spelling() -> None:
    allowed = read_networks(("10.1.0.0/16", "fd00:1::/32"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "64:ff9b::a01:203", "fd00:1::5"):
        assert may_go_to(address, allowed)
    for address in ("10.2.0.1", "::ffff:10.2.0.1", "fd00:2::5", "127.0.0.1"):
        assert not may_go_to(address, allowed)
    with pytest.raises(ValueError, match="host bits"):
        read_networks(("10.1.0.1/16",))


@pytest.mark.parametrize(
    "host",
    ["10.0.0.1", "169.254.169.254", "[::1]", "[fd00::1]", "[::ffff:10.0.0.1]", "localhost", "a.localhost", "localhost.",
     "127.1", "0x7f000001", "2130706433", "0300.0250.1.1"],
)  # fmt: skip
def test_internal_address_is_detected_at_registration(host: str) -> None:
    assert leads_inside(f"https://{host}:8443/x")


def test_public_addresses_names_and_allowed_networks_are_registered() -> None:
    for host in (
        "8.8.8.8",
        "[2400:3200::1]",
        "hooks.example.cn",
        "10.0.0.1.example.cn",
        "0x7f.example.cn",
        "134744072",
    ):
        assert not leads_inside(f"https://{host}/x")
    allowed = read_networks(("10.1.0.0/16", "127.0.0.0/8"))
    for host in ("10.1.2.3", "localhost", "127.1"):
        assert not leads_inside(f"https://{host}/x", allowed)
    assert leads_inside("https://10.2.0.1/", allowed)


@given(st.ip_addresses(v=4))
def test_embedded_address_is_checked_as_itself(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    public = may_go_to(str(address))
    assert may_go_to(str(ipaddress.IPv6Address((0xFFFF << 32) | number))) == public
    assert may_go_to(str(ipaddress.IPv6Address((0x64FF9B << 96) | number))) == public
    assert not may_go_to(str(ipaddress.IPv6Address((0x2002 << 112) | (number << 80))))
    assert not may_go_to(str(ipaddress.IPv6Address(number)))
    if public:
        assert address.is_global


@pytest.mark.parametrize(
    "url",
    [
        "https://hooks.example.cn/shield?x=1", "https://hooks.example.cn:8443", "https://[2400:3200::1]/a",
    ],
)  # fmt: skip
def test_acceptable_webhook_urls_pass(url: str) -> None:
    assert is_fit(url, http=False)
    assert is_fit(url.replace("https", "http"), http=True)
    assert not is_fit(url.replace("https", "http"), http=False)


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.cn", "ftp://a.cn/", "https://", "https:///a", "https://user@a.cn/", "https://u:p@a.cn/",
        "https://a.cn/#x", "https://a.cn/#", "https://a.cn:0/", "https://a.cn:99999/", "https://a.cn/ b", "https://a.cn/\n",
        "https://例.cn/", "https://[::1/", "https://a.cn/" + "x" * 512,
    ],
)  # fmt: skip
def test_unacceptable_webhook_urls_are_refused(url: str) -> None:
    assert not is_fit(url, http=True)


def test_retries_last_three_days_with_growing_delays() -> None:
    waits = [wait_ms(attempts, chance=0) for attempts in range(1, len(WAITS_MS) + 1)]
    assert waits == sorted(WAITS_MS)
    assert 72 * HOUR_MS <= sum(WAITS_MS) <= 80 * HOUR_MS
    assert wait_ms(len(WAITS_MS) + 1, chance=0) is None
    assert wait_ms(1, chance=1) == 5_500


def test_retry_after_is_respected_up_to_a_limit() -> None:
    assert wait_ms(1, chance=0, retry_after=120) == 120_000
    assert wait_ms(3, chance=0, retry_after=1) == WAITS_MS[2]
    assert wait_ms(1, chance=0, retry_after=10**9) == 24 * HOUR_MS


def test_webhook_body_has_type_time_and_data() -> None:
    body = body_of(request_id="r", kind="login", state="declined", reason="not_me", at=1_795_500_000_123)
    assert json.loads(body) == {
        "type": "request.declined",
        "timestamp": "2026-11-24T06:00:00.123Z",
        "data": {
            "id": "r",
            "kind": "login",
            "state": "declined",
            "reason": "not_me",
            "declined": [],
            "oidc": None,
        },
    }


def test_oidc_login_is_reported_with_its_clients_state() -> None:
    body = body_of(
        request_id="r",
        kind="login",
        state="signed",
        reason=None,
        oidc='{"state_sha256":null,"code_challenge":"c"}',
        at=0,
    )
    assert json.loads(body)["data"]["oidc"] == {"state_sha256": None, "code_challenge": "c"}


def test_an_event_is_named_by_the_state() -> None:
    assert rules.event_of("signed") == "request.signed"
