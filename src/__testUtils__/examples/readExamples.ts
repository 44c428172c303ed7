import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parse } from 'yaml';

const ROOT = resolve(__dirname, '../../..');

export const examplePath = (name: string) => resolve(ROOT, 'examples', name);
export const readExample = (name: string) =>
  readFileSync(examplePath(name), 'utf8');

export interface Step {
  script: string;
  env: Record<string, string>;
}

/** The one step of a workflow, with its expressions filled in from a context. */
export function readGitHubStep(workflow: string, context: object): Step {
  const [job] = Object.values<any>(parse(workflow).jobs);
  const [step] = job.steps;
  const env = Object.entries<string>(step.env).map(([name, value]) => [
    name,
    value.replace(/\$\{\{ ([\w.]+) \}\}/g, (_match, path) =>
      String(lookUp(context, path)),
    ),
  ]);
  return { script: step.run, env: Object.fromEntries(env) };
}

function lookUp(context: any, path: string): unknown {
  const value = path.split('.').reduce((part, key) => part?.[key], context);
  if (value === undefined) {
    throw new Error(`The workflow's context has no "${path}"`);
  }
  return value;
}

/** What a runner of GitLab makes of a job's script. */
export function readGitLabScript(pipeline: string, job: string): string {
  const jobs = parse(pipeline, { logLevel: 'error' });
  const lines = jobs[job].script.map((line: string | string[]) =>
    // `!reference`, a path in the same file.
    typeof line === 'string'
      ? line
      : line.reduce((part, key) => part[key], jobs).join('\n'),
  );
  return ['set -eo pipefail', ...lines].join('\n');
}

/** The script that tells the catalog, and the variables of the pipeline. */
export function readJenkinsStep(jenkinsfile: string): Step {
  const [, script, ...more] = jenkinsfile.split("'''");
  const [, environment] = /environment \{\n([^}]*)\}/.exec(jenkinsfile)!;
  if (more.length !== 1 || script.includes('\\')) {
    throw new Error('Groovy would change the script of the Jenkinsfile');
  }
  const variables = environment.matchAll(/^ *(\w+) = '([^'\\]*)'$/gm);
  return {
    script,
    env: Object.fromEntries(
      [...variables].map(([, name, value]) => [name, value]),
    ),
  };
}

/** A section of a page of docs/, up to the next heading. */
export function readSection({
  page,
  heading,
}: {
  page: string;
  heading: string;
}): string {
  const text = readFileSync(resolve(ROOT, 'docs', page), 'utf8');
  const section = text
    .split(/^(?=#{2,} )/m)
    .find(part => part.split('\n')[0].endsWith(`# ${heading}`));
  if (section === undefined) {
    throw new Error(`No "${heading}" in "${page}"`);
  }
  return section;
}

/** The fenced blocks of a language in a section of a page of docs/. */
export function readBlocks({
  language,
  ...place
}: {
  page: string;
  heading: string;
  language: string;
}): string[] {
  const fence = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\`$`, 'gms');
  return [...readSection(place).matchAll(fence)].map(([, block]) => block);
}
