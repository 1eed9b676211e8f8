/** Words of the list of staff. */

import { roleNames } from "./root.ts";

export const staffWords = {
  zh: {
    title: "员工",
    about: "添加、调整角色、重发设置链接、停用，都要另一位安全管理员批准后才生效。",
    add: "添加员工",
    name: "姓名",
    roles: "角色",
    stateTitle: "状态",
    since: "加入",
    acts: "操作",
    state: { active: "正常", disabled: "已停用", waiting: "待设置登录" },
    role: roleNames.zh,
    act: { roles: "调整角色", reset: "重发设置链接", disable: "停用" },
    question: {
      add: "添加员工",
      roles: "调整{name}的角色",
      reset: "给{name}重发设置链接",
      disable: "停用{name}",
    },
    means: {
      add: "批准后得到一个设置链接，由批准人转交本人。",
      roles: "批准后立即生效，包括已登录的页面和程序令牌。",
      reset: "批准后他现在的密码、第二步验证和登录立即失效。新链接由批准人转交本人。",
      disable: "批准后他的登录和令牌立即失效。他做过的操作仍保留在审计记录中。",
    },
    nameHint: "全名，登录时使用",
    reason: "原因",
    reasonHint: "写给批准人看，并记入审计",
    lacks: {
      name: "请输入姓名",
      roles: "请选择至少一个角色",
      change: "角色没有变化",
      reason: "请写明原因",
    },
    send: "提交审批",
    working: "请稍候",
    sent: "已提交，等另一位安全管理员批准（72 小时内有效）",
    you: "您",
  },
  en: {
    title: "Staff",
    about:
      "Adding or disabling members, changing roles and new set-up addresses take effect once another security officer approves.",
    add: "Add somebody",
    name: "Name",
    roles: "Roles",
    stateTitle: "State",
    since: "Since",
    acts: "Acts",
    state: { active: "Active", disabled: "Disabled", waiting: "Not set up yet" },
    role: roleNames.en,
    act: { roles: "Change roles", reset: "New set-up address", disable: "Disable" },
    question: {
      add: "Add somebody",
      roles: "Change the roles of {name}",
      reset: "New set-up address for {name}",
      disable: "Disable {name}",
    },
    means: {
      add: "Once approved, a set-up address is displayed to the approver, who passes it on.",
      roles: "Takes effect at once when approved, also for open pages and tokens.",
      reset:
        "When approved, the present password, second factors and sessions become invalid. The approver passes on the new address.",
      disable: "When approved, sessions and tokens end at once. Past acts stay in the audit.",
    },
    nameHint: "Full name, for logging in",
    reason: "Reason",
    reasonHint: "For the approver, and for the audit",
    lacks: {
      name: "Enter the name",
      roles: "Choose one role at least",
      change: "The roles are unchanged",
      reason: "Enter the reason",
    },
    send: "Ask for approval",
    working: "One moment",
    sent: "Sent. Another security officer has to approve it within 72 hours",
    you: "you",
  },
};
