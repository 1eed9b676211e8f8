"""Where this process's log goes: text lines to standard error, the security log beside them or to a file of its own."""

import logging
import sys
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

from mshield.services.process.security_log import LOGGER
from mshield.settings import Settings

_NOWHERE: Final = logging.NullHandler()
_FORM: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S"


class NoSecurityLog(Exception):
    """The file of the security log can't be written."""

    code = "no_security_log"

    def __init__(self, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        self.zh = f"安全日志文件无法写入（MSHIELD_SECURITY_LOG）：{why}"
        self.en = f"the file of the security log can't be written (MSHIELD_SECURITY_LOG): {why}"
        super().__init__(self.en)


def set_up_logs(settings: Settings) -> None:
    """For a process that serves or runs jobs; a second call changes nothing. Raises NoSecurityLog."""
    handler = logging.StreamHandler()
    handler.setFormatter(in_utc())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    _set_up_security_log(settings.security_log)


def in_utc() -> logging.Formatter:
    """The form of text lines: in UTC whatever the host's zone is, since lines of several hosts are read together."""
    lines = logging.Formatter(_FORM, _TIME)
    lines.converter = time.gmtime
    return lines


def set_up_file(settings: Settings) -> None:
    """For a command, whose standard error is a person's: its security log goes to the file, or nowhere.

    Raises NoSecurityLog.
    """
    logger = logging.getLogger(LOGGER)
    if settings.security_log is not None:
        _set_up_security_log(settings.security_log)
    elif not logger.hasHandlers():
        logger.addHandler(_NOWHERE)


def _set_up_security_log(file: Path | None) -> None:
    logger = logging.getLogger(LOGGER)
    logger.removeHandler(_NOWHERE)
    if logger.handlers:
        return
    try:
        # Watched: whoever rotates the file need tell nobody.
        handler = (
            logging.StreamHandler(sys.stderr) if file is None else WatchedFileHandler(file, encoding="ascii")
        )
    except OSError as error:
        raise NoSecurityLog(error) from error
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
