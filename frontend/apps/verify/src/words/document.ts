/** Names of the signed document, and texts about a given file that is something else. */

export const documentWords = {
  zh: {
    noTitle: "没有标题",
    inside: "签名文件里的原文",
    other: {
      inside: "放入的“{name}”不是被签的文件，下面是签名文件里的原文",
      nowhere: "放入的“{name}”不是被签的文件，被签的文件不在这里",
    },
  },
  en: {
    noTitle: "No title",
    inside: "The document in the signature's file",
    other: {
      inside: '"{name}" is not what was signed. Below is the document in the signature\'s file',
      nowhere: '"{name}" is not what was signed. What was signed is not here',
    },
  },
};
