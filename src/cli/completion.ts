// `asr completion SHELL`: a script that completes commands, options and their values, made from the command line
// itself, so that it cannot fall behind.
import { Argument, type Command, type Option } from 'commander';

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = (typeof shells)[number];

export function addCompletionCommand(program: Command): void {
  program
    .command('completion')
    .description('print a script that completes commands and options in a shell')
    .addArgument(new Argument('<shell>', 'which shell').choices(shells))
    .addHelpText(
      'after',
      `
  bash: asr completion bash > ~/.local/share/bash-completion/completions/asr
  zsh:  asr completion zsh > "\${fpath[1]}/_asr"
  fish: asr completion fish > ~/.config/fish/completions/asr.fish`,
    )
    .action(async (shell: Shell) => {
      const { recipeNames } = await import('../recipe/locate.js');
      const { stageNames } = await import('../stages.js');
      process.stdout.write(completionScript(program, shell, { recipe: recipeNames(), stage: stageNames }));
    });
}

/** A command as it is typed after `asr`, for instance `lm estimate`. */
interface Described {
  readonly path: string;
  readonly command: Command;
  /** What may stand next: commands below it, or the values of its argument. */
  readonly words: readonly string[];
}

/** @param values of arguments by their names, beside those that the command line lists itself */
function describe(program: Command, values: Readonly<Record<string, readonly string[]>>): Described[] {
  const below = (command: Command, path: string): Described[] => {
    const [argument] = command.registeredArguments;
    const name = argument?.name() ?? '';
    const words = [
      ...command.commands.map((sub) => sub.name()),
      ...(argument?.argChoices ?? values[name] ?? (path === 'stage' ? (values['stage'] ?? []) : [])),
    ];
    return [{ path, command, words }, ...command.commands.flatMap((sub) => below(sub, `${path} ${sub.name()}`.trim()))];
  };
  return below(program, '');
}

const visible = ({ options }: Command): Option[] => options.filter((option) => !option.hidden);
const flagsOf = (command: Command): string[] => [
  ...visible(command).flatMap(({ short, long }) => [long, short].filter((flag) => flag !== undefined)),
  '--help',
];
const takesValue = (option: Option): boolean => option.required || option.optional;

export function completionScript(
  program: Command,
  shell: Shell,
  values: Readonly<Record<string, readonly string[]>> = {},
): string {
  const described = describe(program, values);
  return { bash, zsh, fish }[shell](described);
}

/** Options with values: the listed ones, or files. */
const valued = (described: readonly Described[]): Map<string, readonly string[]> => {
  const found = new Map<string, Set<string>>();
  for (const { command } of described)
    for (const option of visible(command).filter(takesValue))
      for (const flag of [option.long, option.short]) {
        if (flag === undefined || flag === null) continue;
        const words = found.get(flag) ?? new Set();
        for (const word of option.argChoices ?? []) words.add(word);
        found.set(flag, words);
      }
  return new Map([...found].map(([flag, words]) => [flag, [...words]]));
};

function bash(described: readonly Described[]): string {
  const groups = described.filter(({ command, path }) => path !== '' && command.commands.length > 0);
  return `# bash completion of asr, made by \`asr completion bash\`
_asr() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} path=\${COMP_WORDS[1]} words flags
  COMPREPLY=()
  if [ "$COMP_CWORD" -eq 1 ]; then path=; fi
  case $path in
${groups
  .map(({ path }) => `    ${path}) if [ "$COMP_CWORD" -gt 2 ]; then path="$path \${COMP_WORDS[2]}"; fi ;;`)
  .join('\n')}
  esac
  case $prev in
${[...valued(described)]
  .map(([flag, words]) =>
    words.length > 0
      ? `    ${flag}) COMPREPLY=($(compgen -W '${words.join(' ')}' -- "$cur")); return ;;`
      : `    ${flag}) COMPREPLY=($(compgen -f -- "$cur")); return ;;`,
  )
  .join('\n')}
  esac
  case $path in
${described
  .map(
    ({ path, command, words }) => `    '${path}') words='${words.join(' ')}' flags='${flagsOf(command).join(' ')}' ;;`,
  )
  .join('\n')}
    *) words= flags=--help ;;
  esac
  case $cur in
    -*) COMPREPLY=($(compgen -W "$flags" -- "$cur")) ;;
    *) COMPREPLY=($(compgen -W "$words" -- "$cur") $([ -n "$path" ] && compgen -f -- "$cur")) ;;
  esac
}
complete -o filenames -F _asr asr
`;
}

/** Inside single quotes of a shell. */
const quoted = (text: string): string => text.replaceAll("'", `'\\''`);
const firstLine = (text: string): string => (text.split('\n')[0] ?? '').slice(0, 120);

function zsh(described: readonly Described[]): string {
  const forZsh = (text: string): string => quoted(firstLine(text)).replace(/[[\]:\\]/g, (sign) => `\\${sign}`);
  const spec = (option: Option): string => {
    const value = takesValue(option)
      ? `:value:${option.argChoices ? `(${option.argChoices.join(' ')})` : '_files'}`
      : '';
    return `'*${option.long ?? option.short ?? ''}[${forZsh(option.description)}]${value}'`;
  };
  const arms = described
    .filter(({ path }) => path !== '')
    .map(({ path, command, words }) => {
      const rest = `'*:argument:{ compadd -- ${words.join(' ')}; _files }'`;
      return `    '${path}') _arguments ${[...visible(command).map(spec), "'--help[help]'", rest].join(' ')} ;;`;
    });
  const groups = described.filter(({ command, path }) => path !== '' && command.commands.length > 0);
  const commands = (described[0] as Described).command.commands;
  return `#compdef asr
# zsh completion of asr, made by \`asr completion zsh\`
_asr() {
  local name=\${words[2]}
  if (( CURRENT == 2 )); then
    local -a commands=(
${commands.map((command) => `      '${command.name()}:${forZsh(command.description())}'`).join('\n')}
    )
    _describe command commands
    return
  fi
  case $name in
${groups
  .map(({ path }) => `    ${path}) (( CURRENT > 3 )) && { name="$name \${words[3]}"; shift words; (( CURRENT-- )) } ;;`)
  .join('\n')}
  esac
  shift words; (( CURRENT-- ))
  case $name in
${arms.join('\n')}
  esac
}
_asr "$@"
`;
}

function fish(described: readonly Described[]): string {
  const lines = described.flatMap(({ path, command, words }) => {
    const steps = path.split(' ').filter((step) => step !== '');
    const condition =
      steps.length === 0
        ? '__fish_use_subcommand'
        : steps.map((step) => `__fish_seen_subcommand_from ${step}`).join('; and ');
    const head = `complete -c asr -n '${condition}'`;
    const commands = command.commands.map(
      (sub) => `${head} -f -a ${sub.name()} -d '${quoted(firstLine(sub.description()))}'`,
    );
    const others = words.filter((word) => !command.commands.some((sub) => sub.name() === word));
    const options = visible(command).map((option) => {
      const names = [
        ...(option.short ? [`-s ${option.short.slice(1)}`] : []),
        ...(option.long ? [`-l ${option.long.slice(2)}`] : []),
      ].join(' ');
      const value = takesValue(option) ? (option.argChoices ? ` -x -a '${option.argChoices.join(' ')}'` : ' -r') : '';
      return `${head} ${names}${value} -d '${quoted(firstLine(option.description))}'`;
    });
    return [...commands, ...(others.length > 0 ? [`${head} -a '${others.join(' ')}'`] : []), ...options];
  });
  return `# fish completion of asr, made by \`asr completion fish\`\n${lines.join('\n')}\n`;
}
