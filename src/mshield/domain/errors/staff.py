"""What staff meet at the console: their own login, and acts that two decide."""

from mshield.domain.errors.domain_error import DomainError


class WrongStaffToken(
    DomainError,
    code="wrong_staff_token",
    zh="访问令牌无效、已过期或已停用，请向管理员索取",
    en="The access token is not valid, or no longer. Ask an administrator for a new one",
):
    """No token, an unknown or ended one, or that of a disabled member: not told apart."""


class StaffLoginFailed(
    DomainError,
    code="staff_login_failed",
    zh="姓名或密码不对",
    en="Wrong name or password",
):
    """No such member, not their password, disabled, or not set up yet: not told apart."""


class StaffLoginOver(
    DomainError,
    code="staff_login_over",
    zh="这次登录已过时，请重新输入姓名和密码",
    en="This login took too long. Enter name and password again",
):
    """The first half of a login is unknown, used, or too old."""


class SecondFactorWrong(
    DomainError,
    code="second_factor_wrong",
    zh="动态码不对或已经用过。请核对手机时间，等下一个动态码再试",
    en="The code is wrong or was used before. Check the phone's clock, wait for the next code and try again",
):
    """No factor of the member's answers to this; a time step counts once."""


class SecondFactorNeeded(
    DomainError,
    code="second_factor_needed",
    zh="这项操作需要再次验证动态码或安全密钥，还没有执行",
    en="This needs your second factor again. Nothing was done yet",
):
    """A grave act, and the session's second factor was shown more than five minutes ago."""


class InvalidStaffToken(
    DomainError,
    code="invalid_staff_token",
    zh="令牌没有创建：名称为空或太长，角色不是本人现有的，有效期不对，或令牌太多",
    en="No token was made: name, roles (the member's own at most) or days are not allowed, or there are too many",
):
    """`field` names what it is."""


class SecurityKeyRefused(
    DomainError,
    code="security_key_refused",
    zh="安全密钥没有通过验证，什么都没有改变。请用登记过的密钥再试，并在密钥上验证本人",
    en="The security key was not accepted and nothing has changed. Use one that you added, and verify yourself on it",
):
    """Another's key, another challenge or address, the user not verified, or a counter that went back."""


class LastFactor(
    DomainError,
    code="last_factor",
    zh="这是最后一个登录验证方式，不能移除。请先添加另一个",
    en="This is the last second factor and can't be removed. Add another one first",
):
    """Without it nobody could log in as this member."""


class WrongOwnPassword(
    DomainError,
    code="wrong_own_password",
    zh="密码不对，没有改动",
    en="Wrong password. Nothing was changed",
    faq="3.4",
):
    """Who is logged in shows their password again before their login is changed, and this wasn't it."""


class ApprovalWaiting(
    DomainError,
    code="approval_waiting",
    zh="同样的申请已在等待批准，没有再提交",
    en="The same request waits for approval already. Nothing was added",
):
    """One question about one subject at a time."""


class OwnApproval(
    DomainError,
    code="own_approval",
    zh="不能批准自己提交的或关于自己的申请，请另一位安全管理员处理",
    en="You can't decide what you asked for, or what is about you. Another security officer has to",
):
    """The two-person rule."""


class ApprovalOver(
    DomainError,
    code="approval_over",
    zh="这个申请已经处理、撤回或过期，没有执行",
    en="This request was decided, withdrawn or has expired. Nothing was done",
):
    """Also where who asked, or who decides, is no active security officer any more."""


class SetUpOver(
    DomainError,
    code="set_up_over",
    zh="这个设置链接已用过或已失效，请向管理员要一个新的",
    en="This set-up address was used or is no longer valid. Ask an administrator for a new one",
):
    """The code of first access is unknown, used, replaced by a newer one, or older than a day."""


class InvalidStaff(
    DomainError,
    code="invalid_staff",
    zh="姓名为空、太长或已被使用，或没有选择角色，没有添加",
    en="The name is empty, too long or taken, or no role is given. Nobody was added",
):
    """A member of staff that can't be added."""
