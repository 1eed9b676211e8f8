/** Words of the question for a reason. */

export const reasonWords = {
  zh: { reason: "原因", reasonHint: "会写入审计记录" },
  en: { reason: "Reason", reasonHint: "Recorded in the audit" },
};
