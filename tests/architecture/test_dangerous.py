"""What would turn data into orders stands nowhere in the program: shells, foreign objects, markup, a window's words."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_SRC: Final = _ROOT / "src/mshield"
_MODULES: Final = {
    "subprocess", "pty", "pickle", "shelve", "marshal", "dill", "yaml", "xmlrpc", "ftplib", "telnetlib",
    "smtplib", "imaplib", "ldap", "ldap3", "memcache", "pymemcache", "lxml",
}  # fmt: skip
_STARTS: Final = {
    # The reader of PDFs: its own program, by a fixed command of which nothing comes from outside, without secrets.
    "pdf_process.py": ["subprocess"],
    # Canonical XML: whatever begins as a DOCTYPE never gets there, and nothing is fetched.
    "by_libxml2.py": ["lxml.etree", "lxml"],
}
_CALLS: Final = {"eval", "exec", "compile", "__import__"}
_OS: Final = re.compile(r"(?:system|popen|exec[lv]\w*|spawn\w+)")
_BROWSER: Final = {
    "markup": r"v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment",
    "code": r"\beval\(|new Function\(|setTimeout\(\s*[\"'`]|import\(\s*[^\"'`\s]",
    "words of another window": r"(?:window|parent|opener|top)\.postMessage|window\.addEventListener\(\s*[\"']message",
}


def _python() -> list[Path]:
    """The service, its commands and the client; the demonstration starts the service as a process of its own."""
    return [file for file in sorted(_SRC.rglob("*.py")) if file.relative_to(_SRC).parts[0] != "demo"]


def _front_end() -> list[Path]:
    files = (file for kind in ("ts", "vue") for file in (_ROOT / "frontend").glob(f"*/*/**/*.{kind}"))
    return sorted(file for file in files if not {"node_modules", "test", "live"} & set(file.parts))


def _dangers(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                yield from (name.name for name in names if name.name.partition(".")[0] in _MODULES)
            case ast.ImportFrom(module=str(module)) if module.partition(".")[0] in _MODULES:
                yield module
            case ast.Call(func=ast.Name(id=name)) if name in _CALLS:
                yield name
            case ast.Attribute(value=ast.Name(id="os"), attr=name) if _OS.fullmatch(name):
                yield f"os.{name}"


def test_python_starts_nothing_and_makes_no_foreign_objects() -> None:
    found = {file.name: list(_dangers(ast.parse(file.read_text("utf-8")))) for file in _python()}
    assert {name: dangers for name, dangers in found.items() if dangers} == _STARTS


@pytest.mark.parametrize("what", sorted(_BROWSER))
def test_no_page_takes_text_for(what: str) -> None:
    pattern, files = re.compile(_BROWSER[what]), _front_end()
    assert len(files) > 100
    assert not [file.name for file in files if pattern.search(file.read_text("utf-8"))]
