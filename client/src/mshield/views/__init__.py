"""Views (展示规则): rules by which the phone renders XML or JSON content that is to be signed.

Pure functions on octets, with the same result in every implementation. `docs/views.md` is for authors of
views.
"""

from mshield.views.comparing.answer import Compared, ContentKind, compare, compare_drawn
from mshield.views.document import Words, compare_words, is_shown, kind_of
from mshield.views.drawing import Drawn, ReadContent, draw, fitting, read_content
from mshield.views.errors import ViewError
from mshield.views.grammar import read_view
from mshield.views.view import View

__all__ = [
    "Compared",
    "ContentKind",
    "Drawn",
    "ReadContent",
    "View",
    "ViewError",
    "Words",
    "compare",
    "compare_drawn",
    "compare_words",
    "draw",
    "fitting",
    "is_shown",
    "kind_of",
    "read_content",
    "read_view",
]
