"""`mshield verify` and the page's verifier agree on faulty inputs: same verdict, step and code.

All inputs of a round go through node in one process.
"""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import strategies as st

from tests.fuzz import mutations
from tests.fuzz.running import SECONDS, drawn, keep, kept, rounds
from tests.fuzz.seeds import seeds
from tests.support.verifier_cases import Case, Verdict, by_page, by_python
from tests.unit.client.bundle import CONTENT, SIGNED_AT, VKEY
from tests.unit.pki.authority import DAY, NOW

pytestmark = pytest.mark.slow

_EACH: Final = 60
"""Inputs of each kind in a round of the short run."""
_ALL: Final = [each for kind in ("certificate", "crl", "ocsp_response", "cms") for each in seeds(kind)]
_ROOTS: Final = seeds("root")
_LEAF, _ISSUING, *_ = seeds("certificate")
_GOOD: Final = seeds("ocsp_response")[0]
_IN_BASE64: Final = (("signature", "signature_b64"), ("signature", "signed_attributes_b64"), ("signature", "cms_b64"),
    ("status", "ocsp_b64"), ("status", "ca_ocsp_b64"), ("log", "entry_b64"))  # fmt: skip


def _evidence(data: bytes) -> Case:
    return Case(
        name="evidence",
        kind="evidence",
        signature=data,
        roots=_ROOTS,
        log_keys=[str(VKEY)],
        at=SIGNED_AT + 3 * DAY,
    )


def _cms(data: bytes) -> Case:
    return Case(name="cms", kind="cms", signature=data, roots=_ROOTS, ocsp=_GOOD, content=CONTENT, at=NOW)


def _bare(name: str) -> Callable[[bytes], Case]:
    """Returns a maker of cases with this part changed."""
    good: dict[str, Any] = {
        "signature": seeds("signature")[0],
        "certificate": _LEAF,
        "content": CONTENT,
        "chain": [_ISSUING],
        "roots": _ROOTS,
    }

    def case(data: bytes) -> Case:
        part = [data] if name in {"chain", "crls"} else data
        return Case(name=name, kind="signature", at=NOW + 1000, **(good | {name: part}))

    return case


@st.composite
def _parts(draw: st.DrawFn) -> bytes:
    """Draws a bundle with one of its DER values, or its log entry, changed."""
    bundle = json.loads(draw(st.sampled_from(seeds("evidence"))))
    place, name = draw(st.sampled_from(_IN_BASE64))
    value = base64.b64decode(bundle[place][name] or "")
    strategy = mutations.changed if name == "entry_b64" else mutations.der
    bundle[place][name] = base64.b64encode(draw(strategy([value or b"\x05\x00"]))).decode()
    return json.dumps(bundle).encode()


_KINDS: Final[tuple[tuple[Callable[[bytes], Case], st.SearchStrategy[bytes]], ...]] = (
    (_evidence, mutations.json_text(seeds("evidence"))),
    (_evidence, _parts()),
    (_cms, mutations.der(seeds("cms"), _ALL)),
    (_bare("signature"), mutations.der(seeds("signature"))),
    (_bare("certificate"), mutations.der(seeds("certificate"), _ALL)),
    (_bare("chain"), mutations.der([_ISSUING], _ALL)),
    (_bare("ocsp"), mutations.der(seeds("ocsp_response"), _ALL)),
    (_bare("crls"), mutations.der(seeds("crl"), _ALL)),
)


def test_both_verifiers_agree(tmp_path: Path) -> None:
    cases = [
        *(Case.of(line.decode()) for line in kept("verdicts")),
        *map(_cms, mutations.each_place(seeds("cms")[0], depth=5)),
        *(
            _bare(name)(data)
            for name, good in (("certificate", _LEAF), ("ocsp", _GOOD))
            for data in mutations.each_place(good)
        ),
    ]
    assert not _different(cases, [by_python(case) for case in cases], tmp_path)
    seen: set[str] = set()
    for number in rounds():
        examples = 10 * _EACH if SECONDS else _EACH
        cases = [make(data) for make, inputs in _KINDS for data in drawn(inputs, number, examples)]
        verdicts = [by_python(case) for case in cases]
        different = _different(cases, verdicts, tmp_path)
        assert not different, f"FUZZ_SEED={number}:\n" + "\n".join(different)
        seen |= {verdict.verdict for verdict in verdicts}
    assert seen == {"valid", "invalid", "incomplete"}


def _different(cases: list[Case], verdicts: list[Verdict], folder: Path) -> list[str]:
    """Returns the differing answers; a long run stores the cases."""
    different = []
    for case, command, page in zip(cases, verdicts, by_page(cases, folder), strict=True):
        if command != page:
            line = case.line().encode()
            where = keep("verdicts", line) if SECONDS else line[:3000]
            different.append(f"{case.name}: command {command}, page {page}: {where!s}")
    return different
