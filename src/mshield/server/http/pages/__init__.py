"""The service's own pages: HTML from templates that escape every value, without inline scripts or styles."""

from mshield.server.http.pages.login import login_page
from mshield.server.http.pages.messages import error_page, message_page

__all__ = ["error_page", "login_page", "message_page"]
