import type { SourceSettings } from '../config/source';
import { mapTexts, quoteValue } from '../lib/values';
import { ExpressionError, quoteExpression } from './ExpressionError';
import { type AstNode, listPath } from './ast';
import { compileExpression } from './compileExpression';
import { templatePath } from './compileTemplates';
import { splitTemplate } from './splitTemplate';

/** What is wrong with a setting of a source. */
export interface SettingFault {
  /** Such as `entity[0].metadata.name`. */
  setting: string;
  reason: string;
  /** The expression that cannot be used, and where in it, for people to see. */
  at?: { expression: string; position: number };
}

type Settings = Pick<
  SourceSettings,
  'id' | 'when' | 'records' | 'complete' | 'pagination' | 'entity' | 'tables'
>;

/** Without a tree for an expression that cannot be used. */
type Compile = (text: string) => { ast?: AstNode };

/** Every expression of a source that cannot be used, and the setting that it stands in. */
export function findExpressionFaults(settings: Settings): SettingFault[] {
  const { id, when, records, complete, pagination } = settings;
  const faults: SettingFault[] = [];
  const check = (setting: string, read: (compile: Compile) => unknown) =>
    reportAll(read, settings, fault => faults.push({ setting, ...fault }));
  const next = 'next' in pagination ? pagination.next : undefined;
  const single = { id, when, records, complete, 'pagination.next': next };
  for (const [setting, text] of Object.entries(single)) {
    if (text !== undefined) {
      check(setting, compile => {
        const { ast } = compile(text);
        const unsafe =
          setting === 'records' && ast && describeUnsafeList(ast, settings);
        if (unsafe) {
          faults.push({ setting, reason: unsafe });
        }
      });
    }
  }
  settings.entity.forEach((template, index) =>
    mapTexts(template, templatePath(index), (text, path) => {
      check(path, compile => splitTemplate(text, compile));
      return text;
    }),
  );
  return faults;
}

/** Where an empty page ends the list, only the API may leave a page empty. */
function describeUnsafeList(
  ast: AstNode,
  { records, pagination: { type } }: Settings,
): string | undefined {
  const isCounted = type === 'page' || type === 'offset';
  return isCounted && !listPath(ast)?.isWhole
    ? `${quoteValue(
        records,
      )} is more than a path; with pagination by ${type}, a page that it leaves empty would look like the end of the list. Write the path alone, such as "data.services", and let the API filter, or use pagination by link or cursor`
    : undefined;
}

function reportAll(
  read: (compile: Compile) => unknown,
  { tables }: Settings,
  report: (fault: Omit<SettingFault, 'setting'>) => void,
): void {
  const handle = (error: unknown) => {
    if (!(error instanceof ExpressionError)) {
      throw error;
    }
    const { expression, position } = error;
    const quoted = quoteExpression(expression, position);
    report({
      reason: `the expression ${quoted} cannot be used: ${error.message}`,
      ...(position !== undefined && { at: { expression, position } }),
    });
  };
  try {
    read(text => {
      try {
        return compileExpression(text, { tables });
      } catch (error) {
        // A syntax error may only mean that the expression goes on after this `}}`.
        if (error instanceof ExpressionError && error.code === 'syntax') {
          throw error;
        }
        handle(error);
        return {};
      }
    });
  } catch (error) {
    handle(error);
  }
}
