/** Words of the one-day wait after a password reset by SMS. */

export const waitWords = {
  zh: {
    title: "密码刚用短信重设过，有些事要等到 {when}",
    waits: "为防别人收走您的短信冒充您：确认操作员、制作激活码、解挂失、解冻结、作废，到时才能办。",
    now: "挂失、冻结、拒绝申请，现在就可以办。",
    sooner:
      "不想等：用重设之前就有的本人手机盾扫码登录，或在作废、确认操作员时用它签名；或向备案机构领新的激活码，在“{page}”输入。",
    notYou: "不是您重设的：请马上联系客服停用账号。",
    page: "我的企业",
  },
  en: {
    title: "The password was reset by SMS: some acts wait until {when}",
    waits:
      "To protect you from somebody who reads your SMS, you can't do the following until then: confirm operators, create activation codes, lift losses and freezes, and revoke.",
    now: "You can report a loss, freeze, and refuse an application now.",
    sooner:
      'To avoid the wait, log in by scanning with a shield that you had before the reset, or sign the revocation or confirmation with it; or get a new activation code from the filing office and enter it at "{page}".',
    notYou: "If you didn't reset it, ask customer service to disable the account at once.",
    page: "Enterprises",
  },
};
