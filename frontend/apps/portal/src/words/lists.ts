/** Words shared by the lists. */

export const listWords = {
  zh: { export: "导出", all: "全部" },
  en: { export: "Export", all: "all" },
};
