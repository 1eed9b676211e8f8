"""Documentation matches the code: generated pages are current, operations and links exist."""

import re
from pathlib import Path
from typing import Any, Final

import click
import pytest

from mshield.cli.main import main
from mshield.server.jobs import JOBS
from mshield.server.main import create_app
from mshield.server.notices.rules.notices import NoticeKind
from mshield.server.settings.settings import Settings
from tests.support.generated_pages import DOCS, PAGES, ROOT
from tests.support.sources import PACKAGES, python

_MARKDOWN: Final = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
_LINK: Final = re.compile(r"\]\((?!https?:|mailto:)([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#+ (.+)$", re.MULTILINE)
_BLOCK: Final = re.compile(r"^ *```.*?^ *```$", re.DOTALL | re.MULTILINE)
_PATH: Final = re.compile(r"`([\w.-]+(?:/[\w.*-]+)+/?)(?:::\w+)?`")
_FROM: Final = [ROOT, *PACKAGES, ROOT / "frontend", *sorted((ROOT / "frontend/apps").glob("*/"))]
"""Base folders of the paths that documents name; in an application's own documents, the application."""
_MADE: Final = {".venv", "var", "dist", "build"}
_FOLDERS: Final = {folder.name for place in _FROM for folder in place.glob("*/")} - _MADE
_METHODS: Final = {"get", "post", "put", "patch", "delete"}


def _name(file: Path) -> str:
    return str(file.relative_to(ROOT))


@pytest.mark.parametrize("place", sorted(PAGES))
def test_page_is_current(place: str) -> None:
    assert (ROOT / place).read_text("utf-8") == PAGES[place](), "run: make docs"


def test_each_operation_has_its_section() -> None:
    document: dict[str, Any] = create_app(Settings()).state.documents.of()
    text = "\n".join(file.read_text("utf-8") for file in sorted((DOCS / "api").glob("*.md")))
    documented = set(re.findall(r"^## ((?:GET|POST|PUT|PATCH|DELETE) /\S+)$", text, re.MULTILINE))
    served = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations.keys() & _METHODS
    }
    assert documented == served


def test_each_error_that_a_page_names_exists() -> None:
    known = set(re.findall(r"^\| `(\w+)` \| \d", (DOCS / "api/errors.md").read_text("utf-8"), re.MULTILINE))
    for page in ("phone.md", "portal.md", "register.md", "business.md"):
        text = (DOCS / "api" / page).read_text("utf-8")
        for line in re.findall(r"\*\*Errors\*\*(.*?)(?=\n\n|\n- |\n#|\Z)", text, re.DOTALL):
            named = {code for code in re.findall(r"`([a-z_]+)`", line) if code not in {"retry_after", "left"}}
            assert named <= known, f"{page}: {sorted(named - known)}"


@pytest.mark.parametrize("file", _MARKDOWN, ids=_name)
def test_links_have_existing_targets(file: Path) -> None:
    for target in _LINK.findall(file.read_text("utf-8")):
        place, _, anchor = target.partition("#")
        linked = (file.parent / place).resolve() if place else file
        assert linked.exists(), f"{file.name} links to {target}"
        if anchor and linked.suffix == ".md":
            assert anchor in _anchors(linked), f"{file.name} links to {target}"


@pytest.mark.parametrize("file", _MARKDOWN, ids=_name)
def test_each_file_that_a_document_names_exists(file: Path) -> None:
    """A path that starts with a project folder must exist; `NAME` stands for any value."""
    for path in _PATH.findall(_BLOCK.sub("", file.read_text("utf-8"))):
        if path.partition("/")[0] in _FOLDERS:
            pattern = re.sub(r"\b[A-Z]{3,}\b(?!\.md)", "*", path)
            assert any(any(place.glob(pattern)) for place in _FROM), f"{file.name} names {path}"


_SPOKEN: Final = re.compile(
    rf"""(?<![\w./"'])((?:{"|".join(sorted(_FOLDERS))})/[\w./-]+\.(?:py|sql|md|ts|vue|json))\b"""
)
"""A path in a comment or docstring; one in quotation marks may be anything."""


@pytest.mark.parametrize(
    "folder", ["client/src", "src/mshield", "testkit/src", "tests", "benches", "drill", "scripts", "frontend"]
)
def test_each_file_that_the_code_names_exists(folder: str) -> None:
    files = [
        file
        for kind in ("py", "sql", "ts", "vue")
        for file in sorted((ROOT / folder).rglob(f"*.{kind}"))
        if not {"node_modules", "static", "generated"} & set(file.parts)
    ]
    assert [
        f"{_name(file)} names {path}"
        for file in files
        for path in _SPOKEN.findall(file.read_text("utf-8"))
        if not any((place / path).exists() for place in _FROM)
    ] == []


def _anchors(file: Path) -> set[str]:
    """Returns the anchors that a forge makes from the headings."""
    return {
        re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        for heading in _HEADING.findall(file.read_text("utf-8"))
    }


def test_no_page_mentions_an_unpublished_package() -> None:
    """Nothing is published yet, so only a checkout works. The release that publishes it changes this test."""
    promises = re.compile(r"pip install (?:-\S+ )*'?mshield\b")
    pages = [*_MARKDOWN, *(ROOT / "examples").rglob("*.md"), *python()]
    assert [str(page) for page in pages if promises.search(page.read_text("utf-8"))] == []


def test_each_make_target_that_a_document_names_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for file in _MARKDOWN:
        named = set(re.findall(r"`make ([a-z-]+)", file.read_text("utf-8")))
        assert named <= targets, file.name


def test_the_page_of_jobs_lists_each_job() -> None:
    listed = re.findall(r"^\| `(\w+)` \|", (DOCS / "jobs.md").read_text("utf-8"), re.MULTILINE)
    assert listed == [job.name for job in JOBS]


def test_the_page_of_notifications_lists_each_notice() -> None:
    text = (DOCS / "notifications.md").read_text("utf-8")
    assert not [kind for kind in NoticeKind if f"`{kind.value}`" not in text]


def test_no_command_help_shows_clicks_line_break_mark() -> None:
    """Click interprets this character; in a raw string it would be two others, visible in the help."""
    groups: list[click.Command] = [main]
    for command in groups:
        # click keeps the first help option that it makes, so the context must be as in a real call.
        help_ = command.get_help(click.Context(command, **command.context_settings))
        assert "\\b" not in help_, command.name
        groups += command.commands.values() if isinstance(command, click.Group) else ()
