/** Names of a certificate's events and of those who caused them. */

export const eventWords = {
  zh: {
    event: {
      prepare: "签发，待确认",
      activate: "签发",
      lock_pin: "PIN 码锁死",
      supersede: "已由更新取代",
      revoke: "作废",
      withdraw: "放弃更新",
      find_clone: "发现疑似复制，自动停用",
      lift_clone: "解除误判的疑似复制",
      apply_again: "本机重复申请，停用",
      report_loss: "挂失",
      lift_loss: "解挂失",
      freeze: "冻结",
      unfreeze: "解冻结",
      suspend: "暂停",
      resume: "恢复",
    },
    actor: { service: "系统", user: "持有人", legal_person: "法人", staff: "员工" },
  },
  en: {
    event: {
      prepare: "Issued, to be confirmed",
      activate: "Issued",
      lock_pin: "PIN locked",
      supersede: "Replaced by renewal",
      revoke: "Revoked",
      withdraw: "Renewal abandoned",
      find_clone: "Possible copy found, stopped",
      lift_clone: "Not a copy, hold lifted",
      apply_again: "Applied again on the same phone, stopped",
      report_loss: "Reported lost",
      lift_loss: "Loss lifted",
      freeze: "Frozen",
      unfreeze: "Unfrozen",
      suspend: "Suspended",
      resume: "No longer suspended",
    },
    actor: { service: "The service", user: "Holder", legal_person: "Legal representative", staff: "Staff" },
  },
};
