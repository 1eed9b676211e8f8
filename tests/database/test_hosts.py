"""The hosts of an address, in each of libpq's forms."""

import pytest

from mshield.server.database.hosts import Host, hosts_of


@pytest.mark.parametrize(
    ("url", "hosts"),
    [
        ("postgresql://u:p@h1:1,h2:2/db?target_session_attrs=read-write", [("h1", 1), ("h2", 2)]),
        ("postgresql://u@h1,h2:2/db", [("h1", None), ("h2", 2)]),
        ("postgresql://u@/db?host=h1,h2&port=1,2", [("h1", 1), ("h2", 2)]),
        ("postgresql://u@/db?host=h1,h2&port=1", [("h1", 1), ("h2", 1)]),
        ("postgresql:///db?host=/run/postgresql", [("/run/postgresql", None)]),
        ("postgresql://u@%2Frun%2Fpostgresql/db", [("/run/postgresql", None)]),
        ("postgresql://u@[::1]:5433,[fe80::2]/db", [("::1", 5433), ("fe80::2", None)]),
        ("postgresql://u:a%40b,c@h1/db", [("h1", None)]),
        ("postgresql://u@/db", []),
        ("postgresql:///db", []),
    ],
)
def test_hosts_are_read_from_the_address(url: str, hosts: list[Host]) -> None:
    assert hosts_of(url) == hosts
