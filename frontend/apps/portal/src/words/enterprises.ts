/** Words of the legal representative's enterprises. */

export const enterpriseWords = {
  zh: {
    title: "我的企业",
    about: "您是这些企业备案里的法人。一次查看一家，在页面上方也可以切换。",
    aboutOne: "您是这家企业备案里的法人。",
    creditCode: "统一社会信用代码",
    shown: "正在查看",
    show: "切换",
    showOf: "切换到{name}",
    add: {
      title: "添加另一家企业",
      text: "您还是别的企业备案里的法人，但这里没有列出：请输入客服为那家企业的备案当面交给您的激活码。码只认您本人，别人的在这里无效。",
      act: "添加",
      working: "请稍候",
    },
    done: {
      added: "已添加{name}",
      look: "查看它的手机盾",
      later: "激活码已使用，{when} 起可以管理那家企业",
      laterText: "您另有一个已核验的账号，它已收到短信提醒，所以要等一等。",
      same: "激活码已使用，您管理的企业没有变化",
      sameText: "那家企业原来就在上面，或者您在那里备案的是操作员：请用这个账号登录手机盾 App，去申请证书。",
    },
  },
  en: {
    title: "Your enterprises",
    about:
      "You are the legal representative on file of these. One is displayed at a time; you can also switch at the top.",
    aboutOne: "You are the legal representative on file of this one.",
    creditCode: "Unified social credit code",
    shown: "Shown now",
    show: "Switch",
    showOf: "Switch to {name}",
    add: {
      title: "Add another enterprise",
      text: "Are you on file as the legal representative of an enterprise that isn't listed? Enter the activation code that customer service handed you for its filing record. Another person's code is invalid here.",
      act: "Add",
      working: "One moment",
    },
    done: {
      added: "{name} was added",
      look: "See its shields",
      later: "The code was accepted; you can manage that enterprise from {when}",
      laterText:
        "You have another verified account, which was notified by SMS; that is why you have to wait.",
      same: "The code is used; your enterprises are the same as before",
      sameText:
        "Either that enterprise was listed already, or you are on file there as an operator: log in to the Mobile Shield app with this account and apply for a certificate.",
    },
  },
};
