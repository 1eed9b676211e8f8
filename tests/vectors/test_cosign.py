"""Every case of the protocol's vector file, one test each, and the file as a whole as `mshield selftest` runs it."""

import pytest

from mshield.gm import selftest
from mshield.gm.engine import load_engine
from tests.vectors.files import load

VECTORS = load("cosign.json")
ENGINES = ("botan", "openssl")
NAMES = [name for name, _ in selftest.cases(load_engine(), VECTORS)]
CASES = {name: dict(selftest.cases(load_engine(name), VECTORS)) for name in ENGINES}  # type: ignore[arg-type]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("library", ENGINES)
def test_case(library: str, name: str) -> None:
    CASES[library][name]()


@pytest.mark.parametrize("library", ENGINES)
def test_whole_file(library: str) -> None:
    report = selftest.run(load_engine(library), VECTORS)  # type: ignore[arg-type]
    assert report.failures == ()
    assert report.failed == 0
    assert report.passed == len(NAMES) == len(set(NAMES))


def test_all_sections_of_the_format_are_in_the_file() -> None:
    assert set(VECTORS) == set(selftest._SECTIONS)
