"""Webhooks and pushes go to no address of a cloud's own services, also where it lies in a public network."""

import pytest

from mshield.server.values.public_addresses import leads_inside, may_go_to

_OF_CLOUDS = ("168.63.129.16", "192.0.0.192", "192.0.0.8", "169.254.169.254", "100.100.100.200")


@pytest.mark.parametrize("address", _OF_CLOUDS)
def test_address_of_a_clouds_own_service_is_refused(address: str) -> None:
    assert not may_go_to(address)
    assert not may_go_to(f"::ffff:{address}")
    assert leads_inside(f"https://{address}/hook")


def test_neighbouring_address_is_allowed() -> None:
    assert may_go_to("168.63.129.17")
