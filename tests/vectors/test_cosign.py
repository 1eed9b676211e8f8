"""Every case of the protocol's vector files, one test each, and each file as a whole as `mshield selftest` runs it."""

from typing import Any, Final

import pytest

from mshield.gm import selftest
from mshield.gm.engine import load_engine
from tests.vectors.files import load

FILES: Final = {name: load(name) for name in ("cosign.json", "cosign-hedge.json", "cosign-edges.json")}
ENGINES = ("botan", "openssl")
NAMES = [
    (file, name) for file, content in FILES.items() for name, _ in selftest.cases(load_engine(), content)
]
CASES: Final[dict[tuple[str, str], dict[str, Any]]] = {
    (library, file): dict(selftest.cases(load_engine(library), content))  # type: ignore[arg-type]
    for library in ENGINES
    for file, content in FILES.items()
}


@pytest.mark.parametrize(("file", "name"), NAMES)
@pytest.mark.parametrize("library", ENGINES)
def test_case(library: str, file: str, name: str) -> None:
    CASES[library, file][name]()


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("library", ENGINES)
def test_whole_file(library: str, file: str) -> None:
    report = selftest.run(load_engine(library), FILES[file])  # type: ignore[arg-type]
    names = [name for of, name in NAMES if of == file]
    assert report.failures == ()
    assert report.failed == 0
    assert report.passed == len(names) == len(set(names))


def test_all_sections_of_the_format_are_in_the_files() -> None:
    assert {section for content in FILES.values() for section in content} == set(selftest._SECTIONS)
