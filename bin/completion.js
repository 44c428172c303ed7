/*
 * Completion for bash and zsh, made of the commands and options that a program
 * has. Where nothing matches, the shell completes names of files.
 */

/** A script to be read by the shell. */
function completionScript(program, shell) {
  const script = bashScript(program);
  return shell === 'zsh'
    ? `autoload -U +X compinit && compinit\nautoload -U +X bashcompinit && bashcompinit\n${script}`
    : script;
}

function bashScript(program) {
  const name = program.name();
  const call = `_${name.replace(/-/g, '_')}`;
  const names = program.commands.map(command => command.name());
  const cases = [
    ...program.commands.flatMap(command => casesOf(command.name(), command)),
    ...casesOf('', program, names),
  ];
  return `${call}() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]}
  local command= choices= word
  for word in "\${COMP_WORDS[@]:1:$((COMP_CWORD - 1))}"; do
    case $word in ${names.join('|')}) command=$word; break ;; esac
  done
  case $command:$prev:$cur in
${cases
  .map(([pattern, words]) => `    ${pattern}) choices='${words}' ;;`)
  .join('\n')}
  esac
  COMPREPLY=($(compgen -W "$choices" -- "$cur"))
}
complete -o default -F ${call} ${name}
`;
}

/**
 * Patterns of `command:word before:word to complete`, and what completes it.
 * The first that matches counts.
 */
function casesOf(name, { options, registeredArguments }, choices = []) {
  const withValue = options.filter(option => option.required);
  const free = withValue.filter(option => !option.argChoices);
  const values = registeredArguments.flatMap(
    argument => argument.argChoices ?? [],
  );
  const longs = [...options.map(({ long }) => long), '--help'];
  return [
    [free.map(({ long }) => `${name}:${long}:*`).join('|'), ''],
    ...withValue
      .filter(option => option.argChoices)
      .map(({ long, argChoices }) => [
        `${name}:${long}:*`,
        argChoices.join(' '),
      ]),
    [`${name}:*:-*`, longs.join(' ')],
    [`${name}:*`, [...choices, ...values].join(' ')],
  ];
}

module.exports = { completionScript };
