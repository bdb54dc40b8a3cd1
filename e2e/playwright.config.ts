// How the browser's tests run. `cargo xtask e2e` builds what they need and starts them.
import { defineConfig } from '@playwright/test';

export default defineConfig({
  // `cargo xtask bench` measures with the same browser and the same server.
  testDir: process.env.CREASE_BENCH ? 'bench' : 'tests',
  outputDir: 'test-results',
  // Two cores: two files of tests at once, each with servers and a browser of its own. Benches measure, and are alone.
  workers: process.env.CREASE_BENCH ? 1 : 2,
  fullyParallel: false,
  // A test that passes at the second try has found something.
  retries: 0,
  forbidOnly: true,
  timeout: 60_000,
  expect: {
    timeout: 15_000,
    // Browsers of other versions draw the edges of letters a little differently; a line that moves is more than that.
    toHaveScreenshot: { maxDiffPixelRatio: 0.002 },
  },
  snapshotPathTemplate: 'looks/{arg}{ext}',
  reporter: [['list']],
  use: {
    viewport: { width: 1280, height: 800 },
    // Recording takes a fifth of the time, and a processor away from what is measured: ask for it by `--trace on`.
    trace: 'off',
    screenshot: process.env.CREASE_BENCH ? 'off' : 'only-on-failure',
  },
  projects: [
    {
      name: 'chromium',
      use: {
        browserName: 'chromium',
        launchOptions: {
          // The system's browser; none is ever downloaded.
          executablePath: process.env.CHROMIUM_BIN ?? '/usr/bin/chromium',
          args: [
            '--headless',
            '--no-sandbox',
            '--disable-gpu',
            '--font-render-hinting=none',
            '--disable-quic',
            '--no-first-run',
            '--disable-background-networking',
            '--disable-component-update',
            '--disable-sync',
          ],
        },
      },
    },
    // The stock Firefox, where there is one, by WebDriver BiDi: what depends on the engine. What the pages look like is seen once.
    ...(process.env.FIREFOX_BIN
      ? [
          {
            name: 'firefox',
            testIgnore: ['**/reading.spec.ts', '**/states.spec.ts'],
            grepInvert: /@chromium/,
            use: {
              browserName: 'firefox' as const,
              channel: 'moz-firefox',
              launchOptions: { executablePath: process.env.FIREFOX_BIN },
            },
          },
        ]
      : []),
  ],
});
