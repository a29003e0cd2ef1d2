// axe-core over a page that is open in a browser: what people with a screen reader, a keyboard alone or weak eyes would
// run into.
import axe from 'axe-core';

interface Violation {
  readonly id: string;
  readonly help: string;
  readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[];
}

/**
 * @param evaluate the value of an expression in the page; promises are awaited
 * @returns a line for each place that breaks a rule
 */
export async function violations(evaluate: <T>(expression: string) => Promise<T>): Promise<string[]> {
  // By the debugger, which the policy of a page does not hold back.
  await evaluate(`${axe.source}; undefined`);
  const found = await evaluate<Violation[]>(
    'axe.run(document, { resultTypes: ["violations"] }).then(({ violations }) => violations)',
  );
  return found.flatMap(({ id, help, nodes }) =>
    nodes.map(({ html, failureSummary }) => `${id} (${help}): ${html.slice(0, 200)}\n${failureSummary}`),
  );
}
