"""What of others comes with Mobile Shield: Python packages installed beside it, JavaScript built into its pages.

Names and versions are the lock files', licences the packages' own, JavaScript what the build says that it built in.
"""

import base64
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

ROOT: Final = Path(__file__).parents[2]
PROJECT: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LOCKS: Final = ("constraints.txt", "constraints-extras.txt", "constraints-dev.txt")
"""Each has what those before it have not."""
_STATIC: Final = ROOT / "src" / "mshield" / "web" / "static"
_FRONTEND: Final = ROOT / "frontend"

EXTRAS: Final = {
    "": "all",
    "server": "service",
    "aliyun": "SMS by Alibaba Cloud",
    "tencent": "SMS by Tencent Cloud",
    "otel": "spans for OpenTelemetry",
    "pkcs11": "keys in hardware by PKCS#11",
}
"""The extras of pyproject.toml, in the order in which a package is counted to one of them."""
_SYSTEMS: Final = ("linux", "win32", "darwin")
_PYTHONS: Final = ("3.11", "3.14")
"""A package that one of these needs is listed, wherever the list is written."""
_SPDX: Final = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "MIT License": "MIT",
}
"""What stands in the field `License`, where it isn't SPDX's name."""
_READ: Final = {
    "altcha": "MIT",
    "fido2": "BSD-2-Clause AND Apache-2.0 AND MPL-2.0",
    "jinja2": "BSD-3-Clause",
    "pylopdf-fonts-zh-cn": "OFL-1.1",
    "python-stdnum": "LGPL-2.1-or-later",
    "segno": "BSD-3-Clause",
    "sqlparse": "BSD-3-Clause",
}
"""Read in the package's own files, where its metadata doesn't say which of a family it is."""


@dataclass(frozen=True, kw_only=True)
class Part:
    """A package, of the version that is shipped."""

    name: str
    version: str
    licence: str
    """SPDX's expression; empty where the package doesn't say."""
    purl: PackageURL
    where: tuple[str, ...]
    """What needs it, or the pages that it is built into."""
    needs: frozenset[str] = frozenset()
    """Names of other parts."""
    sha512: str | None = None
    """Of the archive; a Python release has several, whose hashes stand in the lock file."""


def locked(lock: str) -> dict[str, str]:
    """The versions in a lock file, by canonical name."""
    text = (ROOT / lock).read_text("utf-8")
    return {canonicalize_name(name): version for name, version in re.findall(r"(?m)^([\w.-]+)==(\S+)", text)}


def python_parts() -> list[Part]:
    """What is installed with mshield and its extras, by name. Raises what says that .venv isn't as locked."""
    versions = {name: version for lock in reversed(LOCKS) for name, version in locked(lock).items()}
    where: dict[str, str] = {}
    extras_of: dict[str, set[str]] = {}
    for extra, words in EXTRAS.items():
        for name, extras in _with_all_it_needs(extra, versions.keys()).items():
            where.setdefault(name, words)
            extras_of.setdefault(name, set()).update(extras)
    return [
        _python_part(name, versions[name], words, _names_needed(name, extras_of[name]) & where.keys())
        for name, words in sorted(where.items())
    ]


def page_parts() -> list[Part]:
    """What the built pages contain, by name. Raises KeyError for what isn't in the lock file."""
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


def licences_page() -> str:
    """docs/licences.md."""
    return _PAGE.format(python=_table(python_parts()), pages=_table(page_parts()))


def bill_of_materials() -> str:
    """docs/mshield.cdx.json: CycloneDX 1.6, without a moment, so that the same parts make the same file."""
    parts = [*python_parts(), *page_parts()]
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
    direct = _names_needed(whole.name, EXTRAS) | {part.name for part in page_parts()} - {_scanner().name}
    bom.register_dependency(whole, [components[name] for name in sorted(direct)])
    for part in parts:
        bom.register_dependency(components[part.name], [components[name] for name in sorted(part.needs)])
    document = json.loads(JsonV1Dot6(bom).output_as_string())
    del document["metadata"]["timestamp"]
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _requirements(name: str, extras: Iterable[str]) -> Iterator[Requirement]:
    """What a package needs, by itself or with an extra, on any system that it may be installed on."""
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


def _with_all_it_needs(extra: str, known: Container[str]) -> dict[str, set[str]]:
    """The packages behind one extra of mshield, and their own extras, as far as the lock files have them."""
    walked: dict[str, set[str]] = {}
    waiting = [(PROJECT["name"], {extra})]
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
    del walked[PROJECT["name"]]
    return walked


def _python_part(name: str, version: str, where: str, needs: set[str]) -> Part:
    if (installed := importlib.metadata.version(name)) != version:
        raise LookupError(f"{name} {installed} is installed, {version} is locked: run make .venv/.dev")
    fields = importlib.metadata.metadata(name).json
    written = str(fields.get("license_expression") or fields.get("license") or "")
    return Part(
        name=name,
        version=version,
        licence=_READ.get(name) or _SPDX.get(written, written),
        purl=PackageURL("pypi", None, name, version),
        where=(where,),
        needs=frozenset(needs),
    )


def _scanner() -> Part:
    """The C++ inside of zxing-wasm, at the commit that this exports."""
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


def _table(parts: Iterable[Part]) -> str:
    return "\n".join(
        f"| {part.name} | {part.version} | {part.licence} | {', '.join(part.where)} |" for part in parts
    )


_PAGE: Final = """\
# Licences of others' parts

Written by `make docs` from the lock files, the packages' metadata and the build of the pages. Mobile Shield itself is
[Apache-2.0](../LICENSE); its pictures, icons and templates too. The fonts that it ships
are those of pdfjs-dist, which has its own licence beside each. The same list for programs is
`mshield.cdx.json` (CycloneDX), beside this page and in each wheel's `sboms/`; what libraries' own wheels contain, such
as OpenSSL in `cryptography`, their own lists say.

## Installed beside it

Not part of the distribution: `pip` brings them, unchanged, and each can be replaced. So the copyleft of some (LGPL,
MPL) ends at themselves.

| package | version | licence | for |
|---|---|---|---|
{python}

## Built into the pages

The texts of these licences are served with the pages, as `licences.json`, and the app shows them under "About".

| package | version | licence | pages |
|---|---|---|---|
{pages}
"""
