/** Words of the page after the registration. */

export const doneWords = {
  zh: {
    title: "注册成功",
    account: "账号是您的手机号 {account}。接下来在手机上完成三步：",
    install: {
      what: "安装手机盾",
      how: "用手机相机或微信扫描二维码，按手机上的提示安装。",
      code: "二维码：手机盾安装页面",
      open: "打开安装页面",
    },
    login: { what: "登录", how: "打开手机盾，输入手机号和刚才设置的密码。" },
    apply: {
      what: "申请证书",
      how: "填写姓名、证件号码、用户类型和企业的统一社会信用代码，须与备案一致。企业有没有为您备案，登录后申请时才核对；法人可以先在三证合一查看备案。",
      portal: "法人查看备案",
    },
    again: "为另一个人注册",
  },
  en: {
    title: "You are registered",
    account: "Your account is your phone number, {account}. Three steps are left, on the phone:",
    install: {
      what: "Install the app",
      how: "Scan the code with the phone's camera or WeChat and follow the instructions on the phone.",
      code: "QR code: the page that installs the app",
      open: "Open the install page",
    },
    login: {
      what: "Log in",
      how: "Open the app; enter the phone number and the password that you just set.",
    },
    apply: {
      what: "Apply for a certificate",
      how: "Name, ID number, user type and the enterprise's unified social credit code must match the filing. Whether you are on file is checked when you apply; your legal representative can look it up in the portal.",
      portal: "Look up the filing (legal representative)",
    },
    again: "Register somebody else",
  },
};
