"""The figures of README and docs/search.md are those that `make bench` measured last, and nobody's own."""

from pathlib import Path

import pytest

from benches import kept, kept_growth


def test_the_readme_has_the_figures_that_were_measured_last() -> None:
    written = kept.README.read_text("utf-8")
    assert written.count(kept.BEGIN) == written.count(kept.END) == 1
    assert written.partition(kept.BEGIN)[2].partition(kept.END)[0] == kept.text(kept.read())


def test_what_is_measured_is_written_into_both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme, file = tmp_path / "README.md", tmp_path / "signing.json"
    readme.write_text(f"before\n{kept.BEGIN}of another day\n{kept.END}after\n", "utf-8")
    monkeypatch.setattr(kept, "FILE", file)
    figures = [
        kept.Figures(engine, database, four=3.0, scan=0.5, database_cpu=1.5, bare=0.7, lean=2.0)
        for engine in ("botan", "openssl")
        for database in ("sqlite", "postgresql")
    ]
    measured = kept.now(figures, load_before=1.0)
    assert measured.commit
    monkeypatch.setattr(kept, "README", readme)
    kept.write(measured)
    assert kept.read() == measured
    before, _, rest = readme.read_text("utf-8").partition(kept.BEGIN)
    told, _, after = rest.partition(kept.END)
    assert (before, told, after) == ("before\n", kept.text(measured), "after\n")
    assert "| times the lean server, PostgreSQL | 1.50 | 1.50 |" in told
    assert measured.commit in told


def test_the_page_has_the_figures_of_growth_that_were_measured_last() -> None:
    written = kept_growth.PAGE.read_text("utf-8")
    assert written.count(kept_growth.BEGIN) == written.count(kept_growth.END) == 1
    figures = written.partition(kept_growth.BEGIN)[2].partition(kept_growth.END)[0]
    assert figures == kept_growth.text(kept_growth.read())


def test_growth_of_one_size_takes_the_place_of_its_own_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "search.md"
    page.write_text(f"before\n{kept_growth.BEGIN}{kept_growth.END}after\n", "utf-8")
    monkeypatch.setattr(kept_growth, "FILE", tmp_path / "growth.json")
    monkeypatch.setattr(kept_growth, "PAGE", page)
    for database, people, cost in (
        ("postgresql", 10_000, 3.3),
        ("postgresql", 100_000, 3.0),
        ("sqlite", 10_000, 2.9),
        ("postgresql", 10_000, 2.3),
    ):
        rows = [
            _row("signature", cost),
            _row("find: surname", cost, 25, 50),
            _row("find: a firm", cost, 1, 1),
        ]
        kept_growth.keep(
            [kept_growth.run_of(database, people, 20 * people, size=0.4, load_before=1.0, rows=rows)]
        )
    told = page.read_text("utf-8")
    assert told.count("| signature |") == 2
    small, large = told.split("**100 000 certificates and 2 000 000 signatures**")
    assert "**10 000 certificates and 200 000 signatures**" in small
    assert "| | SQLite, empty | filled | times | PostgreSQL, empty | filled | times |" in small
    like, more = "2.00 + 1.00 | 2.90 + 1.00 | 1.30", "2.00 + 1.00 | 2.30 + 1.00 | 1.10"
    assert f"| signature | {like} | {more} |" in small
    assert f"| what grew most of the lists that give as much | {like} | {more} |" in small
    assert "| the dearest of the lists that give more | 2.00 + 1.00 | 2.90 + 1.00 |  | 2.00" in small
    assert "PostgreSQL, 0.4 GB: measured on" in small
    assert "Of 1 lists that give as much, beyond 1.2: find: a firm (1.30)." in small
    assert "Of 1 lists that give as much, beyond 1.2: none." in small
    assert "| | PostgreSQL, empty | filled | times |" in large


def test_the_table_says_what_grows_and_what_has_more_to_do() -> None:
    rows = [_row("signature", 2.5), _row("find: surname", 2.7, 50, 50), _row("find: a firm", 9.0, 10, 50)]
    _, _, signature, surname, firm = kept_growth.table([(1_000_000, 20_000_000)], [rows]).splitlines()
    assert signature.endswith("  1.17                  ")
    assert "1.23  grows" in surname
    assert "grows" not in firm
    assert "10 to 50 lines  over 50 ms" in firm


def _row(what: str, cost: float, *lines: int) -> kept_growth.Row:
    before, after = lines or (None, None)
    slow = 60.0 if cost > 5 else 5.0
    return kept_growth.Row(
        what, kept_growth.Side(2.0, 1.0, 4.0, 9.0, before), kept_growth.Side(cost, 1.0, slow, 80.0, after)
    )
