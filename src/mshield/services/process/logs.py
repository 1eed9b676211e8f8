"""Where this process's log goes: lines to standard error, the security log beside them or to a file of its own."""

import logging
import sys
import time
from logging.handlers import WatchedFileHandler
from pathlib import Path
from typing import Final

import structlog
from structlog.typing import EventDict

from mshield.gateways.tracing import call as calls
from mshield.services.process.security_log import LOGGER, shown_time
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
    handler.setFormatter(as_objects() if settings.log_form == "json" else in_utc())
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    logging.getLogger("httpx").setLevel(logging.WARNING)
    _set_up_security_log(settings.security_log)


def in_utc() -> logging.Formatter:
    """The form of text lines: in UTC whatever the host's zone is, since lines of several hosts are read together."""
    lines = logging.Formatter(_FORM, _TIME)
    lines.converter = time.gmtime
    return lines


def as_objects() -> logging.Formatter:
    """An object a line, escaped to ASCII: time, level, logger, event; of a call its id and trace; what was raised."""
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
    """When it was logged, in the form of the security log's lines."""
    record: logging.LogRecord = event["_record"]
    event["time"] = shown_time(int(record.created * 1000))
    return event


def _add_call(_logger: object, _name: str, event: EventDict) -> EventDict:
    call = calls.current()
    if call is not None:
        event["request"], event["trace"] = call.request_id, call.trace.id
    return event


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
