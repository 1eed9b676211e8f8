"""The service's own login page: a business system's login, by scan, for systems that send people here (R15)."""

from starlette.responses import Response

from mshield.web.pages.foot import Foot
from mshield.web.pages.language import Language
from mshield.web.pages.page import page, web_address


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
    """The page for one request.

    Once the phone has signed it goes to `resume_url`; `restart_url` makes a new request where this one is over, and
    `cancel_url` leads back to the system. Raises ValueError where one of these is no web address.
    """
    return page(
        "login.html",
        lang=lang,
        foot=foot,
        system_name=system_name,
        # Chinese stands close to Chinese, apart from Latin letters and digits.
        gap=" " if lang == "en" or system_name[:1].isascii() else "",
        domain=domain,
        request_id=request_id,
        status_token=status_token,
        number=number,
        resume_url=web_address(resume_url),
        restart_url=web_address(restart_url),
        cancel_url=web_address(cancel_url),
    )
