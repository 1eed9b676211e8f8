/**
 * The web app manifest, which tells the operating system about the installed app (W3C Web Application
 * Manifest). Icons: scripts/make_icons.py.
 */

import type { ManifestOptions } from "vite-plugin-pwa";

const BACKGROUND = "#f2f5f3"; // --ms-bg; in dark mode the document's theme-color overrides it

function icon(src: string, size: number, purpose: "any" | "maskable" | "monochrome") {
  return { src, sizes: `${size}x${size}`, type: "image/png", purpose } as const;
}

function shortcut(name: string, purpose: "login" | "sign") {
  return { name, url: `/app/scan?for=${purpose}`, icons: [icon(`shortcut-${purpose}.png`, 96, "any")] };
}

export const manifest: Partial<ManifestOptions> = {
  id: "/app/",
  name: "手机盾",
  short_name: "手机盾",
  description: "手机上的数字证书：扫码登录、扫码签名",
  lang: "zh-CN",
  dir: "ltr",
  scope: "/app/",
  start_url: "/app/",
  display: "standalone",
  orientation: "portrait",
  theme_color: BACKGROUND,
  background_color: BACKGROUND,
  categories: ["security", "business"],
  prefer_related_applications: false,
  icons: [
    icon("icon-192.png", 192, "any"),
    icon("icon-512.png", 512, "any"),
    icon("icon-maskable-192.png", 192, "maskable"),
    icon("icon-maskable-512.png", 512, "maskable"),
    icon("icon-monochrome-512.png", 512, "monochrome"),
  ],
  shortcuts: [shortcut("扫码登录", "login"), shortcut("扫码签名", "sign")],
};
