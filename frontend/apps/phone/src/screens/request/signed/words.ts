/** Words for a request that this phone has signed before. */

export const words = {
  zh: {
    signed: "已在这部手机上签好",
    signedAt: "已在这部手机上签好 {when}",
    signedText: "“{title}”的签名已送达{system}，不用再签。",
    login: "已登录{system}",
    loginAt: "已登录{system} {when}",
    loginText: "是这部手机确认的。这次没有再登录。",
    see: "查看这次签名",
    seeLogin: "查看这次登录",
    other: "扫另一个码",
    theSystem: "业务系统",
  },
  en: {
    signed: "Signed on this phone",
    signedAt: "Signed on this phone, {when}",
    signedText: "{system} has the signature of {title}. There is nothing more to sign.",
    login: "Logged in to {system}",
    loginAt: "Logged in to {system}, {when}",
    loginText: "This phone confirmed it. Nothing was logged in again now.",
    see: "See this signature",
    seeLogin: "See this login",
    other: "Scan another code",
    theSystem: "the business system",
  },
};
