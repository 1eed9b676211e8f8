/** Words of the portal's frame. */

export const rootWords = {
  zh: {
    title: "三证合一 - 手机盾",
    part: "三证合一",
    shields: "手机盾",
    applications: "待确认的申请",
    asks: "操作员的请求",
    people: "备案人员",
    history: "操作记录",
    enterprises: "我的企业",
    help: "帮助",
    guide: "手机丢了、忘记 PIN 码",
    enterprise: "企业",
    legalPerson: "法人",
  },
  en: {
    title: "Legal representative's portal - Mobile Shield",
    part: "Legal representative's portal",
    shields: "Shields",
    applications: "To confirm",
    asks: "Requests",
    people: "Filed people",
    history: "History",
    enterprises: "Enterprises",
    help: "Help",
    guide: "Lost phone, forgotten PIN",
    enterprise: "Enterprise",
    legalPerson: "legal representative",
  },
};
