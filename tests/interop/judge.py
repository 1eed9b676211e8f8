"""Runs the Java judges (`java/`), BouncyCastle and Santuario, on evidence, files and stamps, in one Java process.

`judge(folder)` returns the judge's "ok" lines or raises `Rejected` with the failing check's name.
"""

import atexit
import shutil
import subprocess
import tempfile
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from threading import Lock, Thread
from typing import Final

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
"""Santuario's own dependencies, as in its package."""

JAVA = ("java", "-Xshare:auto", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC")
"""Options for a process of few seconds: no optimising compiler, no concurrent garbage collector."""

INSTALL = (
    "apt-get install openjdk-17-jdk-headless libbcprov-java libbcpkix-java libbcutil-java libxml-security-java"
    " libpdfbox2-java"
)


class Rejected(Exception):
    """The judge refused the evidence; the message is its sentence, `check` the check's name."""

    def __init__(self, message: str) -> None:
        """Parses the judge's last line, `failed: NAME: why`."""
        super().__init__(message)
        self.check = message.removeprefix("failed: ").split(":")[0]


class JudgeMissing(Exception):
    """Java or BouncyCastle is not installed; the message says what to install."""


def _look_for_java() -> None:
    missing = [name for name in ("java", "javac") if shutil.which(name) is None]
    missing += [str(jar) for jar in JARS if not jar.exists()]
    if missing:
        raise JudgeMissing(f"the independent judge needs {', '.join(missing)}; install with: {INSTALL}")


@lru_cache(maxsize=1)
def _compiled() -> Path:
    """Returns the folder with the compiled judges."""
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


class _Judges:
    """One Java process that handles one request after the other (java/Judges.java)."""

    def __init__(self) -> None:
        self._lock: Final = Lock()
        command = [*JAVA, "-Dfile.encoding=UTF-8", "-cp", _class_path(_compiled()), "Judges"]
        self._java: Final = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        atexit.register(self._end)

    def ask(self, *words: object) -> tuple[int, str, str]:
        """Returns exit code, stdout and stderr of one request."""
        assert self._java.stdin is not None
        assert self._java.stdout is not None
        line = b" ".join(b64encode(str(word).encode()) for word in words)
        with self._lock:
            self._java.stdin.write(line + b"\n")
            self._java.stdin.flush()
            answer = self._java.stdout.readline()
        code, out, err = answer.removesuffix(b"\n").split(b" ")
        return int(code), b64decode(out).decode(), b64decode(err).decode()

    def _end(self) -> None:
        assert self._java.stdin is not None
        self._java.stdin.close()
        self._java.wait()


_judges = lru_cache(maxsize=1)(_Judges)


def judge(folder: Path, *, at: int | None = None) -> list[str]:
    """Returns the "ok: …" lines for the folder at time `at` (ms since the epoch; None: now). Raises: Rejected."""
    return _accepted("Judge", folder, *([] if at is None else [at]))


def judge_stamp(kind: str, *files: Path) -> list[str]:
    """Returns the result of BouncyCastle's time stamp classes (java/StampJudge.java). Raises: Rejected."""
    return _accepted("StampJudge", kind, *files)


def judge_p7(file: Path, *options: str | Path) -> tuple[bool, bool]:
    """Reports whether the judge of GB/T 35275 accepts a P7, and whether BouncyCastle's CMS does (java/P7Judge.java)."""
    lines = _verdict("P7Judge", file, *options)
    return "verdict: accept" in lines, "bc-cms: true" in lines


def judge_xml(file: Path) -> list[str]:
    """Returns Apache Santuario's report on a signed XML (java/XmlJudge.java); the last line is its verdict."""
    return _verdict("XmlJudge", file)


def judge_pdf(file: Path) -> str:
    """Returns the report on a signed PDF, based on PDFBox (java/PdfJudge.java). Raises: Rejected."""
    code, out, err = _ask("PdfJudge", file)
    if code != 0:
        raise Rejected((out + err).strip().splitlines()[-1])
    return out


@contextmanager
def java_server(program: str, *arguments: object) -> Iterator[str]:
    """Runs a server of `java/` and yields its address; its first line is `ready ADDRESS`. Raises: JudgeMissing."""
    _look_for_java()
    command = [*JAVA, "-Dfile.encoding=UTF-8", "-cp", _class_path(_compiled()), program, *map(str, arguments)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as java:
        assert java.stdout is not None
        try:
            ready = java.stdout.readline().split()
            assert ready[:1] == ["ready"], ready
            drain = Thread(
                target=java.stdout.read, daemon=True
            )  # so that the server never waits for a full pipe
            drain.start()
            yield ready[1]
        finally:
            java.terminate()


def _ask(*words: object) -> tuple[int, str, str]:
    """Sends a request to the judges. Raises: JudgeMissing if Java or its libraries are not installed."""
    _look_for_java()
    return _judges().ask(*words)


def _accepted(program: str, *arguments: object) -> list[str]:
    code, out, err = _ask(program, *arguments)
    if code != 0:
        raise Rejected(err.strip().splitlines()[-1])
    return out.splitlines()


def _verdict(program: str, *arguments: object) -> list[str]:
    _, out, err = _ask(program, *arguments)
    if not any(line.startswith("verdict: ") for line in out.splitlines()):
        raise Rejected(err.strip().splitlines()[-1])
    return out.splitlines()
