/** Words of the guide: what to do when a phone is lost, or a PIN forgotten. */

export const guideWords = {
  zh: {
    title: "手机丢了、忘记 PIN 码",
    lost: {
      title: "手机丢了",
      steps: [
        "马上挂失：按手机盾号或姓名找到它，点“挂失”。几秒内就不能登录和签名，以前的签名仍然有效。",
        "手机找回了：点“解挂失”，照常使用，PIN 码不变。",
        "找不回了：点“作废”。持有人在新手机上安装手机盾、用原账号登录、重新申请，得到新的手机盾号。",
      ],
    },
    pin: {
      title: "忘记 PIN 码，或输错五次锁死",
      steps: [
        "PIN 码谁也看不到，不能找回，也不能解锁。",
        "作废这个手机盾，原因选“PIN 码锁死或忘记”。",
        "持有人在同一部手机上重新申请，设置新的 PIN 码；手机盾号不变。",
      ],
    },
    own: {
      title: "丢的是您自己的手机",
      steps: [
        "登录这里不需要手机盾：用账号密码，或到账号所属平台的页面登录，再输入短信验证码。先挂失自己的手机盾。",
        "SIM 卡也丢了：请先向运营商补卡，再收验证码。",
        "手机号不再用了：请联系客服更改账号绑定的手机号。",
      ],
    },
    verify: "验证一个签名",
    go: "去找手机盾",
  },
  en: {
    title: "Lost phone, forgotten PIN",
    lost: {
      title: "A phone is lost",
      steps: [
        "Report the loss at once: find the shield by number or name. Within seconds it can't log in or sign; earlier signatures stay valid.",
        "The phone is found: lift the loss. It works as before, with the same PIN.",
        "The phone isn't found: revoke the shield. The holder installs the app on a new phone, logs in with the same account and applies again; the new phone gets a new shield number.",
      ],
    },
    pin: {
      title: "A PIN is forgotten, or locked by five wrong tries",
      steps: [
        "Nobody can see a PIN; it can be neither recovered nor unlocked.",
        'Revoke the shield with the reason "PIN locked or forgotten".',
        "The holder applies again on the same phone with a new PIN; the number stays.",
      ],
    },
    own: {
      title: "The lost phone is your own",
      steps: [
        "You can log in here without a shield: by account and password, or on the page of your account's platform, then by an SMS code. Report your own shield lost first.",
        "The SIM card is gone too: get a new one from your operator, then the code arrives.",
        "The number is no longer yours: ask customer service to change your account's number.",
      ],
    },
    verify: "Verify a signature",
    go: "Find the shield",
  },
};
