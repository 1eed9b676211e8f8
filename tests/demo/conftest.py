"""One demonstration for all tests of a worker, and a scripted browser at each of its systems."""

from collections.abc import Iterator

import pytest

from mshield.testkit.demo.browser import Browser
from tests.support.demonstration import Demonstration, demonstration_in


@pytest.fixture(scope="session")
def demonstration(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demonstration]:
    """All running parts of the demonstration."""
    with demonstration_in(tmp_path_factory.mktemp("demonstration")) as made:
        yield made


@pytest.fixture
def window(demonstration: Demonstration) -> Iterator[Browser]:
    """A browser at the Single Window, not logged in."""
    with Browser(demonstration.window.origin) as browser:
        yield browser


@pytest.fixture
def palm(demonstration: Demonstration) -> Iterator[Browser]:
    """The phone's browser at palm customs, not logged in."""
    with Browser(demonstration.palm.origin) as browser:
        yield browser
