export const words = {
  zh: {
    title: "扫一扫",
    aim: "对准电脑上的二维码",
    aimHint: "登录和签名会自动识别，二维码每秒更新，截图无效",
    opening: "正在打开相机",
    taking: "正在识别",
    torch: "手电筒",
    torchOn: "关闭手电筒",
    album: "相册",
    type: "输入",
    readerFailed: "扫码组件没有载入。请检查网络后再试",
    news: {
      address: "这是 {domain} 的二维码，不是登录或签名。没有打开它",
      text: "这不是手机盾的二维码",
      network: "已读到二维码，但没有网络。没有登录，也没有签名，网络恢复后请再扫一次",
      nothing: "图片里没有找到二维码",
      notPicture: "这个文件不是图片",
      short: "短码不正确，或已过时。请看着电脑再输一次",
      album: "二维码每秒更新，存下来的图片通常已失效。请直接对准屏幕",
    },
    typed: {
      title: "输入短码",
      hint: "在电脑的二维码下方点“扫不了？输入短码”，把 8 位短码输到这里，20 秒内输完。也可以粘贴二维码的内容。",
      label: "短码，或二维码的内容",
      placeholder: "0H8Z 6YQK",
      act: "识别",
      wrong: "短码是 8 位数字和字母，没有 U",
      empty: "请先输入短码",
    },
    fault: {
      refused: {
        title: "没有相机权限",
        text: "扫码要用相机对准电脑上的二维码。画面只在本机识别，不保存，也不上传。",
      },
      missing: { title: "没有找到相机", text: "这台设备没有可用的相机。可以改用下面两种方式。" },
      busy: { title: "相机打不开", text: "可能正被其他应用占用。请关闭其他用相机的应用，再试一次。" },
      unsupported: {
        title: "这里不能用相机",
        text: "这个浏览器不提供相机。请用系统浏览器打开手机盾。",
      },
      again: "再试一次",
      allow: "怎样允许",
    },
    allow: {
      wechat: ["点右上角的三个点", "选“在浏览器打开”", "在浏览器里登录后再扫一扫"],
      ios: ["点地址栏里的页面菜单，选“网站设置”", "把“相机”改为“允许”", "回到这里，点“再试一次”"],
      iosInstalled: [
        "打开系统“设置”，找到 Safari 浏览器",
        "点“相机”，改为“询问”或“允许”",
        "回到手机盾，点“再试一次”",
      ],
      android: [
        "点地址栏左边的图标，选“权限”",
        "打开“相机”",
        "没有这一项时：系统设置，应用，找到这个浏览器，权限，相机",
      ],
      androidInstalled: ["长按手机盾图标，选“应用信息”", "点“权限”，打开“相机”", "回到手机盾，点“再试一次”"],
      desktop: ["点地址栏左边的图标", "把“摄像头”改为“允许”", "点“再试一次”"],
    },
  },
  en: {
    title: "Scan",
    aim: "Point at the code on the PC",
    aimHint:
      "Logins and signatures are recognised automatically. The code changes each second, so a photo doesn't work",
    opening: "Opening the camera",
    taking: "Reading the request",
    torch: "Torch",
    torchOn: "Torch off",
    album: "Album",
    type: "Type",
    readerFailed: "The scanner was not loaded. Check the network and try again",
    news: {
      address: "This code is for {domain}, not for a login or signature. It was not opened",
      text: "This is not a code of Mobile Shield",
      network:
        "The code was read, but there is no network. Nothing was logged in or signed; scan again once it is back",
      nothing: "No QR code was found in the picture",
      notPicture: "This file is not a picture",
      short: "The short code is wrong or too old. Look at the computer and type it again",
      album:
        "The code changes each second, so a stored picture is usually too old. Point at the screen itself",
    },
    typed: {
      title: "Type a short code",
      hint: 'Below the QR code choose "Can\'t scan? Type a short code", and type its 8 characters here within 20 seconds. What the QR code says can be pasted too.',
      label: "Short code, or content of the QR code",
      placeholder: "0H8Z 6YQK",
      act: "Read",
      wrong: "A short code has 8 digits and letters, without U",
      empty: "Type the short code first",
    },
    fault: {
      refused: {
        title: "The camera is not allowed",
        text: "The camera reads the code on the PC. The picture stays on this phone: it is neither stored nor sent.",
      },
      missing: {
        title: "No camera found",
        text: "This device has no camera. Use one of the two ways below.",
      },
      busy: {
        title: "The camera doesn't open",
        text: "Another app may be using it. Close that one and try again.",
      },
      unsupported: {
        title: "No camera in here",
        text: "This browser doesn't allow camera access. Open Mobile Shield in the phone's own browser.",
      },
      again: "Try again",
      allow: "How to allow it",
    },
    allow: {
      wechat: [
        "Tap the three dots at the top right",
        'Choose "Open in browser"',
        "Log in there and scan again",
      ],
      ios: [
        'Tap the page menu in the address bar, then "Website Settings"',
        'Set "Camera" to "Allow"',
        'Come back and tap "Try again"',
      ],
      iosInstalled: [
        "Open the system's Settings and find Safari",
        'Set "Camera" to "Ask" or "Allow"',
        'Come back and tap "Try again"',
      ],
      android: [
        'Tap the icon left of the address, then "Permissions"',
        'Turn "Camera" on',
        "If it isn't there: system settings, Apps, this browser, Permissions, Camera",
      ],
      androidInstalled: [
        'Press and hold the app\'s icon, then "App info"',
        'Tap "Permissions" and turn "Camera" on',
        'Come back and tap "Try again"',
      ],
      desktop: ["Click the icon left of the address", 'Set "Camera" to "Allow"', 'Click "Try again"'],
    },
  },
};
