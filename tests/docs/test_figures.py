"""The figures in docs/performance.md are the last ones that `make bench` measured."""

from pathlib import Path

import pytest

from benches import kept, kept_growth


def test_page_has_the_latest_figures() -> None:
    written = kept.PAGE.read_text("utf-8")
    assert written.count(kept.BEGIN) == written.count(kept.END) == 1
    assert written.partition(kept.BEGIN)[2].partition(kept.END)[0] == kept.text(kept.read())


def test_measured_figures_are_written_to_page_and_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, file = tmp_path / "performance.md", tmp_path / "signing.json"
    page.write_text(f"before\n{kept.BEGIN}of another day\n{kept.END}after\n", "utf-8")
    monkeypatch.setattr(kept, "FILE", file)
    figures = [
        kept.Figures(engine, database, four=3.0, scan=0.5, database_cpu=1.5, bare=0.7, lean=2.0)
        for engine in ("botan", "openssl")
        for database in ("sqlite", "postgresql")
    ]
    measured = kept.now(figures, load_before=1.0)
    assert measured.commit
    monkeypatch.setattr(kept, "PAGE", page)
    kept.write(measured)
    assert kept.read() == measured
    before, _, rest = page.read_text("utf-8").partition(kept.BEGIN)
    told, _, after = rest.partition(kept.END)
    assert (before, told, after) == ("before\n", kept.text(measured), "after\n")
    assert "| ratio to the lean server, PostgreSQL | 1.50 | 1.50 |" in told
    assert measured.commit in told


def test_page_has_the_latest_growth_figures() -> None:
    written = kept_growth.PAGE.read_text("utf-8")
    assert written.count(kept_growth.BEGIN) == written.count(kept_growth.END) == 1
    figures = written.partition(kept_growth.BEGIN)[2].partition(kept_growth.END)[0]
    assert figures == kept_growth.text(kept_growth.read())


def test_growth_of_one_size_replaces_only_its_own_figures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "performance.md"
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
    assert f"| largest growth among lists that return equally many lines | {like} | {more} |" in small
    assert "| costliest of the lists that return more lines | 2.00 + 1.00 | 2.90 + 1.00 |  | 2.00" in small
    assert "PostgreSQL, 0.4 GB: measured on" in small
    assert "Of 1 lists that return equally many lines, beyond 1.2: find: a firm (1.30)." in small
    assert "Of 1 lists that return equally many lines, beyond 1.2: none." in small
    assert "| | PostgreSQL, empty | filled | times |" in large


def test_table_marks_growth_beyond_the_larger_result() -> None:
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
