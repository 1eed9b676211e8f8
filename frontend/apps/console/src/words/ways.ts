/** Roles in registration records. */
export const filedRoles = {
  zh: { legal_person: "法人", operator: "操作员" },
  en: { legal_person: "Legal representative", operator: "Operator" },
};
