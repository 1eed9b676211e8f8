export const words = {
  zh: {
    which: "您的情况",
    cases: { new: "换新手机", lost: "手机丢了", forgotten: "忘记 PIN 码" },
    titles: { new: "换手机", lost: "手机丢了", forgotten: "忘记 PIN 码", unusable: "本机的手机盾不能再用" },
    lostFirst: "先挂失。",
    lostFirstText: "请法人先在三证合一系统挂失，证书马上停用；找到手机后可以解挂失，照常使用。",
    letter: "请在三证合一系统作废我的手机盾。手机盾号：{number}，{organisation}，{name}",
    one: {
      old: "记下旧手机的手机盾号",
      own: "记下本机的手机盾号",
      use: "用于告诉法人作废哪一个",
      find: {
        new: "在旧手机上打开手机盾，“我的”页面里 MS 开头的 13 位号码",
        lost: "记不得也没关系，法人在三证合一系统可以按姓名查到您的手机盾",
        forgotten: "本机还没有证书，不需要 PIN 码。忘记的是另一部手机的，请在那部手机上查看",
        unusable: "本机没有证书，可以直接申请",
      },
    },
    two: {
      old: "请法人作废旧手机盾",
      own: "请法人作废这个手机盾",
      text: "法人登录三证合一系统，按手机盾号作废。作废不可撤销，过去的签名仍然有效。",
      waiting: "已请法人办理，正在等待，完成后这里会自动更新",
      watching: "法人作废后，这里会自动更新",
      done: "法人已作废，可以继续下一步",
    },
    three: { title: "在新手机上安装并登录", text: "用原来的账号和密码，不用重新注册" },
    last: {
      new: "在新手机上申请证书",
      newText: "会得到新的手机盾号，并设置新的 PIN 码",
      own: "在本机重新申请",
      ownText: "手机盾号不变，设置新的 PIN 码",
      act: "申请证书",
    },
    notes: {
      new: "证书不能搬到另一部手机，这样丢了旧手机也没人能用它签名。旧手机还要继续用时，不必作废，每人最多 6 部设备。",
      lost: "没有您的 PIN 码，别人拿到手机也不能签名，输错 5 次就永久锁死。",
      forgotten:
        "PIN 码无法找回，也无法解锁。这样，谁也不能代您重设后签名。还记得几位的，请不要反复试，输错 5 次会永久锁死。",
      unusable:
        "服务端从备份恢复过，或者本机的密钥数据已损坏，这个手机盾不能再登录和签名，也无法修复。过去的签名仍然有效，PIN 码次数没有消耗。",
    },
    faqs: {
      new: "常见问题：更换手机",
      lost: "常见问题：更换手机",
      forgotten: "常见问题：忘记 PIN 码",
      unusable: "常见问题：更换手机",
    },
  },
  en: {
    which: "Your case",
    cases: { new: "New phone", lost: "Lost phone", forgotten: "Forgot PIN" },
    titles: {
      new: "Another phone",
      lost: "Lost phone",
      forgotten: "Forgot the PIN",
      unusable: "This shield has ended",
    },
    lostFirst: "Report it lost first. ",
    lostFirstText:
      "Ask your legal representative to do so in the portal: the certificate stops at once. If you find the phone, the loss can be lifted.",
    letter: "Please revoke my shield in the portal. Shield number: {number}, {organisation}, {name}",
    one: {
      old: "Note the old phone's shield number",
      own: "Note this phone's shield number",
      use: "it tells your legal representative which one to revoke",
      find: {
        new: "On the old phone open Mobile Shield: the 13 characters with MS on the page Me",
        lost: "You needn't know it: your legal representative finds your shields by name in the portal",
        forgotten: "This phone has no certificate, so it needs no PIN. If it is another phone's, look there",
        unusable: "This phone has no certificate: apply for one",
      },
    },
    two: {
      old: "Ask your legal representative to revoke the old shield",
      own: "Ask your legal representative to revoke this shield",
      text: "In the portal, by its shield number. It can't be undone; what you signed stays valid.",
      waiting: "Requested: waiting for your legal representative; the result will appear here",
      watching: "This page will show when it has been revoked",
      done: "It has been revoked: continue with the next step",
    },
    three: { title: "Install and log in on the new phone", text: "With the same account and password" },
    last: {
      new: "Apply on the new phone",
      newText: "You get a new shield number and choose a new PIN",
      own: "Apply again on this phone",
      ownText: "The shield number stays, the PIN is a new one",
      act: "Apply",
    },
    notes: {
      new: "A certificate can't move to another phone, so nobody can use a lost one. If you keep the old phone, it needn't be revoked: up to 6 devices each.",
      lost: "Without your PIN nobody can sign with the phone: after 5 wrong attempts it locks permanently.",
      forgotten:
        "A PIN can't be recovered or unlocked, so nobody can reset it and sign for you. Don't guess: 5 wrong attempts lock it permanently.",
      unusable:
        "The service was restored from a backup, or this phone's key data is damaged. The shield can't log in or sign any more and can't be repaired. What you signed stays valid, and no PIN attempt was spent.",
    },
    faqs: {
      new: "Help: another phone",
      lost: "Help: another phone",
      forgotten: "Help: a forgotten PIN",
      unusable: "Help: another phone",
    },
  },
};
