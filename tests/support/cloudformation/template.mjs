// template.mjs: reads a CloudFormation template, and resolves it for a set of parameters as CloudFormation
// does: conditions and functions are carried out, and what does not hold or is AWS::NoValue is left out.
//
// Source: AWS CloudFormation Template Reference: parameters, rules, intrinsic and condition functions.
import { isAlias, Pair, parseDocument, visit, YAMLMap } from 'yaml';

export const account = '111122223333';
export const region = 'eu-central-1';
const pseudo = {
  'AWS::AccountId': account,
  'AWS::Partition': 'aws',
  'AWS::Region': region,
  'AWS::StackName': 'orders-copy',
  'AWS::URLSuffix': 'amazonaws.com',
};
const noValue = Symbol('AWS::NoValue');

/// The template as its JSON form would be: short forms of functions are written out.
export function parseTemplate(text) {
  const plain = ['And', 'Equals', 'GetAtt', 'If', 'Join', 'Not', 'Or', 'Select', 'Split', 'Sub'];
  const keys = new Map([['Ref', 'Ref'], ['Condition', 'Condition'], ...plain.map((name) => [name, `Fn::${name}`])]);
  const customTags = [...keys].flatMap(([name, key]) => [
    { tag: `!${name}`, resolve: (value) => ({ [key]: name === 'GetAtt' ? value.split('.') : value }) },
    {
      tag: `!${name}`,
      collection: 'seq',
      resolve: (node) => {
        const map = new YAMLMap();
        map.add(new Pair(key, node));
        return map;
      },
    },
  ]);
  const document = parseDocument(text, { customTags });
  if (document.errors.length + document.warnings.length > 0)
    throw [...document.errors, ...document.warnings][0];
  visit(document, (_, node) => {
    if (isAlias(node)) throw new Error('CloudFormation takes no aliases');
  });
  return document.toJS();
}

/// What is wrong with the values that a template's parameters are given, one line each.
export function parameterFaults(template, given) {
  const faults = [];
  for (const name of Object.keys(given))
    if (!template.Parameters[name]) faults.push(`there is no parameter ${name}`);
  for (const [name, parameter] of Object.entries(template.Parameters)) {
    const value = given[name] ?? parameter.Default;
    if (value === undefined) {
      faults.push(`parameter ${name} is needed`);
      continue;
    }
    if (parameter.AllowedPattern && !new RegExp(`^(?:${parameter.AllowedPattern})$`).test(value))
      faults.push(`parameter ${name}: ${value} is not ${parameter.AllowedPattern}`);
    if (parameter.AllowedValues && !parameter.AllowedValues.map(String).includes(String(value)))
      faults.push(`parameter ${name}: ${value} is none of ${parameter.AllowedValues}`);
    if (parameter.Type === 'Number' && !(Number(value) >= (parameter.MinValue ?? -Infinity) &&
        Number(value) <= (parameter.MaxValue ?? Infinity)))
      faults.push(`parameter ${name}: ${value} is out of its bounds`);
  }
  if (faults.length > 0) return faults;
  const resolver = new Resolver(template, given);
  for (const [name, rule] of Object.entries(template.Rules ?? {})) {
    if (rule.RuleCondition && !resolver.holds(rule.RuleCondition)) continue;
    for (const assertion of rule.Assertions)
      if (!resolver.holds(assertion.Assert)) faults.push(`rule ${name}: ${assertion.AssertDescription}`);
  }
  return faults;
}

/// The template's resources and outputs with these parameters.
export function resolveTemplate(template, given) {
  const resolver = new Resolver(template, given);
  const made = (section) => Object.entries(section)
    .filter(([, member]) => !member.Condition || resolver.condition(member.Condition));
  return {
    resources: Object.fromEntries(made(template.Resources).map(([name, resource]) =>
      [name, { ...resource, Properties: resolver.value(resource.Properties ?? {}) }])),
    outputs: Object.fromEntries(made(template.Outputs ?? {}).map(([name, output]) =>
      [name, resolver.value(output.Value)])),
  };
}

class Resolver {
  constructor(template, given) {
    this.template = template;
    this.given = given;
  }

  condition(name) {
    const condition = this.template.Conditions[name];
    if (condition === undefined) throw new Error(`there is no condition ${name}`);
    return this.holds(condition);
  }

