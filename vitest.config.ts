import { defineConfig } from 'vitest/config';

const ignored = ['**/node_modules/**', '**/dist/**', '**/.cache/**'];

export default defineConfig({
  test: {
    watch: false,
    reporters: ['default'],
    projects: [
      {
        test: {
          name: 'in-process',
          include: ['*.test.ts', '{packages,providers,scripts,bench}/**/*.test.ts'],
          exclude: ignored,
          isolate: false,
          testTimeout: 20_000,
          hookTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['e2e/**/*.test.ts'],
          exclude: ignored,
          pool: 'forks',
          sequence: { groupOrder: 1 },
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
