/** Words of what takes two. */

import { detailWords } from "./details.ts";

export const approvalWords = {
  zh: {
    ...detailWords.zh,
    title: "双人审批",
    about: "一位工作人员提交，另一位批准后立即执行。不能批准自己提交的或关于自己的申请。",
    none: "没有申请",
    noneHint: "有人提交后会显示在这里。",
    act: detailWords.zh.code.act,
    state: {
      waiting: "等待批准",
      approved: "已批准",
      refused: "已拒绝",
      withdrawn: "已撤回",
      expired: "已过期",
    },
    subject: "对象",
    reason: "原因",
    asked: "提交",
    decided: "处理",
    byAt: "{name}，{moment}",
    until: "{moment} 前有效",
    name: "姓名",
    approve: "批准并执行",
    refuse: "拒绝",
    withdraw: "撤回",
    own: "您提交的，等另一位工作人员批准",
    confirmTitle: "批准“{act}：{subject}”？",
    confirmAbout: "批准后立即执行，记入审计。",
    /** What can't be taken back, by the act's name. */
    warning: {
      account_change_phone:
        "批准后，拿着新号码的人能重设密码、登录这个账号，身份核验不变。请自己核对依据，不要只听提交的人说。",
      shield_suspend: "批准后这个手机盾立即不能登录和签名。请自己核对凭据：法人确实不能办理。",
      shield_revoke: "作废不能撤销，持有人必须重新申请。请自己核对凭据：法人确实不能办理。",
      identity_code: "激活码能让一个账号成为这位法人。请确认您也见到了本人和证件。",
      ca_revoke:
        "无法撤回。它签发的所有证书几分钟内全部失效，持有人必须重新申请；在建立新一代（mshield ca renew-issuing）之前，不能签发和更新任何证书。",
    } as Record<string, string>,
    keep: "不批准",
    working: "请稍候",
    told: {
      approved: "已批准并执行：{act}，{subject}",
      refused: "已拒绝：{act}，{subject}",
      withdrawn: "已撤回：{act}，{subject}",
    },
    addressTitle: "请把设置链接交给本人",
    addressAbout: "只显示这一次，24 小时内有效。只能让 {subject} 本人看到：谁先打开，谁就成为他。",
    address: "设置链接",
    copied: "我已交给本人",
    codeTitle: "请把激活码交给本人",
    codeAbout: "只显示这一次，{at} 前有效。打印或当面交给 {subject} 本人，不要发送。",
    activationCode: "激活码",
  },
  en: {
    ...detailWords.en,
    title: "Approvals",
    about:
      "One member of staff asks, another one approves, and it is done at once. Nobody decides what they asked for or what is about themselves.",
    none: "No requests",
    noneHint: "They appear here once somebody asks.",
    act: detailWords.en.code.act,
    state: {
      waiting: "Waiting",
      approved: "Approved",
      refused: "Refused",
      withdrawn: "Withdrawn",
      expired: "Expired",
    },
    subject: "About",
    reason: "Reason",
    asked: "Asked",
    decided: "Decided",
    byAt: "{name}, {moment}",
    until: "until {moment}",
    name: "Name",
    approve: "Approve and do it",
    refuse: "Refuse",
    withdraw: "Withdraw",
    own: "You asked for it; another member of staff has to approve",
    confirmTitle: "Approve “{act}: {subject}”?",
    confirmAbout: "It is done at once and stands in the audit.",
    warning: {
      account_change_phone:
        "Whoever holds the new number can then set the password anew and log in, and what proves the account stays. Look at the evidence yourself; don't take the asker's word for it.",
      shield_suspend:
        "The shield stops at once. Look at the evidence yourself: the legal person really can't do it.",
      shield_revoke:
        "A revocation can't be taken back, and the holder must apply anew. Look at the evidence yourself: the legal person really can't do it.",
      identity_code:
        "The code makes an account this person's. Make sure that you, too, have seen them and their document.",
      ca_revoke:
        "It can't be taken back. All certificates that this CA has issued end within minutes, and their holders must apply anew; until the next generation is made (mshield ca renew-issuing), nothing is issued or renewed.",
    } as Record<string, string>,
    keep: "Don't approve",
    working: "One moment",
    told: {
      approved: "Approved and done: {act}, {subject}",
      refused: "Refused: {act}, {subject}",
      withdrawn: "Withdrawn: {act}, {subject}",
    },
    addressTitle: "Hand the set-up address on",
    addressAbout:
      "Shown this once only, valid for 24 hours. Nobody but {subject} may see it: whoever opens it first becomes that member.",
    address: "Set-up address",
    copied: "I have handed it on",
    codeTitle: "Hand the activation code over",
    codeAbout: "Shown this once only, valid until {at}. Print it or hand it to {subject}; never send it.",
    activationCode: "Activation code",
  },
};
