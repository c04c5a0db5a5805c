import { defineConfig } from "@playwright/test";

export default defineConfig({
  testMatch: "*.spec.mjs",
  // Only where the system has a browser already, as in CI images: Playwright's own is installed by `npx playwright install chromium`.
  use: process.env.CHROMIUM ? { launchOptions: { executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] } } : {},
});
