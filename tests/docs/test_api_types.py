"""The front end calls the service by the types of today's API."""

import pytest

from tests.support.api_types import AUDIENCES, FOLDER, api_types


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_front_ends_types_are_those_of_the_service(audience: str) -> None:
    written = (FOLDER / f"{audience}.ts").read_text("utf-8")
    assert written == api_types(audience), "run `make api`"
