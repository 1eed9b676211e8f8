"""All vectors of views, as run by `mshield selftest --views`, and the shipped views."""

import json

import pytest

from mshield.views import draw, read_view, selftest
from mshield.views.shipped import NAMES, shipped_view
from tests.vectors.files import FOLDER

VIEWS = FOLDER / "views"


def _file(name: str) -> bytes:
    return (VIEWS / name).read_bytes()


def test_all_vectors_pass() -> None:
    report = selftest.run(_file)
    assert report.failures == ()
    assert report.passed == len(json.loads(_file("index.json"))["cases"]) == 226


def test_a_case_that_is_wrong_or_faulty_fails() -> None:
    """Another answer, a missing file, an unknown kind; and changed shipped views."""
    index = json.loads(_file("index.json"))
    good = index["cases"][0]
    index["cases"] = [
        good,
        good | {"name": "other", "expect": {"at": "", "error": "content"}},
        good | {"name": "gone", "content": "gone"},
        good | {"name": "kind", "kind": "paint"},
        7,
    ]

    def files(name: str) -> bytes:
        if name == "index.json":
            return json.dumps(index).encode()
        return _file(name.replace("shipped/contract.view", "shipped/declaration.view"))

    report = selftest.run(files)
    assert (report.passed, report.failed) == (1, 5)
    assert [failure.partition(":")[0] for failure in report.failures] == [
        "other",
        "gone",
        "kind",
        "4",
        "shipped",
    ]
    with pytest.raises(selftest.NotVectors):
        selftest.run(lambda _: b"{}")


def test_shipped_views_equal_the_vectors() -> None:
    digests = json.loads(_file("shipped/digests.json"))
    assert set(NAMES) == set(digests)
    for name in NAMES:
        view = read_view(shipped_view(name))
        drawn = draw(view, _file(f"shipped/contents/{digests[name]['content']}"))
        assert view.digest.hex() == digests[name]["view"]
        assert drawn.digest.hex() == digests[name]["drawn"]


def test_the_example_of_the_documentation_draws() -> None:
    page = (FOLDER.parent / "docs" / "views.md").read_text("utf-8")
    view = read_view(page.partition("```json\n")[2].partition("```")[0].encode())
    content = (
        '<order version="2" currency="EUR"><number>7</number><seller><name>A</name></seller><date>2026-01-02</date>'
        '<total>3</total><items><item><name>x</name><count unit="kg">1</count><price>3.00</price></item></items>'
        "<internal>s</internal></order>"
    )
    answer = draw(view, content.encode()).answer
    assert (answer["list"], answer["rest"]) == ({"number": "7", "party": "A"}, [])
    assert answer["not_shown"] == [{"path": "internal", "count": 1}]
