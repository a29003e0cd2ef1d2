// Lint: strict TypeScript, one-way imports, one owner per heavy library, seeded randomness only, short files.
import tseslint from 'typescript-eslint';

/** Folders of src/ in import order: each may import itself and what stands before it. */
const order = [
  ['core'],
  ['espeak'],
  ['engine'],
  ['checkpoints'],
  ['encoders'],
  ['hub'],
  ['numeric'],
  ['training'],
  ['lm'],
  ['search'],
  ['gan', 'matching', 'hmm', 'translation'],
  ['triphone'],
  ['text'],
  ['audio'],
  ['vad'],
  ['features'],
  ['speakers'],
  ['segments'],
  ['clusters'],
  ['units'],
  ['transcripts'],
  ['bootstrap'],
  ['learn'],
  ['decode'],
  ['pretrain'],
  ['selftrain'],
  ['score'],
  ['probe'],
  ['bundle'],
  ['report'],
  ['dataset'],
  ['transcribe'],
  ['align'],
  ['classify'],
  ['web'],
  ['plugins'],
  ['executor'],
  ['recipe'],
  ['regress'],
  ['serve'],
  ['cli'],
];

/** The only places that may import these libraries. */
const owners = {
  'onnxruntime-node': ['packages/engine/src/onnxruntime.ts'],
  '@tensorflow/tfjs-core': ['packages/engine/src/**/*.ts'],
  '@echogarden/espeak-ng-emscripten': ['src/espeak/espeak.ts'],
};

const libraryPattern = (name) => ({
  group: [name, `${name}/*`],
  message: `Only ${owners[name].join(', ')} may import it.`,
});
const allLibraries = Object.keys(owners).map(libraryPattern);

const importRules = order.flatMap((names, rank) =>
  names.map((name) => {
    const forbidden = order
      .slice(rank)
      .flat()
      .filter((other) => other !== name);
    const libraries = Object.keys(owners).filter(
      (library) => !owners[library].some((file) => file.startsWith(`src/${name}/**`)),
    );
    return {
      files: [`src/${name}/**/*.ts`],
      rules: {
        'no-restricted-imports': [
          'error',
          {
            patterns: [
              ...forbidden.map((other) => ({
                group: [`**/${other}/**`, '!**/packages/**'],
                message: `src/${name} stands before src/${other}: imports go one way (docs/architecture.md).`,
              })),
              ...libraries.map(libraryPattern),
            ],
          },
        ],
      },
    };
  }),
);

const ownerExceptions = Object.values(owners)
  .flat()
  .filter((file) => !file.includes('**'));

export default tseslint.config(
  { ignores: ['**/dist/', 'node_modules/', 'runs/', 'test/fixtures/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: {
          allowDefaultProject: [
            'eslint.config.js',
            'bin/asr.js',
            'docs/generate.js',
            'package/assemble.js',
            'package/bundle-page.js',
            'src/report/page/page.js',
            'src/report/page/sounds.js',
            'src/report/page/charts.js',
            'src/regress/page/trend.js',
          ],
          // One more than it allows unasked.
          maximumDefaultProjectFileMatchCount_THIS_WILL_SLOW_DOWN_LINTING: 9,
        },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      'max-lines': ['error', { max: 420 }],
      'max-len': ['error', { code: 120, ignoreRegExpLiterals: true }],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  {
    files: ['{src,packages/*/src}/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250 }],
      'max-params': ['error', 5],
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'Use a named stream of core/rng.ts: results must repeat.' },
        { object: 'process', property: 'exit', message: 'Throw an AsrError; only bin/asr.js ends the process.' },
      ],
    },
  },
  ...importRules,
  {
    files: ['packages/*/src/**/*.ts'],
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            { group: ['**/src/**'], message: 'A package can be published alone: it imports nothing of the program.' },
            libraryPattern('onnxruntime-node'),
          ],
        },
      ],
    },
  },
  { files: [...new Set(ownerExceptions)], rules: { 'no-restricted-imports': 'off' } },
  {
    files: ['recipes/**/*.ts', 'bench/**/*.ts'],
    rules: { 'no-restricted-imports': ['error', { patterns: allLibraries }] },
  },
  {
    files: ['{test,packages/*/test}/**/*.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  {
    files: [
      '*.js',
      'bin/*.js',
      'docs/*.js',
      'package/*.js',
      'examples/*.mjs',
      'packages/*/examples/*.mjs',
      'src/report/page/*.js',
      'src/regress/page/*.js',
    ],
    ...tseslint.configs.disableTypeChecked,
  },
);
