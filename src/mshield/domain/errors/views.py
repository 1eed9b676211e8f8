"""What keeps a view (展示规则) from being registered, or a content from being drawn by it."""

from mshield.domain.errors.domain_error import DomainError


class ViewFailed(
    DomainError,
    code="view_failed",
    zh="展示规则有误，或者不能展示这份内容，没有提交",
    en="The view is faulty, or can't draw this content. Nothing was submitted",
):
    """`error` and `at` are the drawing's (views.md, section 1), `place` that of the document or sample, from 0.

    `place` is null where the view itself can't be read.
    """


class ViewVersionWrong(
    DomainError,
    code="view_version_wrong",
    zh="展示规则的版本应当是 {expected}，没有提交",
    en="The view's version has to be {expected}. Nothing was submitted",
):
    """Versions of one id follow one another: the next is `expected`."""
