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
    empty = kept_growth.Side(2.0, 1.0, 4.0)
    for people, cost in ((10_000, 3.3), (100_000, 3.0), (10_000, 2.3)):
        filled = kept_growth.Side(cost, 1.0, 5.0)
        rows = [kept_growth.Row(what, empty, filled) for what in ("signature", "find: surname")]
        kept_growth.keep(
            [kept_growth.run_of("postgresql", people, 20 * people, size=0.4, load_before=1.0, rows=rows)]
        )
    told = page.read_text("utf-8")
    assert told.count("| signature |") == 2
    assert "PostgreSQL, 10 000 certificates and 200 000 signatures, 0.4 GB" in told
    assert "| signature | 2.00 + 1.00 ms | 2.30 + 1.00 ms | 1.10 |" in told
    assert "| find: surname, of 1 lists the dearest |" in told
