"""Public names and texts change only on purpose: tests/architecture/names records them."""

import pytest

from tests.support.public_names import FOLDER, RECORDS, record


@pytest.mark.parametrize("name", RECORDS)
def test_public_names_and_texts_match_the_record(name: str) -> None:
    kept, now = (FOLDER / f"{name}.txt").read_text("utf-8").splitlines(), record(name).splitlines()
    lost, new = sorted(set(kept) - set(now)), sorted(set(now) - set(kept))
    assert kept == now, f"meant? then `make names`, and say why in the commit\n- {lost[:20]}\n+ {new[:20]}"
