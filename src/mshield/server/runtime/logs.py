"""Sets up this process's logs.

Log lines go to standard error. The security log goes there too, or to a file of its own.
"""

import logging
import sys
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

import structlog
from structlog.typing import EventDict

from mshield.server.runtime.security_log.log import LOGGER, shown_time
from mshield.server.runtime.tracing import call as calls
from mshield.server.settings.process import ProcessSettings

_NOWHERE: Final = logging.NullHandler()
_FORM: Final = "%(asctime)s.%(msecs)03dZ %(levelname)s %(name)s %(message)s"
_TIME: Final = "%Y-%m-%dT%H:%M:%S"


class NoSecurityLog(Exception):
    """Error: the file of the security log can't be written."""

    code = "no_security_log"

    def __init__(self, error: OSError) -> None:
        why = error.strerror or type(error).__name__
        self.zh = f"安全日志文件无法写入（MSHIELD_SECURITY_LOG）：{why}"
        self.en = f"the security log file can't be written (MSHIELD_SECURITY_LOG): {why}"
        super().__init__(self.en)


def set_up_logs(settings: ProcessSettings) -> None:
    """Sets up logs of a process that serves or runs jobs; further calls change nothing. Raises: NoSecurityLog."""
    handler = logging.StreamHandler()
    handler.setFormatter(as_objects() if settings.log_form == "json" else in_utc())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    _set_up_security_log(settings.security_log)


def in_utc() -> logging.Formatter:
    """Returns the formatter for text lines, in UTC on any host, since lines of several hosts are read together."""
    lines = logging.Formatter(_FORM, _TIME)
    lines.converter = time.gmtime
    return lines


def as_objects() -> logging.Formatter:
    """Returns the formatter for JSON lines, escaped to ASCII.

    Fields: time, level, logger, event; the call's request id and trace id; exceptions.
    """
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _add_time,
            _add_call,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=True),
        ],
    )


def _add_time(_logger: object, _name: str, event: EventDict) -> EventDict:
    """Adds the time of logging in the format of the security log."""
    record: logging.LogRecord = event["_record"]
    event["time"] = shown_time(int(record.created * 1000))
    return event


def _add_call(_logger: object, _name: str, event: EventDict) -> EventDict:
    call = calls.current()
    if call is not None:
        event["request"], event["trace"] = call.request_id, call.trace.id
    return event


def set_up_file(settings: ProcessSettings) -> None:
    """Sets up the security log of a command: to the file, or discarded, since its user reads standard error.

    Raises: NoSecurityLog.
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
        # WatchedFileHandler reopens a rotated file, so log rotation needs no signal.
        handler = (
            logging.StreamHandler(sys.stderr) if file is None else WatchedFileHandler(file, encoding="ascii")
        )
    except OSError as error:
        raise NoSecurityLog(error) from error
    handler.setFormatter(logging.Formatter("%(message)s"))
    logger.addHandler(handler)
    logger.setLevel(logging.INFO)
    logger.propagate = False
