// validator.mjs: what AWS's own validator says, as far as it is to be heeded.
import { RegoEngine, SchemaValidator } from '@aws/cloudformation-validate';

import { account, parseTemplate, region } from './template.mjs';

const heeded = ['FATAL', 'ERROR', 'WARN'];
// Where a parameter is filled in, the ARN that it is looks as if it stood in the template, and so does a
// text that is to be a truth value.
const ofParameters = ['W9002', 'W9003'];

/// Whether a resource's property is one that the template takes from a parameter.
function isFilledIn(template, { logicalId } = {}, path = '') {
  let node = template.Resources[logicalId];
  const isCall = () => Object.keys(node).length === 1 && /^(Ref|Fn::.*)$/.test(Object.keys(node)[0]);
  for (const step of path.split(/[.[\]]+/).filter(Boolean)) {
    if (node === null || typeof node !== 'object' || isCall()) break;
    node = node[step];
  }
  return names(node).some((name) => name in template.Parameters);
}

/// All names that a value refers to.
function names(node) {
  if (node === null || typeof node !== 'object') return [];
  return Object.entries(node).flatMap(([key, value]) => {
    if (key === 'Ref') return [value];
    if (key !== 'Fn::Sub') return names(value);
    const [text, ...more] = [value].flat();
    return [...[...text.matchAll(/\$\{(\w+)\}/g)].map((match) => match[1]), ...names(more)];
  });
}

const lines = (diagnostics, template) => diagnostics
  .filter(({ severity }) => heeded.includes(severity))
  .filter(({ ruleId, entity, propertyPath }) =>
    !ofParameters.includes(ruleId) || !isFilledIn(template, entity, propertyPath))
  .map(({ severity, ruleId, message, entity, propertyPath }) =>
    `${severity} ${ruleId} ${entity?.logicalId ?? ''} ${propertyPath ?? ''}: ${message}`);

const file = (text) => ({ path: 'template', readBytes: () => Buffer.from(text) });

let engine;

/// All rules on a template as it is written. Where a parameter is empty, the validator also looks at what is
/// then left out: so each needs a value.
export function textFaults(text, parameters) {
  engine ??= new RegoEngine();
  const report = engine.validateStandard(file(text), {
    parameterOverrides: parameters,
    pseudoParameterOverrides: { accountId: account, partition: 'aws', region, urlSuffix: 'amazonaws.com' },
  });
  if (report.status !== 'OK') return [`the validator ends with ${report.status}`];
  return lines(report.diagnostics, parseTemplate(text));
}

let schemas;

/// The schemas of all resource types, on a stack as it is made of the template.
export function stackSchemaFaults(template, { resources }) {
  schemas ??= new SchemaValidator();
  return lines(schemas.validate(file(JSON.stringify({ Resources: resources })), region), template);
}
