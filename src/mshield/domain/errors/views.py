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


class ViewRequired(
    DomainError,
    code="view_required",
    zh="业务系统登记了这种内容的展示规则，请求必须写明用哪一个展示，没有提交",
    en="The business system has a view for such content: the request has to name it. Nothing was submitted",
):
    """A document that its business system has a view for names none: `view`; `place` is the document's, from 0."""


class ViewVersionWrong(
    DomainError,
    code="view_version_wrong",
    zh="展示规则的版本应当是 {expected}，没有提交",
    en="The view's version has to be {expected}. Nothing was submitted",
):
    """Versions of one id follow one another: the next is `expected`."""
