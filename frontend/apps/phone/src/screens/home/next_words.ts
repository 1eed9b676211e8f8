/** Texts of the steps after registration. */

export const nextWords = {
  zh: {
    title: "接下来",
    lead: "已注册并登录。还差几步，就能用这部手机登录和签名",
    allDone: "都办好了，这部手机可以登录和签名了",
    done: "已完成",
    optional: "可选",
    first: "完成上一步后可办",
    home: "去首页",
    later: "以后再办",
    steps: {
      identity: { title: "核验身份", text: "证明您是备案的法人或操作员", act: "去核验" },
      apply: { title: "申请证书", text: "核对备案信息，设置 6 位 PIN 码", act: "去申请" },
      bind: { title: "绑定证书", text: "掌上海关等应用跳转来签名时需要", act: "去绑定" },
      finger: { title: "开启指纹或面容", text: "打开手机盾、登录和签名时代替输入 PIN 码", act: "去开启" },
      notices: { title: "通知", text: "有登录和签名请求、证书到期时提醒您", act: "去设置" },
    },
  },
  en: {
    title: "What comes next",
    lead: "You are registered and logged in. A few more steps, and this phone can log in and sign",
    allDone: "All done. This phone can log in and sign",
    done: "Done",
    optional: "Optional",
    first: "After the step before",
    home: "Home",
    later: "Later",
    steps: {
      identity: {
        title: "Prove your identity",
        text: "That you are the legal representative or operator on file",
        act: "Prove",
      },
      apply: {
        title: "Apply for a certificate",
        text: "Check the filing, set a PIN of 6 digits",
        act: "Apply",
      },
      bind: {
        title: "Bind the certificate",
        text: "For apps such as Palm Customs that request signatures",
        act: "Bind",
      },
      finger: {
        title: "Finger or face",
        text: "Opens the app, logs in and signs instead of the PIN",
        act: "Switch on",
      },
      notices: {
        title: "Notices",
        text: "When a login or signature is requested, or the certificate is about to expire",
        act: "Set up",
      },
    },
  },
};
