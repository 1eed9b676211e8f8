"""Third-party parts of Mobile Shield: Python packages installed with it, JavaScript built into its pages.

Names and versions come from the lock files, licences from the packages, the list of JavaScript from the
build.
"""

import base64
import hashlib
import importlib.metadata
import json
import re
import tomllib
import uuid
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentScope, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from mshield.server.content.pdf_seal import FONT

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS: Final = ("constraints.txt", "constraints-extras.txt", "constraints-dev.txt")
"""Lock files; each adds to the ones before it."""
_STATIC: Final = ROOT / "src" / "mshield" / "server" / "http" / "static"
_FRONTEND: Final = ROOT / "frontend"

CLIENT: Final = "mshield-client"
EXTRAS: Final = {
    "": "service",
    "aliyun": "SMS by Alibaba Cloud",
    "tencent": "SMS by Tencent Cloud",
    "otel": "spans for OpenTelemetry",
    "pkcs11": "keys in hardware by PKCS#11",
}
"""Extras of pyproject.toml, in the order in which a package is assigned to one of them."""
_SYSTEMS: Final = ("linux", "win32", "darwin")
_PYTHONS: Final = ("3.11", "3.14")
"""Python versions; a package needed with any of these, or on any system above, is listed wherever this runs."""
_SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "MIT License": "MIT",
}
"""SPDX names of licences for values of the field `License` that aren't SPDX names."""
_READ_IN_FILES: Final = {
    "altcha": "MIT",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "jinja2": "BSD-3-Clause",
    "python-stdnum": "LGPL-2.1-or-later",
    "segno": "BSD-3-Clause",
    "sqlparse": "BSD-3-Clause",
}
"""Licences read in the packages' own files, because their metadata is ambiguous."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A package in its shipped version."""

    name: str
    version: str
    licence: str
    """SPDX expression; empty if the package doesn't state it."""
    purl: PackageURL
    where: tuple[str, ...]
    """Purpose of the package, or the pages that contain it."""
    needs: frozenset[str] = frozenset()
    """Names of other parts that it needs."""
    sha512: str | None = None
    """SHA-512 of the archive or the shipped file. A Python release has several archives: see the lock file."""


def locked(lock: str) -> dict[str, str]:
    """Returns the versions in a lock file, by canonical name."""
    text = (ROOT / lock).read_text("utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", text)}


def python_parts() -> list[Part]:
    """Returns the packages installed with mshield and its extras, by name.

    Raises: LookupError (.venv isn't as locked).
    """
    versions = {name: version for lock in reversed(LOCKS) for name, version in locked(lock).items()}
    where: dict[str, str] = {}
    extras_of: dict[str, set[str]] = {}
    service = ((PROJECT["name"], extra, words) for extra, words in EXTRAS.items())
    for project, extra, words in ((CLIENT, "", "all"), *service):
        for name, extras in _with_all_it_needs(project, extra, versions.keys()).items():
            where.setdefault(name, words)
            extras_of.setdefault(name, set()).update(extras)
    return [
        _python_part(name, versions[name], words, _names_needed(name, extras_of[name]) & where.keys())
        for name, words in sorted(where.items())
    ]


def page_parts() -> list[Part]:
    """Returns the parts of the built pages, by name. Raises: KeyError (a part isn't in the lock file)."""
    integrity = {
        (package.get("name") or place.rpartition("node_modules/")[2], package["version"]): package[
            "integrity"
        ]
        for place, package in json.loads((_FRONTEND / "package-lock.json").read_bytes())["packages"].items()
        if "integrity" in package
    }
    pages: dict[tuple[str, str], set[str]] = {}
    licences: dict[tuple[str, str], str] = {}
    for file in sorted(_STATIC.rglob("licences*.json")):
        page = "/" + file.parent.relative_to(_STATIC).as_posix().removeprefix(".")
        for part in json.loads(file.read_bytes()):
            key = (part["name"], part["version"])
            pages.setdefault(key, set()).add(page)
            licences[key] = part["identifier"]
    parts = [
        Part(
            name=name,
            version=version,
            licence=licences[name, version],
            purl=PackageURL("npm", *name.rpartition("/")[::2], version),
            where=tuple(sorted(where)),
            needs=frozenset({"zxing-cpp"}) if name == "zxing-wasm" else frozenset(),
            sha512=base64.b64decode(integrity[name, version].removeprefix("sha512-"), validate=True).hex(),
        )
        for (name, version), where in sorted(pages.items())
    ]
    return [*parts, _scanner()]


def font_parts() -> list[Part]:
    """Returns the fonts in the source tree, by name."""
    return [
        Part(
            name="Noto Sans CJK SC",
            version="2.004",
            licence="OFL-1.1",
            purl=PackageURL("github", "notofonts", "noto-cjk", "Sans2.004"),
            where=(EXTRAS[""],),
            sha512=hashlib.sha512(FONT.read_bytes()).hexdigest(),
        )
    ]


def licences_page() -> str:
    """Renders docs/licences.md."""
    return _PAGE.format(python=_list(python_parts()), fonts=_list(font_parts()), pages=_list(page_parts()))


