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
      "So that nobody who reads your SMS passes for you, these wait until then: to confirm operators, make activation codes, lift losses and freezes, and revoke.",
    now: "You can report a loss, freeze, and refuse an application now.",
    sooner:
      'Not to wait: log in by scanning with a shield of yours from before, or sign with it what you revoke or whom you confirm; or get a new activation code from the filing office and enter it at "{page}".',
    notYou: "If it wasn't you who set it, have customer service disable the account at once.",
    page: "Enterprises",
  },
};
