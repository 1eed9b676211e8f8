"""The page's verifier and the service's own reader agree on time stamps: on vectors and on changed ones."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.support.time_stamps import Case, by_page, by_python, vectors

pytestmark = pytest.mark.slow


def changed(case: Case) -> Iterator[Case]:
    draw = random.Random(case.name)  # noqa: S311  no secret
    for number in range(60):
        at = draw.randrange(len(case.answer))
        other = bytearray(case.answer)
        if number % 3:
            other[at] ^= 1 << draw.randrange(8)
        else:
            other[at : at + draw.randrange(4)] = draw.randbytes(draw.randrange(4))
        yield replace(case, name=f"{case.name} {number}", answer=bytes(other))


def test_both_verifiers_agree_on_time_stamps(tmp_path: Path) -> None:
    good = [case for case, is_good in vectors() if is_good]
    cases = [case for case, _ in vectors()] + [other for case in good for other in changed(case)]
    cases += [replace(good[0], name="stranger", roots=[]), replace(good[0], name="early", now=0)]
    judged = by_page(cases, tmp_path)
    assert len(judged) == len(cases)
    told = [(case.name, by_python(case), page) for case, page in zip(cases, judged, strict=True)]
    assert not [one for one in told if one[1] != one[2]]
