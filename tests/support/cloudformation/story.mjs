// story.mjs FILE: checks that the commands of the AWS CLI in a document's blocks of commands can be given one
// after another, and that each of those that make something is needed by a later one.
import { readFileSync } from 'node:fs';

import { keysOfViews, run, World } from './aws.mjs';

const text = readFileSync(process.argv[2], 'utf8');
const commands = [...text.matchAll(/^```sh\n([^]*?)^```$/gm)]
  .flatMap(([, block]) => block.trim().split('\n'))
  .map((line) => line.replace(/ *#.*/, ''))
  .filter((line) => /^(aws|deploy\/package\.sh)\b/.test(line));

/// What a shell makes of a line.
const words = (line) => [...line.matchAll(/'([^']*)'|[^\s']+/g)].map(([word, quoted]) => quoted ?? word);

/// What is wrong with the first command that cannot be given, if there is one.
function faultOf(lines) {
  const world = new World();
  for (const line of lines) {
    const [program, ...rest] = words(line);
    try {
      if (program === 'aws') {
        run(rest, world);
      } else {
        world.files.add('build/streamonce-x86_64.zip');
        const views = rest.indexOf('--views');
        world.views = views < 0 ? undefined : keysOfViews(rest[views + 1]);
      }
    } catch (error) {
      return `${line}: ${error.message}`;
    }
  }
  return undefined;
}

const complain = (fault) => {
  console.log(`  story: ${fault}`);
  process.exitCode = 1;
};
const fault = faultOf(commands);
if (fault) complain(fault);

const makes = /^aws (s3|dynamodb (create-table|update-table|update-continuous-backups|export-table\S*|put-item|put-resource-policy)|iam|.* wait)\b/;
const needed = commands.filter((line) => makes.test(line));
for (const line of fault ? [] : needed)
  if (!faultOf(commands.filter((other) => other !== line))) complain(`nothing needs ${line}`);
console.log(`story: ${commands.length} commands, ${needed.length} of them needed by later ones`);
if (needed.length < 10) complain('too few commands found');
