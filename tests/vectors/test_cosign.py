"""Every case of the protocol's vector files, as run by `mshield selftest`: failing ones are named."""

from typing import Final

import pytest

from mshield.gm import selftest
from mshield.gm.engine import load_engine
from tests.vectors.files import load

FILES: Final = {name: load(name) for name in ("cosign.json", "cosign-hedge.json", "cosign-edges.json")}
ENGINES = ("botan", "openssl")


@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize("library", ENGINES)
def test_every_case_of_a_file_passes(library: str, file: str) -> None:
    engine = load_engine(library)  # type: ignore[arg-type]  # a name of the parameters
    names = [name for name, _ in selftest.cases(engine, FILES[file])]
    report = selftest.run(engine, FILES[file])
    assert report.failures == (), "\n".join(report.failures)
    assert report.failed == 0
    assert report.passed == len(names) == len(set(names))


def test_all_sections_of_the_format_are_in_the_files() -> None:
    assert {section for content in FILES.values() for section in content} == set(selftest._SECTIONS)
