/** Words of the console's frame. */

export const roleNames = {
  zh: {
    filing_officer: "备案管理员",
    customer_service: "客服",
    security_officer: "安全管理员",
    auditor: "审计员",
  },
  en: {
    filing_officer: "Filing officer",
    customer_service: "Customer service",
    security_officer: "Security officer",
    auditor: "Auditor",
  },
};

export const rootWords = {
  zh: { title: "运行控制台 - 手机盾", part: "运行控制台", me: "我的登录", role: roleNames.zh },
  en: { title: "Console - Mobile Shield", part: "Console", me: "My login", role: roleNames.en },
};
