/** Words of first access. */

import { roleNames } from "./root.ts";

export const setUpWords = {
  zh: {
    headline: "设置您的登录",
    for: "{name}，{roles}",
    opening: "正在打开链接",
    overTitle: "链接不能用了",
    noCode: "链接不完整，请从管理员发来的消息里完整复制。",
    one: "设置密码",
    two: "添加第二步验证",
    done: "完成设置并登录",
    working: "请稍候",
    lasting: "链接只能用一次。以后登录要姓名、密码和第二步验证。",
    role: roleNames.zh,
  },
  en: {
    headline: "Set up your login",
    for: "{name}, {roles}",
    opening: "Opening the address",
    overTitle: "This address can't be used",
    noCode: "The address is not complete. Copy all of it from the administrator's message.",
    one: "Choose a password",
    two: "Add a second factor",
    done: "Finish and log in",
    working: "One moment",
    lasting: "The address works once. From now on you log in with name, password and second factor.",
    role: roleNames.en,
  },
};
