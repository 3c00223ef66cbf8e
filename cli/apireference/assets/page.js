"use strict";
// Everything that would leave this machine is off; the page's policy forbids it besides.
Scalar.createApiReference("#reference", {
  url: new URL("openapi.json", document.currentScript.src).href,
  baseServerURL: location.origin,
  telemetry: false,
  withDefaultFonts: false,
  proxyUrl: "",
  hideClientButton: true,
  showDeveloperTools: "never",
  agent: { disabled: true },
  mcp: { disabled: true },
  persistAuth: false,
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
  documentDownloadType: "json",
  // Some of Scalar's colours have less contrast than WCAG AA asks for.
  customCss: `
    .light-mode { --scalar-color-3: #666; --scalar-color-green: #00754a; --scalar-color-orange: #b03c00; --scalar-color-blue: #0067b8; }
    .dark-mode { --scalar-color-3: #9a9a9a; --scalar-color-orange: #ff8d4d; }
  `,
});
