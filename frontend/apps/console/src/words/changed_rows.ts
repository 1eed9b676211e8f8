/** Words about records changed outside of the service. */

export const changedRowsWords = {
  zh: {
    title: "有 {n} 条记录在服务之外被改动，未列出，服务也不再依据它们",
    hint: "请运维执行 mshield seals check 查明原因：",
  },
  en: {
    title:
      "{n} record changed outside the service: not listed, and not used | {n} records changed outside the service: not listed, and not used",
    hint: "Ask operations to find out why with mshield seals check:",
  },
};
