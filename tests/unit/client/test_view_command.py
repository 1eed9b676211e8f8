"""`mshield view` and `mshield selftest --views`, as an author of views uses them."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mshield.cli.main import main

VIEWS = Path(__file__).parents[3] / "vectors" / "views"
SHIPPED = VIEWS / "shipped"
DECLARATION = SHIPPED / "declaration.view.json"
CONTENT = SHIPPED / "contents" / "declaration.xml"


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["--lang", "en", *map(str, arguments)])


def test_check_names_the_rule_that_is_broken(tmp_path: Path) -> None:
    (bad := tmp_path / "bad.view.json").write_bytes(
        DECLARATION.read_bytes().replace(b'"version": 1', b'"version": 0')
    )
    good = run("view", "check", *sorted(SHIPPED.glob("*.view.json")))
    assert good.exit_code == 0
    assert "example/import-declaration 1 9660970f2cf54808" in good.stdout
    both = run("view", "check", DECLARATION, bad, "--json")
    assert both.exit_code == 1
    first, second = json.loads(both.stdout)
    assert (first["id"], first["version"]) == ("example/import-declaration", 1)
    assert (second["error"], "version" in second["reason"]) == ("bad_view", True)


def test_draw_prints_the_display_or_the_signed_bytes(tmp_path: Path) -> None:
    digests = json.loads((SHIPPED / "digests.json").read_bytes())
    drawn = run("view", "draw", DECLARATION, CONTENT)
    assert drawn.exit_code == 0
    assert drawn.stdout.splitlines()[:2] == ["进口货物报关单", "各项总价之和 (computed): 126,000.00 EUR"]
    assert f"SM3 {digests['declaration']['drawn']}" in drawn.stdout
    octets = run("view", "draw", DECLARATION, CONTENT, "--json").stdout_bytes
    assert octets == (VIEWS / "real-declaration.expect.json").read_bytes()
    (other := tmp_path / "other.xml").write_text("<other/>")
    refused = run("view", "draw", DECLARATION, other)
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert "a different kind of document (/root) [other_document]" in refused.stderr
    assert (
        run("view", "draw", DECLARATION, other, "--json").stdout == '{"at":"/root","error":"other_document"}'
    )


def test_test_compares_contents_with_expected_answers(tmp_path: Path) -> None:
    good, bad = tmp_path / "good.xml", tmp_path / "bad.xml"
    shutil.copy(CONTENT, good)
    bad.write_text("<other/>")
    assert run("view", "test", DECLARATION, good, bad).stdout.splitlines()[-1] == "0 passed, 2 failed"
    assert run("view", "test", DECLARATION, good, bad, "--accept").exit_code == 0
    (tmp_path / "bad.expect.json").write_text('{ "error": "other_document", "at": "/root" }')
    (tmp_path / "good.expect.json").write_text('{"error":"content","at":""}')
    done = run("view", "test", DECLARATION, good, bad, "--json")
    assert done.exit_code == 1
    shown = json.loads(done.stdout)
    assert (shown["passed"], shown["failed"]) == (1, 1)
    assert "good.expect.json" in shown["contents"][0]["result"]


def test_selftest_of_views_ends_with_the_counts(tmp_path: Path) -> None:
    index = json.loads((VIEWS / "index.json").read_bytes())
    case = index["cases"][0]
    for name in (case["content"], case["view"], case["expect"]):
        shutil.copy(VIEWS / name, tmp_path)
    (tmp_path / "index.json").write_text(json.dumps(index | {"cases": [case]}))
    assert run("selftest", "--views", tmp_path).stdout.splitlines()[-1] == "1 passed, 0 failed"
    (tmp_path / case["expect"]).write_text("{}")
    done = run("selftest", "--views", tmp_path)
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (1, "0 passed, 1 failed")


@pytest.mark.parametrize("arguments", [(), ("--views", "EMPTY"), ("--views", "EMPTY", "--vectors", "FILE")])
def test_selftest_wants_one_readable_source(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    (file := tmp_path / "file").write_text("{}")
    places = {"EMPTY": str(tmp_path), "FILE": str(file)}
    assert run("selftest", *(places.get(argument, argument) for argument in arguments)).exit_code == 2
