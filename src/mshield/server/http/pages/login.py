"""The service's own login page, for business systems that redirect here to log in by scanning (R15)."""

from starlette.responses import Response

from mshield.server.http.pages.footer import Foot
from mshield.server.http.pages.language import Language
from mshield.server.http.pages.page import page, web_address


def login_page(
    *,
    system_name: str,
    domain: str,
    request_id: str,
    status_token: str,
    number: str,
    resume_url: str,
    restart_url: str,
    cancel_url: str,
    lang: Language,
    foot: Foot,
) -> Response:
    """Returns the login page of one request.

    After the phone has signed, the page goes to `resume_url`; `restart_url` creates a new request once this
    one has ended, and `cancel_url` returns to the business system. Raises: ValueError (an address isn't a web
    address).
    """
    return page(
        "login.html",
        lang=lang,
        foot=foot,
        system_name=system_name,
        # Chinese follows Chinese without a blank; Latin letters and digits are set off by one.
        gap=" " if lang == "en" or system_name[:1].isascii() else "",
        domain=domain,
        request_id=request_id,
        status_token=status_token,
        number=number,
        resume_url=web_address(resume_url),
        restart_url=web_address(restart_url),
        cancel_url=web_address(cancel_url),
    )
