/** Words of the fields by which lists are searched, and of what came of it. */

export const searchWords = {
  zh: {
    people: "姓名、企业、信用代码、证件号码，或盾号、手机、证件的末 4 位",
    accounts: "姓名、企业、信用代码，或完整的证件号码、手机号、盾号",
    wholeHint: "可输全名、姓，或只输名，企业名至少 2 个字，号码须输完整。",
    sms: "手机号或末 4 位，姓名、企业，或盾号、证件的末 4 位",
    acts: "姓名、企业，盾号、手机、证件的末 4 位，或对象编号",
    actors: "谁做的：员工姓名，或姓名、企业，盾号、手机、证件的末 4 位",
    hint: "可输全名、姓，或只输名，企业名至少 2 个字，号码至少输末 4 位。",
    goOn: "没有找到？继续查找",
    morePeople: "符合的人太多：只查了其中 300 个账号和 300 条备案。请再多输入一些。",
  },
  en: {
    people: "Name, enterprise, credit code, ID number, or last 4 of shield, phone or ID",
    accounts: "Name, enterprise, credit code, or a whole ID, phone or shield number",
    wholeHint: "Names by their beginning, enterprises by at least two characters, numbers as a whole.",
    sms: "Phone number or its last 4, name, enterprise, or last 4 of shield or ID",
    acts: "Name, enterprise, last 4 of shield, phone or ID, or a subject's ID",
    actors: "By whom: a member of staff's name, or name, enterprise, last 4 of shield, phone or ID",
    hint: "Names by their beginning, enterprises by at least two characters, numbers by at least their last 4.",
    goOn: "Not listed here? Keep searching",
    morePeople:
      "Too many people match: only 300 accounts and 300 filing records were considered. Enter more.",
  },
};
