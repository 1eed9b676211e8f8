export const words = {
  zh: {
    functions: "功能",
    scanLogin: "扫码登录",
    scanLoginHint: "登录电脑系统",
    scanSign: "扫码签名",
    scanSignHint: "签申报数据",
    apply: "申请证书",
    bind: "绑定证书",
    pin: "修改 PIN 码",
    renew: "更新证书",
  },
  en: {
    functions: "Functions",
    scanLogin: "Scan to log in",
    scanLoginHint: "To a system on a PC",
    scanSign: "Scan to sign",
    scanSignHint: "A declaration",
    apply: "Apply",
    bind: "Bind",
    pin: "Change PIN",
    renew: "Renew",
  },
};
