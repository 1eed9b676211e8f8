"""The program never turns data into code: no shells, foreign objects, markup, or window messages."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.support.sources import python

_ROOT: Final = Path(__file__).parents[2]
_MODULES: Final = {
    "subprocess", "pty", "pickle", "shelve", "marshal", "dill", "yaml", "xmlrpc", "ftplib", "telnetlib",
    "smtplib", "imaplib", "ldap", "ldap3", "memcache", "pymemcache", "lxml",
}  # fmt: skip
_STARTS: Final = {
    # The reader of contents: its own program, started by a fixed command without outside input or secrets.
    "content_process.py": ["subprocess"],
    # Canonical XML: input that starts with a DOCTYPE never gets there, and nothing is fetched.
    "by_libxml2.py": ["lxml.etree", "lxml"],
}
_CALLS: Final = {"eval", "exec", "compile", "__import__"}
_OS: Final = re.compile(r"(?:system|popen|exec[lv]\w*|spawn\w+)")
_BROWSER: Final = {
    "markup": r"v-html|innerHTML|outerHTML|insertAdjacentHTML|document\.write|createContextualFragment",
    "code": r"\beval\(|new Function\(|setTimeout\(\s*[\"'`]|import\(\s*[^\"'`\s]",
    "window messages": r"(?:window|parent|opener|top)\.postMessage|window\.addEventListener\(\s*[\"']message",
}


def _python() -> list[Path]:
    """Returns the files of service, commands and client; the demonstration does start the service as a process."""
    return [file for file in python() if "demo" not in file.parts]


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
