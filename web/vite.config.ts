import vueI18n from '@intlify/unplugin-vue-i18n/vite'
import vue from '@vitejs/plugin-vue'
import { fileURLToPath } from 'node:url'
import icons from 'unplugin-icons/vite'
import { defineConfig } from 'vitest/config'

interface Graph { getModuleInfo: (id: string) => { isEntry: boolean; importers: readonly string[] } | null }
const shellParts = /reka-ui[\\/]dist[\\/](shared(?![\\/]use(Date|Calendar))|ConfigProvider|DismissableLayer|FocusScope|Popper|Presence|Primitive|Teleport|Tooltip|VisuallyHidden)[\\/]/
const atStart = new Map<string, boolean>()

/** Is the module reached from the entry by static imports alone? */
function neededAtStart(id: string, graph: Graph): boolean {
  const known = atStart.get(id)
  if (known !== undefined) return known
  // Its barrel imports every part: what the shell takes of it is named below.
  if (id.includes('reka-ui')) return shellParts.test(id)
  atStart.set(id, false)
  const info = graph.getModuleInfo(id)
  const answer = info !== null && (info.isEntry || info.importers.some((importer) => neededAtStart(importer, graph)))
  atStart.set(id, answer)
  return answer
}

/** Where the development server forwards the API; the binary serves both itself. */
const backend = process.env.VIGIE_BACKEND ?? 'https://localhost:8000'
const messages = fileURLToPath(new URL('./src/i18n/*/*.json', import.meta.url))

export default defineConfig({
  plugins: [
    vue(),
    icons({ compiler: 'vue3', scale: 1 }),
    vueI18n({ include: [messages], runtimeOnly: true, compositionOnly: true, dropMessageCompiler: true }),
  ],
  resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
  define: {
    __VUE_OPTIONS_API__: false,
    __VUE_I18N_FULL_INSTALL__: false,
    __VUE_I18N_LEGACY_API__: false,
    __INTLIFY_DROP_MESSAGE_COMPILER__: true,
  },
  build: {
    target: 'es2022',
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: 'vue', test: /node_modules[\\/](@vue|vue|vue-router|vue-i18n|@intlify|@tanstack[\\/](vue-query|query-core))[\\/]/, priority: 2 },
            // What every page needs travels in one file, not in fifty.
            { name: (id, context) => (neededAtStart(id, context) ? 'base' : null), priority: 1 },
          ],
        },
      },
    },
  },
  server: {
    port: 5173,
    strictPort: true,
    proxy: {
      '/api': { target: backend, secure: false, changeOrigin: true, ws: true },
      '/ws': { target: backend, secure: false, ws: true },
    },
  },
  test: { environment: 'happy-dom', include: ['src/**/*.test.ts'], setupFiles: ['src/i18n/tests.setup.ts'], testTimeout: 20_000, restoreMocks: true, unstubGlobals: true },
})
