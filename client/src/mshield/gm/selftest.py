"""Runs a vector file of the co-signing protocol against an engine: every section, every case, every value.

A missing section is skipped. An unknown section fails, so that a newer file is never half checked.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final

from mshield.gm.engine import Engine
from mshield.gm.errors import GmError
from mshield.gm.vectors import hedge, rejections, results
from mshield.gm.vectors.case import Case, CaseFailure, expect

PROTOCOL: Final = "MSHIELD/v1"
USER_ID: Final = "1234567812345678"


@dataclass(frozen=True, slots=True)
class Report:
    """Numbers of passed and failed cases; `failures` holds the name and reason of each failed one."""

    passed: int
    failed: int
    failures: tuple[str, ...]


def run(engine: Engine, vectors: Mapping[str, object]) -> Report:
    """Runs all cases of a parsed vector file. Never raises, whatever the file holds."""
    failures: list[str] = []
    passed = 0
    for name, check in cases(engine, vectors):
        reason = _reason(check)
        if reason is None:
            passed += 1
        else:
            failures.append(f"{name}: {reason}")
    return Report(passed, len(failures), tuple(failures))


def cases(engine: Engine, vectors: Mapping[str, object]) -> Sequence[tuple[str, Callable[[], None]]]:
    """Returns each case of the file as its name and a callable that raises `CaseFailure` or `GmError` on failure."""
    return [
        (label, partial(_run_case, engine, section, Case(value, vectors)))
        for section, content in vectors.items()
        for label, value in _labelled(section, content)
    ]


def _labelled(section: str, content: object) -> list[tuple[str, object]]:
    if section not in _SECTIONS or not isinstance(content, list):
        return [(section, content)]
    return [(_label(section, number, value), value) for number, value in enumerate(content)]


def _label(section: str, number: int, value: object) -> str:
    name = value.get("name") if isinstance(value, Mapping) else None
    return f"{section}[{number}]" + (f" {name}" if isinstance(name, str) else "")


def _run_case(engine: Engine, section: str, case: Case) -> None:
    check = _SECTIONS.get(section)
    if check is None:
        raise CaseFailure("unknown section")
    check(engine, case)


def _check_header(expected: str, _engine: Engine, case: Case) -> None:
    expect("the value", case.value, expected)


def _reason(check: Callable[[], None]) -> str | None:
    try:
        check()
    except CaseFailure as failure:
        return str(failure)
    except GmError as error:
        return f"{error.code}: {error}"
    except (ValueError, OverflowError) as error:
        # For example a nonce of zero, which no step accepts.
        return f"unusable value: {error}"
    return None


_SECTIONS: Final[Mapping[str, Callable[[Engine, Case], None]]] = {
    "protocol": partial(_check_header, PROTOCOL),
    "sm2_user_id": partial(_check_header, USER_ID),
    "hash": results.check_hash,
    "internal": results.check_internal,
    "enrolment": results.check_enrolment_case,
    "mask": results.check_mask,
    "signing": results.check_signing,
    "batch": results.check_batch,
    "refresh": results.check_refresh,
    "nonces": hedge.check_nonces,
    "server_share": hedge.check_server_share,
    "stored": hedge.check_stored,
    "share_box": hedge.check_share_box,
    "nonce_box": hedge.check_nonce_box,
    "rejected": rejections.check_finish,
    "rejected_proofs": rejections.check_enrolment_proof,
    "rejected_nonce_proofs": rejections.check_nonce_proof,
    "rejected_answers": rejections.check_answer_case,
    "rejected_batch": rejections.check_batch_finish,
    "rejected_scalars": rejections.check_scalar_case,
}
