"""The manuals contain exactly the pictures that the walk takes."""

import re
from pathlib import Path
from typing import Final

from mshield.server.http.pages.faq import FAQ

ROOT: Final = Path(__file__).parents[2]
FOLDER: Final = ROOT / "docs" / "manual"


def test_phone_manual_has_exactly_the_walks_pictures() -> None:
    walks = sorted((ROOT / "tests" / "browser" / "app").glob("test_manual*.py"))
    walk = "".join(each.read_text("utf-8") for each in walks)
    taken = set(re.findall(r'(?:\.picture\(|album\.take\(page, )"([a-z-]+)"', walk))
    shown = re.findall(r'<img src="pictures/([a-z-]+)\.webp"', (FOLDER / "phone.md").read_text("utf-8"))
    assert taken == set(shown) == {file.stem for file in (FOLDER / "pictures").iterdir()}
    assert len(shown) == len(set(shown))


def test_desk_manual_has_exactly_its_tests_pictures() -> None:
    walks = "".join(
        file.read_text("utf-8") for file in (ROOT / "tests" / "browser" / "desk").glob("test_*.py")
    )
    taken = set(re.findall(r'ALBUM\.take\(page, "([a-z-]+)"\)', walks))
    pages = "".join(file.read_text("utf-8") for file in FOLDER.glob("*.md"))
    shown = re.findall(r'<img src="desk/([a-z-]+)\.webp"', pages)
    assert taken == set(shown) == {file.stem for file in (FOLDER / "desk").iterdir()}


def test_verify_manual_has_exactly_its_tests_pictures() -> None:
    walks = "".join(
        file.read_text("utf-8") for file in (ROOT / "tests" / "browser" / "verify").glob("test_*.py")
    )
    taken = set(re.findall(r'ALBUM\.take\(visitor\.page, "([a-z-]+)"\)', walks))
    shown = re.findall(r'<img src="verify/([a-z-]+)\.webp"', (FOLDER / "verify.md").read_text("utf-8"))
    assert taken == set(shown) == {file.stem for file in (FOLDER / "verify").iterdir()}


def test_both_languages_have_the_same_sections() -> None:
    chinese = re.findall(r"^### (2\.3\.1\.\d+) ", (FOLDER / "phone.md").read_text("utf-8"), re.MULTILINE)
    english = re.findall(r"^\| (2\.3\.1\.\d+) \|", (FOLDER / "phone.en.md").read_text("utf-8"), re.MULTILINE)
    assert chinese == english


def test_manual_has_the_apps_answers() -> None:
    chapter = (FOLDER / "phone.md").read_text("utf-8").partition("# 3 常见问题\n")[2]
    written = re.findall(r"^## (3\.\d+) (.+)\n\n(.+)$", chapter, re.MULTILINE)
    assert written == [(entry.id, entry.title_zh, entry.zh) for entry in FAQ.values()]
