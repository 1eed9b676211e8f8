/** Texts about a pending change of the phone number. */

export const words = {
  zh: {
    title: "您的手机号将被更改",
    text: "客服将在 {when} 把这个账号改绑到 {phone}。不是您要求的，请马上叫停。",
    filed: "备案机构将在 {when} 把您的备案手机号改为 {phone}。不是您要求的，请马上叫停。",
    removed: "备案机构将在 {when} 删除您的备案手机号。不是您要求的，请马上叫停。",
    mineFiled: "是您要求的，不用处理。生效后，凭原备案手机号的身份核验结束。",
    stop: "不是我要求的，叫停",
    mine: "是您要求的，不用处理。到时这里会退出登录，请用新手机号登录。",
    stopped: "已叫停，手机号没有更改。请联系客服，说明不是您要求的。",
    gone: "这次更改已经叫停或取消，手机号没有更改。不是您要求的，请联系客服。",
    ask: {
      title: "叫停更改手机号？",
      text: "账号不会改绑到 {phone}。两个号码都会收到短信。",
      filed: "备案手机号不会更改，您会收到短信。",
      stay: "再看看",
      act: "叫停",
    },
  },
  en: {
    title: "Your phone number is about to be changed",
    text: "Customer service binds this account to {phone} at {when}. If you didn't ask for it, stop it at once.",
    filed:
      "The filing office changes your number on file to {phone} at {when}. If you didn't ask for it, stop it at once.",
    removed:
      "The filing office removes your number from the file at {when}. If you didn't ask for it, stop it at once.",
    mineFiled:
      "If you requested it, there is nothing to do. The verification by the number on file ends then.",
    stop: "It wasn't me: stop it",
    mine: "If you requested it, there is nothing to do. You will be logged out here; log in with the new number.",
    stopped: "Stopped; the number was not changed. Call customer service and say that it wasn't you.",
    gone: "It was already stopped or withdrawn; the number was not changed. If you didn't request it, call customer service.",
    ask: {
      title: "Stop the change of your number?",
      text: "The account won't be bound to {phone}. Both numbers are notified by SMS.",
      filed: "Your number on file doesn't change, and you are notified by SMS.",
      stay: "Not yet",
      act: "Stop it",
    },
  },
};
