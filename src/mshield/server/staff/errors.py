"""Errors of staff at the console: their own login, and acts that need two people."""

from mshield.server.errors import DomainError


class WrongStaffToken(
    DomainError,
    code="wrong_staff_token",
    zh="访问令牌无效、已过期或已停用，请向管理员索取",
    en="The access token is invalid or has ended. Ask an administrator for a new one",
):
    """The token is missing, unknown or expired, or its member is disabled; the answer doesn't say which."""


class StaffLoginFailed(
    DomainError,
    code="staff_login_failed",
    zh="姓名或密码不正确",
    en="Wrong name or password",
):
    """Unknown or disabled member, wrong password, or login not set up yet; the answer doesn't say which."""


class StaffLoginOver(
    DomainError,
    code="staff_login_over",
    zh="这次登录已过时，请重新输入姓名和密码",
    en="This login took too long. Enter name and password again",
):
    """The first step of the login is unknown, used or expired."""


class SecondFactorWrong(
    DomainError,
    code="second_factor_wrong",
    zh="动态码不正确或已经用过。请核对手机时间，等下一个动态码再试",
    en="The code is wrong or was already used. Check the phone's time, wait for the next code and try again",
):
    """No second factor of the member accepts the code; a time step is valid only once."""


class SecondFactorNeeded(
    DomainError,
    code="second_factor_needed",
    zh="这项操作需要再次验证动态码或安全密钥，还没有执行",
    en="This needs your second factor again. Nothing was done yet",
):
    """The act is critical, and the session's second factor is more than five minutes old."""


class InvalidStaffToken(
    DomainError,
    code="invalid_staff_token",
    zh="令牌没有创建：名称为空或太长，角色不是本人现有的，有效期不正确，或令牌太多",
    en=(
        "No token was created: name, roles (only the member's own) or days are not permitted, or "
        "there are too many tokens"
    ),
):
    """The new token is invalid; `field` says what is wrong."""


class SecurityKeyRefused(
    DomainError,
    code="security_key_refused",
    zh="安全密钥没有通过验证，什么都没有改变。请用登记过的密钥再试，并在密钥上验证本人",
    en="The security key was not accepted. Nothing was changed. Use one that you added, and verify "
    "yourself on it",
):
    """Unknown key, wrong challenge or origin, user not verified, or signature counter not increased."""


class LastFactor(
    DomainError,
    code="last_factor",
    zh="这是最后一个登录验证方式，不能移除。请先添加另一个",
    en="This is the last second factor and can't be removed. Add another one first",
):
    """The last second factor can't be removed: without it the member could not log in."""


class WrongOwnPassword(
    DomainError,
    code="wrong_own_password",
    zh="密码不正确，没有改动",
    en="Wrong password. Nothing was changed",
    faq="3.4",
):
    """The password confirming a change of one's own login is wrong."""


class ApprovalWaiting(
    DomainError,
    code="approval_waiting",
    zh="同样的申请已在等待批准，没有再提交",
    en="The same request already waits for approval. Nothing was added",
):
    """A request for the same act on the same subject is already waiting for approval."""


class OwnApproval(
    DomainError,
    code="own_approval",
    zh="不能批准自己提交的或关于自己的申请，请另一位安全管理员处理",
    en="You can't decide a request that you made or that concerns you. Ask another security officer",
):
    """Members can't approve their own requests, or requests about themselves (two-person rule)."""


class ApprovalOver(
    DomainError,
    code="approval_over",
    zh="这个申请已经处理、撤回或过期，没有执行",
    en="This request was already decided, withdrawn or has expired. Nothing was done",
):
    """The approval is decided, withdrawn or expired.

    Also raised if the requester or the approver is no longer an active security officer.
    """


class SetUpOver(
    DomainError,
    code="set_up_over",
    zh="这个设置链接已用过或已失效，请向管理员要一个新的",
    en="This set-up address was already used or is no longer valid. Ask an administrator for a new one",
):
    """The set-up code is unknown, used, replaced by a newer one, or older than a day."""


class InvalidStaff(
    DomainError,
    code="invalid_staff",
    zh="姓名为空、太长或已被使用，或没有选择角色，没有添加",
    en="The name is empty, too long or taken, or no role is given. Nobody was added",
):
    """The member of staff can't be added."""


class WholeNumberNeeded(
    DomainError,
    code="whole_number_needed",
    zh="客服请输入完整的手机号、证件号码或盾号",
    en="Customer service finds people by whole numbers only. Enter the whole phone, ID or shield number",
):
    """Customer service searched by the end of a number: only whole numbers find somebody there."""