  holds(test) {
    const [[key, operands]] = Object.entries(test);
    switch (key) {
      case 'Condition': return this.condition(operands);
      case 'Fn::And': return operands.every((operand) => this.holds(operand));
      case 'Fn::Or': return operands.some((operand) => this.holds(operand));
      case 'Fn::Not': return !this.holds(operands[0]);
      case 'Fn::Equals': return String(this.value(operands[0])) === String(this.value(operands[1]));
      default: throw new Error(`${key} is no condition`);
    }
  }

  value(node) {
    if (Array.isArray(node))
      return node.map((element) => this.value(element)).filter((element) => element !== noValue);
    if (node === null || typeof node !== 'object') return node;
    const entries = Object.entries(node);
    if (entries.length === 1 && (entries[0][0] === 'Ref' || entries[0][0].startsWith('Fn::')))
      return this.call(...entries[0]);
    return Object.fromEntries(entries.map(([key, member]) => [key, this.value(member)])
      .filter(([, member]) => member !== noValue));
  }

  call(name, operands) {
    switch (name) {
      case 'Ref': return this.ref(operands);
      case 'Fn::GetAtt': return this.attribute(...operands);
      case 'Fn::If': return this.value(operands[this.condition(operands[0]) ? 1 : 2]);
      case 'Fn::Join': return this.value(operands[1]).join(operands[0]);
      case 'Fn::Split': return this.value(operands[1]).split(operands[0]);
      case 'Fn::Select': return this.select(...operands);
      case 'Fn::Sub': return this.sub(...(Array.isArray(operands) ? operands : [operands]));
      default: throw new Error(`there is no function ${name}`);
    }
  }

  select(index, list) {
    const value = this.value(list)[index];
    if (value === undefined) throw new Error(`Fn::Select: there is no element ${index}: ${JSON.stringify(list)}`);
    return value;
  }

  sub(text, variables = {}) {
    return text.replace(/\$\{(!?)([^}]+)\}/g, (whole, literal, name) => {
      if (literal) return `\${${name}}`;
      if (name in variables) return this.value(variables[name]);
      return name.includes('.') ? this.attribute(...name.split('.')) : this.ref(name);
    });
  }

  ref(name) {
    if (name === 'AWS::NoValue') return noValue;
    if (name in pseudo) return pseudo[name];
    const parameter = this.template.Parameters[name];
    if (parameter) return this.given[name] ?? parameter.Default;
    const { kind, own } = this.resource(name);
    if (kind === 'AWS::SQS::Queue') return `https://sqs.${region}.amazonaws.com/${account}/${own}`;
    return own;
  }

  attribute(name, attribute) {
    const { kind, own } = this.resource(name);
    if (kind === 'AWS::SQS::Queue' && attribute === 'QueueName') return own;
    if (attribute !== 'Arn') throw new Error(`${name} has no attribute ${attribute} that is known here`);
    switch (kind) {
      case 'AWS::S3::Bucket': return `arn:aws:s3:::${own}`;
      case 'AWS::IAM::Role': return `arn:aws:iam::${account}:role/${own}`;
      case 'AWS::SQS::Queue': return `arn:aws:sqs:${region}:${account}:${own}`;
      case 'AWS::DynamoDB::Table': return `arn:aws:dynamodb:${region}:${account}:table/${own}`;
      case 'AWS::Logs::LogGroup': return `arn:aws:logs:${region}:${account}:log-group:${own}:*`;
      case 'AWS::CloudWatch::Alarm': return `arn:aws:cloudwatch:${region}:${account}:alarm:${own}`;
      default: throw new Error(`${kind} has no ARN that is known here`);
    }
  }

  /// A resource's type, and the name that it has or gets.
  resource(name) {
    const resource = this.template.Resources[name];
    if (!resource) throw new Error(`there is no ${name}`);
    if (resource.Condition && !this.condition(resource.Condition))
      throw new Error(`${name} is not made, and something names it`);
    const kind = resource.Type;
    const { RoleName: role, AlarmName: alarm } = resource.Properties ?? {};
    const named = role ?? alarm;
    const own = named === undefined ? noValue : this.value(named);
    if (own !== noValue) return { kind, own };
    const made = `${pseudo['AWS::StackName']}-${name}-1A2B3C`;
    return { kind, own: kind === 'AWS::S3::Bucket' ? made.toLowerCase() : made };
  }
}
