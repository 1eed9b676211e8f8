/** Words of an account's questions to its legal representative. */

export const askWords = {
  zh: {
    title: "请法人办理的事",
    none: "没有请法人办理过什么。",
    what: "要办什么",
    shield: "手机盾",
    state: "结果",
    kind: { report_loss: "挂失手机盾", revoke: "作废手机盾", lift: "解除停用", renew: "核对备案以便更新" },
    is: {
      waiting: "等法人办理",
      done: "已办理",
      refused: "法人没有办理",
      withdrawn: "已撤回",
      expired: "已过期",
    },
    asked: "{when} 提出",
  },
  en: {
    title: "Requested from the legal representative",
    none: "No requests.",
    what: "What for",
    shield: "Shield",
    state: "Outcome",
    kind: {
      report_loss: "Report it lost",
      revoke: "Revoke the shield",
      lift: "Lift the hold",
      renew: "Check the filing",
    },
    is: {
      waiting: "waiting",
      done: "done",
      refused: "not done",
      withdrawn: "taken back",
      expired: "expired",
    },
    asked: "asked {when}",
  },
};
