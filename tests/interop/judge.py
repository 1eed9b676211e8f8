"""Runs the Java judges (`java/`), BouncyCastle and Santuario, over evidence, files, stamps; compiles them once.

`judge(folder)` returns the judge's "ok" lines or raises `Rejected` with the failing check's name.
"""

import atexit
import shutil
import subprocess
import tempfile
from functools import lru_cache
from pathlib import Path

SOURCES = Path(__file__).parent / "java"
JARS = tuple(
    Path("/usr/share/java") / name
    for name in (
        "bcprov.jar",
        "bcpkix.jar",
        "bcutil.jar",
        "xmlsec.jar",
        "pdfbox2.jar",
        "fontbox2.jar",
        "commons-logging.jar",
    )
)
LOGGING = tuple(
    Path("/usr/share/java") / name for name in ("slf4j-api.jar", "slf4j-nop.jar", "commons-codec.jar")
)
"""What Santuario itself needs, as its package brings it."""

JAVA = ("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""For a program of half a second: nothing is compiled for speed, and no other thread collects garbage."""

INSTALL = (
    "apt-get install openjdk-17-jdk-headless libbcprov-java libbcpkix-java libbcutil-java libxml-security-java"
    " libpdfbox2-java"
)


class Rejected(Exception):
    """The judge refused the evidence; the message is its sentence, `check` the check's name."""

    def __init__(self, message: str) -> None:
        """Take the judge's last line, `failed: NAME: why`."""
        super().__init__(message)
        self.check = message.removeprefix("failed: ").split(":")[0]


class JudgeMissing(Exception):
    """Java or BouncyCastle is not installed; the message says what to install."""


@lru_cache(maxsize=1)
def compiled() -> Path:
    """The folder with the compiled judge; JudgeMissing if it cannot be compiled here."""
    missing = [name for name in ("java", "javac") if shutil.which(name) is None]
    missing += [str(jar) for jar in JARS if not jar.exists()]
    if missing:
        raise JudgeMissing(f"the independent judge needs {', '.join(missing)}; install with: {INSTALL}")
    folder = tempfile.mkdtemp(prefix="judge-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    subprocess.run(
        [
            "javac",
            "-encoding",
            "UTF-8",
            "-Xlint:all,-processing,-path",
            "-Werror",
            "-cp",
            _class_path(),
            "-d",
            folder,
            *map(str, sorted(SOURCES.glob("*.java"))),
        ],
        check=True,
    )
    return Path(folder)


def _class_path(*more: Path) -> str:
    return ":".join(map(str, (*JARS, *LOGGING, *more)))


def judge(folder: Path, *, at: int | None = None) -> list[str]:
    """The "ok: …" lines for the folder at the moment `at` (ms since the epoch; None: now); Rejected if it fails."""
    return _run("Judge", folder, *([] if at is None else [at]))


def judge_stamp(kind: str, *files: Path) -> list[str]:
    """What BouncyCastle's classes for time stamps say (java/StampJudge.java); Rejected if they refuse."""
    return _run("StampJudge", kind, *files)


def judge_p7(file: Path, *options: str | Path) -> tuple[bool, bool]:
    """Whether the judge of GB/T 35275 takes a P7, and whether BouncyCastle's own CMS classes do (java/P7Judge.java)."""
    lines = _verdict("P7Judge", file, *options)
    return "verdict: accept" in lines, "bc-cms: true" in lines


def judge_xml(file: Path) -> list[str]:
    """What Apache Santuario says of a signed XML (java/XmlJudge.java); the last line is its verdict."""
    return _verdict("XmlJudge", file)


def _verdict(program: str, *arguments: str | Path) -> list[str]:
    command = [*JAVA, "-cp", _class_path(compiled()), program, *map(str, arguments)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode not in {0, 1}:
        raise Rejected(said.stderr.strip().splitlines()[-1])
    return said.stdout.splitlines()


def judge_pdf(file: Path) -> str:
    """What the judge of signed PDFs sees, on PDFBox (java/PdfJudge.java); Rejected if it refuses."""
    command = [*JAVA, "-cp", _class_path(compiled()), "PdfJudge", str(file)]
    said = subprocess.run(command, capture_output=True, text=True, check=False)
    if said.returncode != 0:
        raise Rejected((said.stdout + said.stderr).strip().splitlines()[-1])
    return said.stdout


def _run(program: str, *arguments: object) -> list[str]:
    command = [*JAVA, "-Dfile.encoding=UTF-8", "-cp", _class_path(compiled()), program]
    command += map(str, arguments)
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode != 0:
        raise Rejected(result.stderr.strip().splitlines()[-1])
    return result.stdout.splitlines()
