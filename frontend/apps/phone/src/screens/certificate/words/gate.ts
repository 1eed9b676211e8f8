export const words = {
  zh: {
    networkFaq: "常见问题：网络异常",
    apply: "申请证书",
    toHome: "如何处理",
    barred: {
      none: "本机还没有证书，请先申请证书。",
      held: "证书已停用，请法人恢复后再用。",
      locked: "无法解锁，请法人作废后重新申请。",
      expired: "过期的证书不能更新，请法人作废后重新申请。",
      revoked: "现在可以在本机重新申请。",
      newer: "这一版应用不认识证书现在的状态。",
    },
  },
  en: {
    networkFaq: "Help: the network fails",
    apply: "Apply",
    toHome: "What to do",
    barred: {
      none: "This phone has no certificate yet. Apply for one first.",
      held: "The certificate is on hold: your legal representative can lift it.",
      locked: "It can't be unlocked: ask your legal representative to revoke it, then apply again.",
      expired: "It can't be renewed: ask your legal representative to revoke it, then apply again.",
      revoked: "You can apply again on this phone now.",
      newer: "This version of the app doesn't know the certificate's present state.",
    },
  },
};
