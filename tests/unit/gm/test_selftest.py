import copy
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from mshield.gm import selftest
from mshield.gm.engine import load_engine

FILE = Path(__file__).parents[3] / "vectors" / "cosign.json"
VECTORS: dict[str, Any] = json.loads(FILE.read_text(encoding="utf-8"))
ENGINE = load_engine()


def one_of_each() -> dict[str, Any]:
    """Returns the file with the first case of each section; the refresh needs the signings it refers to."""
    small = {name: value[:1] if isinstance(value, list) else value for name, value in VECTORS.items()}
    small["signing"] = VECTORS["signing"][:3]
    return copy.deepcopy(small)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if children is None:
        yield path
        return
    for key, child in children:
        yield from leaves(child, (*path, key))


def parent(file: Any, path: tuple[Any, ...]) -> Any:
    for step in path[:-1]:
        file = file[step]
    return file


def changed(value: Any, where: int) -> Any:
    """Returns another value of the same form."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, str) and value and set(value) <= set("0123456789abcdef"):
        index = where % len(value)
        return value[:index] + f"{int(value[index], 16) ^ 1:x}" + value[index + 1 :]
    return "x" if value is None else value + "x"


PATHS = [path for path in leaves(one_of_each()) if path[-1] not in {"name", "protocol", "sm2_user_id"}]


def test_small_file_passes() -> None:
    report = selftest.run(ENGINE, one_of_each())
    assert report.failures == ()
    assert report.passed == 2 + 13 + 2  # headers, one case per section, and two more signings


def decides(path: tuple[Any, ...]) -> bool:
    """Changes to a rejected case keep it faulty; only its claimed error or validity can become wrong."""
    return not path[0].startswith("rejected") or path[-1] in {"error", "signature_valid"}


@pytest.mark.parametrize("path", [path for path in PATHS if decides(path)], ids=str)
def test_every_value_matters_and_the_failing_case_is_named(path: tuple[Any, ...]) -> None:
    file = one_of_each()
    where = random.Random(str(path)).randrange(1000)  # noqa: S311  which digit is changed
    holder = parent(file, path)
    holder[path[-1]] = changed(holder[path[-1]], where)
    only = {name: content for name, content in file.items() if name == path[0] or name == "signing"}
    report = selftest.run(ENGINE, only)
    assert report.failed >= 1, file[path[0]]
    assert any(failure.startswith(f"{path[0]}[{path[1]}]") for failure in report.failures)


@pytest.mark.parametrize("section", [name for name in VECTORS if name.startswith("rejected")])
def test_a_fault_that_is_repaired_fails(section: str) -> None:
    """Correct values in a section of rejections are reported as accepted."""
    signing, batch = VECTORS["signing"][0], VECTORS["batch"][0]
    session = [{key: item[key] for key in ("sid", "e", "c", "k2")} for item in batch["items"]]
    items = [{key: item[key] for key in ("sid", "Q1", "rho", "s_prime")} for item in batch["items"]]
    repaired: dict[str, Any] = {
        "rejected": {key: signing[key] for key in VECTORS["rejected"][0] if key in signing},
        "rejected_proofs": {key: VECTORS["enrolment"][0][key] for key in ("uid", "sid", "P1", "A", "z")},
        "rejected_nonce_proofs": {
            key: signing[key] for key in ("sid", "uid", "epoch", "c", "e", "Q2", "A", "z")
        },
        "rejected_answers": {key: signing[key] for key in ("P", "e", "Q", "r", "s")}
        | {"signature_valid": True},
        "rejected_batch": {key: batch[key] for key in ("P", "d1", "d2", "uid", "epoch")}
        | {"session": session, "items": items},
        "rejected_scalars": "00" * 31 + "05",
    }
    case = repaired[section]
    if isinstance(case, dict):
        case |= {"name": "repaired", "error": VECTORS[section][0]["error"]}
    report = selftest.run(ENGINE, {section: [case]})
    assert report.failed == 1
    assert "accepted" in report.failures[0]


def test_missing_sections_are_not_run() -> None:
    assert selftest.run(ENGINE, {}) == selftest.Report(0, 0, ())
    report = selftest.run(ENGINE, {"refresh": VECTORS["refresh"][:1]})
    assert (report.passed, report.failed) == (1, 0)


def test_unknown_section_fails() -> None:
    report = selftest.run(ENGINE, {"hash": VECTORS["hash"], "surprise": []})
    assert report == selftest.Report(1, 1, ("surprise: unknown section",))


def test_another_protocol_or_user_id_fails() -> None:
    report = selftest.run(ENGINE, {"protocol": "MSHIELD/v2", "sm2_user_id": "1"})
    assert report.passed == 0
    assert [failure.split(":")[0] for failure in report.failures] == ["protocol", "sm2_user_id"]


@pytest.mark.parametrize("content", [{}, None, "text", 5, [None], [5], ["zz"], [[]], [{}]])
@pytest.mark.parametrize("section", [name for name in VECTORS if isinstance(VECTORS[name], list)])
def test_content_of_another_shape_fails(section: str, content: Any) -> None:
    report = selftest.run(ENGINE, {section: content})
    assert (report.passed, report.failed) == (0, 1)
    assert report.failures[0].startswith(section)


@pytest.mark.parametrize("section", [name for name in VECTORS if isinstance(VECTORS[name], list)])
def test_missing_and_additional_fields_fail(section: str) -> None:
    case = VECTORS[section][0]
    if not isinstance(case, dict):
        return
    small = one_of_each()
    for field in case:
        less = {key: value for key, value in case.items() if key != field}
        if field == "message" and section == "signing":
            continue
        assert selftest.run(ENGINE, {"signing": small["signing"], section: [less]}).failed >= 1, field
    more = case | {"surprise": 1}
    assert "surprise" in selftest.run(ENGINE, {section: [more]}).failures[0]


@pytest.mark.parametrize("form", ["upper", "space", "prefix", "number"])
def test_hex_is_strict(form: str) -> None:
    case = copy.deepcopy(VECTORS["enrolment"][0])
    d1 = case["d1"]
    case["d1"] = {"upper": d1.upper(), "space": d1 + " ", "prefix": "0x" + d1, "number": int(d1, 16)}[form]
    assert "d1 is not lower-case hex" in selftest.run(ENGINE, {"enrolment": [case]}).failures[0]


def test_unusable_values_fail_without_raising() -> None:
    zero_nonce = VECTORS["signing"][0] | {"k1": "00" * 32}
    zero_share = VECTORS["enrolment"][0] | {"d1": "00" * 32}
    endless = VECTORS["mask"][0] | {"pbkdf2_rounds": 1 << 80}
    unnamed_tag = VECTORS["hash"][0] | {"tag": "é"}
    file = {"signing": [zero_nonce], "enrolment": [zero_share], "mask": [endless], "hash": [unnamed_tag]}
    report = selftest.run(ENGINE, file)
    assert (report.passed, report.failed) == (0, 4)


def test_a_file_with_other_values_of_the_same_format_runs() -> None:
    file = {name: VECTORS[name][-2:] for name in VECTORS if isinstance(VECTORS[name], list)}
    file["signing"] = VECTORS["signing"]
    assert selftest.run(ENGINE, file).failures == ()
