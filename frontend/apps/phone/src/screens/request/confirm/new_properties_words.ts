export const newPropertyWords = {
  zh: {
    title: "这次和以前的登录不一样",
    computer: "第一次从这种电脑登录",
    network: "第一次从这个网络登录",
    what: "和这个账号近半年的登录相比。换了电脑或地方是正常的；码是别人发来的、打电话让您扫的，就选“不是我发起的”。",
  },
  en: {
    title: "Unlike your logins before",
    computer: "First login from such a computer",
    network: "First login from this network",
    what: 'Compared with the account\'s logins of half a year. Another PC or place is nothing unusual; if somebody sent you the code or had you scan it, choose "Not me".',
  },
};
