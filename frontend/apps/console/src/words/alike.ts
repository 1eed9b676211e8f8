/** Words of business systems that could be taken for one another. */

export const alikeWords = {
  zh: {
    title: "两个业务系统并排对照",
    new: "要登记的",
    there: "已登记的",
    way: {
      same_domain: "域名相同",
      same_owner: "同一域名持有人",
      like_domain: "域名相近",
      like_name: "名称相同或相近",
    } as Record<string, string>,
    about: "名称或域名与已登记的业务系统相同或相近，用户可能认错。须由另一位安全管理员看过两者后批准。",
    reason: "给批准人的说明",
    ask: "提交双人审批",
    sent: "已提交，等另一位安全管理员在“双人审批”里批准。",
  },
  en: {
    title: "Both business systems side by side",
    new: "To be registered",
    there: "Registered",
    way: {
      same_domain: "Same domain",
      same_owner: "Same owner of the domain",
      like_domain: "Domain looks similar",
      like_name: "Name is the same or similar",
    } as Record<string, string>,
    about:
      "Its name or domain equals or resembles that of a registered system, so users could confuse them. Another security officer has to compare both and approve.",
    reason: "For the approver",
    ask: "Ask for approval",
    sent: "Sent. Another security officer has to approve it under Approvals.",
  },
};
