import js from '@eslint/js';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';
import { importX } from 'eslint-plugin-import-x';
import globals from 'globals';
import { readdirSync } from 'node:fs';
import tseslint from 'typescript-eslint';

const folders = (path) =>
  readdirSync(path, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);

const programs = folders('src');
const capabilities = folders('src/manager');

const zones = [
  { target: './libs', from: './src', message: 'libs import nothing from src.' },
  ...programs.flatMap((target) =>
    programs
      .filter((from) => from !== target)
      .map((from) => ({
        target: `./src/${target}`,
        from: `./src/${from}`,
        message: 'The programs in src meet only in libs/contract.',
      })),
  ),
  ...capabilities.flatMap((target) =>
    capabilities
      .filter((from) => from !== target)
      .map((from) => ({
        target: `./src/manager/${target}`,
        from: `./src/manager/${from}/**/*`,
        except: ['**/*.service.ts', '**/*.module.ts'],
        message: "Reach another capability through its module's exported service.",
      })),
  ),
];

/** V8 makes such a function for long life, and it keeps all that it closes over until the next full collection. */
const keptForLong = [
  'AssignmentExpression[left.type="MemberExpression"]',
  'PropertyDefinition[static=false]',
].map((holder) => ({
  selector: `${holder} > :matches(ArrowFunctionExpression, FunctionExpression)`,
  message: 'Name the function first, or pass it on: V8 keeps one that is assigned to a property.',
}));

export default tseslint.config(
  { ignores: ['dist/**', '.data/**', 'coverage/**', 'node_modules/**'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['**/*.ts'] })),
  {
    files: ['**/*.ts'],
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      '@typescript-eslint/no-extraneous-class': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-unnecessary-type-parameters': 'off',
    },
  },
  {
    files: ['src/manager/**/*.ts', 'libs/**/*.ts'],
    ignores: ['**/*.test.ts'],
    rules: { 'no-restricted-syntax': ['error', ...keptForLong] },
  },
  { files: ['**/*.mjs'], languageOptions: { globals: globals.node } },
);
