/** Words of the page's frame. */

export const rootWords = {
  zh: { title: "注册 - 手机盾", part: "企业用户注册", install: "安装手机盾", portal: "法人登录" },
  en: {
    title: "Register - Mobile Shield",
    part: "Registration",
    install: "Install the app",
    portal: "Legal representative's portal",
  },
};
