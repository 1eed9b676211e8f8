"""Figures of the source tree, one per line: size, repeated shapes, imports, docstrings, documents.

Usage: tree_figures.py [TREE]; without TREE, the checkout that this file is in. Compare two trees by running it on both.
"""

from __future__ import annotations

import ast
import io
import re
import sys
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Final

_SOURCES: Final = ("src", "client/src", "testkit/src")
_LAYOUT: Final = frozenset(
    {tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENCODING, tokenize.ENDMARKER}
)
_HEADLESS: Final = re.compile(
    r"^(What|Of|Who|Whose|Whom|By (?:which|what)|As|Where|Which|Those|That|In which|From which|For which|With what|How"
    r"|When|Such|None)\b"
)
_WORD: Final = re.compile(r"\w")
_LEAST_FIELDS: Final = 3
_ALIKE: Final = 0.75


def _files(tree: Path) -> Iterator[Path]:
    for source in _SOURCES:
        for file in sorted((tree / source).rglob("*.py")):
            if "migrations" not in file.parts:
                yield file


def _tokens(text: str) -> int:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return sum(token.type not in _LAYOUT and token.type != tokenize.COMMENT for token in tokens)


def _docstrings(tree: ast.Module) -> Iterator[str]:
    """Yields every string that stands alone as a statement."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Expr)
            and isinstance(node.value, ast.Constant)
            and isinstance(node.value.value, str)
        ):
            yield node.value.value


def _shapes(tree: ast.Module) -> Iterator[tuple[frozenset[str], int]]:
    """Yields the names of the annotated fields, and the lines, of each class that has at least three."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef):
            names = [
                statement.target.id
                for statement in node.body
                if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
            ]
            if len(names) >= _LEAST_FIELDS:
                yield frozenset(names), (node.end_lineno or node.lineno) - node.lineno + 1


def _redundant(shapes: list[tuple[frozenset[str], int]]) -> int:
    """Returns the lines of classes whose fields are nearly those of another one: all of a group but its largest."""
    group = list(range(len(shapes)))

    def root(number: int) -> int:
        while group[number] != number:
            number = group[number]
        return number

    for one, other in combinations(range(len(shapes)), 2):
        names, others = shapes[one][0], shapes[other][0]
        if len(names & others) >= _ALIKE * len(names | others):
            group[root(one)] = root(other)
    sizes: dict[int, list[int]] = {}
    for number, (_, size) in enumerate(shapes):
        sizes.setdefault(root(number), []).append(size)
    return sum(sum(each) - max(each) for each in sizes.values())


def _words(files: Iterable[Path]) -> tuple[int, int, int]:
    """Returns the numbers of lines, of pieces between spaces as `wc` counts them, and of those that are words."""
    texts = [file.read_text("utf-8") for file in files]
    pieces = [piece for text in texts for piece in text.split()]
    return sum(text.count("\n") for text in texts), len(pieces), sum(map(bool, map(_WORD.search, pieces)))


def figures(tree: Path) -> dict[str, str]:
    """Returns the numbers by name."""
    lines, files, imports, docstrings, headless = 0, 0, 0, 0, 0
    tokens = Counter[str]()
    shapes: list[tuple[frozenset[str], int]] = []
    for file in _files(tree):
        text = file.read_text("utf-8")
        parsed = ast.parse(text)
        files, lines = files + 1, lines + text.count("\n")
        tokens[file.relative_to(tree).parts[0]] += _tokens(text)
        for node in ast.walk(parsed):
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports += (node.end_lineno or node.lineno) - node.lineno + 1
        for docstring in _docstrings(parsed):
            docstrings += 1
            headless += bool(_HEADLESS.match(docstring.strip()))
        shapes += _shapes(parsed)
    documents = [
        file
        for place in ("docs", "examples")
        for file in (tree / place).rglob("*.md")
        if "node_modules" not in file.parts
    ]
    document_lines, pieces, words = _words([*documents, *tree.glob("*.md")])
    return {
        "tokens of Python": f"{sum(tokens.values()):,} ({', '.join(f'{name} {n:,}' for name, n in tokens.items())})",
        "Python files, lines, mean": f"{files:,}, {lines:,}, {lines / files:.0f}",
        "import lines": f"{100 * imports / lines:.1f} %",
        "docstrings, without a head": f"{docstrings:,}, {headless:,} ({100 * headless / docstrings:.1f} %)",
        "redundant shape lines": f"{_redundant(shapes):,}",
        "Markdown lines, words, without borders of tables": f"{document_lines:,}, {pieces:,}, {words:,}",
    }


if __name__ == "__main__":
    for name, value in figures(Path(sys.argv[1] if sys.argv[1:] else Path(__file__).parents[1])).items():
        print(f"{name}: {value}")
