/** What people are filed as. */
export const filedRoles = {
  zh: { legal_person: "法人", operator: "操作员" },
  en: { legal_person: "Legal person", operator: "Operator" },
};