def bill_of_materials() -> str:
    """Renders docs/mshield.cdx.json: CycloneDX 1.6 without a timestamp, so that equal parts give equal files."""
    parts = [*python_parts(), *font_parts(), *page_parts()]
    components = {part.name: _component(part) for part in parts}
    version = PROJECT["version"]
    whole = Component(
        name=PROJECT["name"],
        version=version,
        type=ComponentType.APPLICATION,
        purl=PackageURL("pypi", None, PROJECT["name"], version),
        bom_ref=PROJECT["name"],
        licenses=[LicenseFactory().make_from_string(PROJECT["license"])],
    )
    identity = "\n".join(sorted(str(part) for part in (whole.purl, *(part.purl for part in parts))))
    bom = Bom(components=components.values(), serial_number=uuid.uuid5(uuid.NAMESPACE_URL, identity))
    bom.metadata.component = whole
    direct = (_names_needed(whole.name, EXTRAS) | _names_needed(CLIENT, ())) - {CLIENT}
    direct |= {part.name for part in (*font_parts(), *page_parts())} - {_scanner().name}
    bom.register_dependency(whole, [components[name] for name in sorted(direct)])
    for part in parts:
        bom.register_dependency(components[part.name], [components[name] for name in sorted(part.needs)])
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _requirements(name: str, extras: Iterable[str]) -> Iterator[Requirement]:
    """Yields the requirements of a package, with its extras, on any supported system."""
    systems = [
        {
            "extra": extra,
            "sys_platform": system,
            "python_version": python,
            "python_full_version": f"{python}.0",
        }
        for extra in ("", *extras)
        for system in _SYSTEMS
        for python in _PYTHONS
    ]
    for line in importlib.metadata.requires(name) or ():
        needed = Requirement(line)
        if needed.marker is None or any(map(needed.marker.evaluate, systems)):
            yield needed


def _names_needed(name: str, extras: Iterable[str]) -> set[str]:
    return {canonicalize_name(needed.name) for needed in _requirements(name, extras)}


def _with_all_it_needs(project: str, extra: str, known: Container[str]) -> dict[str, set[str]]:
    """Returns all packages needed for one extra of mshield, with their extras, as far as they are locked."""
    walked: dict[str, set[str]] = {}
    waiting = [(project, {extra})]
    while waiting:
        name, extras = waiting.pop()
        if name in walked and extras <= walked[name]:
            continue
        walked.setdefault(name, set()).update(extras)
        waiting += [
            (canonicalize_name(needed.name), needed.extras)
            for needed in _requirements(name, walked[name])
            if canonicalize_name(needed.name) in known
        ]
    del walked[project]
    return walked


def _python_part(name: str, version: str, where: str, needs: set[str]) -> Part:
    if (installed := importlib.metadata.version(name)) != version:
        raise LookupError(f"{name} {installed} is installed, {version} is locked: run make .venv/.dev")
    fields = importlib.metadata.metadata(name).json
    stated = str(fields.get("license_expression") or fields.get("license") or "")
    return Part(
        name=name,
        version=version,
        licence=_READ_IN_FILES.get(name) or _SPDX.get(stated, stated),
        purl=PackageURL("pypi", None, name, version),
        where=(where,),
        needs=frozenset(needs),
    )


def _scanner() -> Part:
    """Returns the C++ library inside zxing-wasm, at the commit that it exports."""
    code = (_FRONTEND / "node_modules" / "zxing-wasm" / "dist" / "es" / "share.js").read_text("utf-8")
    (commit,) = re.findall(r"\"([0-9a-f]{40})\"", code)
    purl = PackageURL("github", "zxing-cpp", "zxing-cpp", commit)
    return Part(name="zxing-cpp", version=commit, licence="Apache-2.0", purl=purl, where=("/app",))


def _component(part: Part) -> Component:
    optional = part.where[0] in [where for extra, where in EXTRAS.items() if extra not in ("", "server")]
    return Component(
        name=part.name,
        version=part.version,
        type=ComponentType.LIBRARY,
        scope=ComponentScope.OPTIONAL if optional else ComponentScope.REQUIRED,
        purl=part.purl,
        bom_ref=str(part.purl),
        licenses=[LicenseFactory().make_from_string(part.licence)],
        hashes=[HashType(alg=HashAlgorithm.SHA_512, content=part.sha512)] if part.sha512 else [],
    )


def _list(parts: Iterable[Part]) -> str:
    return "\n".join(
        f"- {part.name} {part.version}, {part.licence}: {', '.join(part.where)}" for part in parts
    )


_PAGE: Final = """\
# Licences of others' parts

Written by `make docs` from the lock files, the packages' metadata and the build of the pages. Mobile Shield itself is
[Apache-2.0](../LICENSE), with its pictures, icons and templates. It ships the font below, and those of pdfjs-dist with
their licences. For programs the same list is `mshield.cdx.json` (CycloneDX), here and in each wheel's `sboms/`. What
other wheels contain, such as OpenSSL in `cryptography`, is in their own lists.

## Installed beside it

Not part of the distribution: `pip` brings them, unchanged, and each can be replaced. So the copyleft of some (LGPL,
MPL) ends at themselves.

{python}

## Fonts

A subset of the font is in the source tree and in the wheel, with the licence's text beside it, and writes names on PDF
pages.

{fonts}

## Built into the pages

The texts of these licences are served with the pages, as `licences.json`, and the app shows them under "About".

{pages}
"""
