import vue from 'eslint-plugin-vue'
import a11y from 'eslint-plugin-vuejs-accessibility'
import ts from 'typescript-eslint'

const network = [
  { name: 'fetch', message: 'Only api/client.ts talks HTTP: use `api`.' },
  { name: 'WebSocket', message: 'Only app/live.ts opens a socket: use `useLive`.' },
]
const libraries = {
  paths: [
    { name: 'reka-ui', message: 'Features use the Ui* wrappers of src/ui.' },
    { name: 'uplot', message: 'Features use ui/TimeChart.vue.' },
  ],
  patterns: [
    { group: ['@/features/*/*'], message: 'Another feature is reached through its index.ts only.' },
  ],
}

export default ts.config(
  { ignores: ['dist', 'node_modules', 'src/api/schema.d.ts'] },
  ts.configs.strict,
  vue.configs['flat/recommended'],
  a11y.configs['flat/recommended'],
  {
    files: ['**/*.ts', '**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
    rules: {
      quotes: ['error', 'single', { avoidEscape: true, allowTemplateLiterals: true }],
      semi: ['error', 'never'],
      'max-lines': ['error', { max: 400 }],
      'no-restricted-globals': ['error', ...network],
      'no-restricted-imports': ['error', libraries],
      'no-undef': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      'vue/component-api-style': ['error', ['script-setup']],
      'vue/no-v-html': 'error',
      'vue/block-lang': ['error', { script: { lang: 'ts' } }],
      'vue/no-bare-strings-in-template': ['error', { allowlist: ['·', '–', '/', '×', '→', '≈', '%', '(', ')', ',', ':', '.', '+', '−', '-', '…', '#', '?', '&', 'Vigie'] }],
      'vue/max-attributes-per-line': 'off',
      'vue/singleline-html-element-content-newline': 'off',
      'vue/multiline-html-element-content-newline': 'off',
      'vue/html-closing-bracket-newline': 'off',
      'vue/first-attribute-linebreak': 'off',
      'vue/html-indent': ['error', 2],
      'vue/html-self-closing': ['error', { html: { void: 'always', normal: 'always', component: 'always' } }],
      'vue/attributes-order': 'off',
      'vue/require-default-prop': 'off',
      'vuejs-accessibility/label-has-for': ['error', { controlComponents: ['SwitchRoot', 'CheckboxRoot'], required: { some: ['nesting', 'id'] } }],
      // WebKit forgets that a list without bullets is one: the role says it again.
      'vuejs-accessibility/no-redundant-roles': 'off',
      'vuejs-accessibility/no-static-element-interactions': 'error',
    },
  },
  { files: ['src/api/client.ts', 'src/app/live.ts'], rules: { 'no-restricted-globals': 'off' } },
  {
    // Typed arrays walked within their own bounds: `!` is what noUncheckedIndexedAccess leaves, and free at run time.
    files: ['src/features/topology/**'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  { files: ['src/ui/**'], rules: { 'no-restricted-imports': ['error', { patterns: libraries.patterns }] } },
)
