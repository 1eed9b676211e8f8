"""The service's own pages: HTML by templates that escape every value, with no script or style inside."""

from mshield.web.pages.login import login_page
from mshield.web.pages.messages import error_page, message_page

__all__ = ["error_page", "login_page", "message_page"]
