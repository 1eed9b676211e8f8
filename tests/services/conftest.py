"""What tests of several services share."""

from collections.abc import Iterator
from contextlib import closing

import pytest

from tests.intruder import Intruder


@pytest.fixture
def intruder(database_url: str) -> Iterator[Intruder]:
    """Someone who changes the test's database behind the service's back."""
    with closing(Intruder(database_url)) as made:
        yield made
