// check.mjs: checks deploy/template.yaml with every case, and then that mistakes in it are found.
//
// Prints what was looked at, and what is wrong; exits with 1 if anything is.
import { readFileSync } from 'node:fs';

import { allParameters, cases, refusals } from './cases.mjs';
import { mistakes, textMistakes } from './mistakes.mjs';
import { permissionFaults } from './permissions.mjs';
import { checkReportFaults, metricNameFaults, stackFaults, templateFaults } from './rules.mjs';
import { parameterFaults, parseTemplate, resolveTemplate } from './template.mjs';
import { stackSchemaFaults, textFaults } from './validator.mjs';

const text = readFileSync(new URL('../../../deploy/template.yaml', import.meta.url), 'utf8');

const checkers = ['parameters', 'schemas', 'rules', 'permissions'];

/// What each checker finds wrong with a template and one case's parameters; `asked` counts permissions.
async function faultsOf(templateText, { parameters, questions }) {
  const found = { parameters: [], schemas: [], rules: [], permissions: [], asked: 0 };
  let template, stack;
  try {
    template = parseTemplate(templateText);
    found.parameters.push(...parameterFaults(template, parameters));
    stack = resolveTemplate(template, parameters);
  } catch (error) {
    found.parameters.push(error.message);
    return found;
  }
  found.schemas.push(...stackSchemaFaults(template, stack));
  found.rules.push(...templateFaults(template, templateText), ...await stackFaults(stack));
  const asked = questions(stack);
  found.permissions.push(...await permissionFaults(asked));
  return { ...found, asked: asked.length };
}

let status = 0;
const complain = (who, faults) => {
  for (const fault of faults) {
    console.log(`  ${who}: ${fault}`);
    status = 1;
  }
};

const validated = textFaults(text, allParameters);
console.log(`validator: ${validated.length} findings`);
complain('validator', validated);
for (const [what, rule, from, to] of textMistakes) {
  const found = textFaults(text.replace(from, to), allParameters);
  if (!found.some((fault) => fault.includes(rule))) complain('validator', [`${what} is not found: ${found}`]);
}
complain('rules', metricNameFaults());
for (const [name, report] of [['views', 'orders.txt'], ['views with marks in the items', 'copies_in_items.txt']])
  complain('rules', checkReportFaults(resolveTemplate(parseTemplate(text), cases[name].parameters), report));

const intact = {};
for (const [name, stack] of Object.entries(cases)) {
  const found = await faultsOf(text, stack);
  intact[name] = found;
  console.log(`${name}: ${found.asked} permissions`);
  for (const checker of checkers) complain(checker, found[checker]);
}

console.log(`permissions in all: ${Object.values(intact).reduce((sum, { asked }) => sum + asked, 0)}`);
for (const [extra, words] of refusals) {
  const faults = parameterFaults(parseTemplate(text), { ...cases.mirror.parameters, ...extra });
  if (faults.length !== 1 || !faults[0].includes(words))
    complain('parameters', [`${JSON.stringify(extra)} should be refused by ${words}: ${faults}`]);
}

/// What finds a mistake, in the first case in which anything does; what is wrong without it does not count.
async function finders(broken) {
  for (const [name, stack] of Object.entries(cases)) {
    const found = await faultsOf(broken, stack);
    const news = checkers.flatMap((checker) => found[checker]
      .filter((fault) => !intact[name][checker].includes(fault)).map((fault) => ({ checker, fault })));
    if (news.length > 0)
      return `${name}, by ${[...new Set(news.map(({ checker }) => checker))].join(' and ')}: ${news[0].fault}`;
  }
  return undefined;
}

for (const [what, from, to] of mistakes) {
  const broken = text.replace(from, to);
  const by = broken === text ? undefined : await finders(broken);
  if (by === undefined) complain('mistake', [`${what}: ${broken === text ? 'changes nothing' : 'not found'}`]);
  else console.log(`mistake: ${what}: found in ${by}`);
}
process.exit(status);
