export const words = {
  zh: {
    login: {
      title: "登录",
      account: "账号",
      password: "密码",
      captcha: "验证码",
      captchaPicture: "图形验证码",
      another: "换一张",
      act: "登录",
    },
  },
  en: {
    login: {
      title: "Log in",
      account: "Account",
      password: "Password",
      captcha: "Code",
      captchaPicture: "Picture with a code",
      another: "Another picture",
      act: "Log in",
    },
  },
};
