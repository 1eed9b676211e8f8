"""The README's figures of a signature are those that `make bench` measured last, and nobody's own."""

from pathlib import Path

import pytest

from benches import kept


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
