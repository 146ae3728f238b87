#!/usr/bin/env bash
# mutations.sh BUILD_FOLDER [PROGRAM [PART PARTS]]: shows that the simulations have teeth. Each promise is
# broken on purpose, one at a time, in a copy of the file that keeps it, and the simulation must find out.
# With PROGRAM, which is simulation, load_simulation or verify_simulation, only those are broken that it has
# to find; with PART of PARTS, counted from 0, every PARTS-th of these, so that all parts together break each
# one.
#
# BUILD_FOLDER is one of Ninja's, with the simulations built, in which the rooms that are mutated are
# compiled source by source, with whichever compiler; the mutants need clang++. Nothing in it or in the tree is
# changed.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
only=${2:-}
part=${3:-0}
parts=${4:-1}
turn=0
program=simulation
seeds=5000
failed=0

# finds ARGUMENT...: whether the program that is told so finds something out.
finds() {
  ! "$work/$program" "$@" >"$work/out" 2>&1
}

ninja -C "$build" -t commands simulation load_simulation verify_simulation >"$work/commands"
flags=$(grep -E -- ' -c [^ ]*/(runtime|events|handler)/' "$work/commands" |
  grep -oE -- ' (-[DIm][^ ]+|-isystem [^ ]+|-std=[^ ]+)' | awk '!seen[$0]++' | tr '\n' ' ')

# compile ARGUMENT...: compiles with all that the meaning of the product's sources hangs on, and with nothing that
# makes them fast, since most of the time goes to compilation. Clang takes half as long for that as GCC.
compile() {
  (cd "$build" && eval "clang++ $flags -w -g0 -O0 $*")
}

# precompile: compiles the headers that are included by any file that is mutated for the program, once for all
# mutants. Each of these sees them all, as where several sources are compiled as one.
precompile() {
  sed -nE "/^program=$program\$/,/^program=/s/^mutate .* ([^ ]+\.cc) \\\\\$/\1/p" tests/simulation/mutations.sh |
    xargs grep -h '^#include' | sort -u >"$work/$program.h"
  compile -fpch-instantiate-templates -x c++-header "$work/$program.h" -o "$work/$program.pch"
}

# mutate SEED NAME FILE PERL_EXPRESSION: the expression must change the file. The seed is the first one
# that has found the mutation out, and is tried before all others.
mutate() {
  local seed=$1 name=$2 file=$3 expression=$4 link
  if [ -n "$only" ] && [ "$only" != "$program" ]; then return; fi
  turn=$((turn + 1))
  if [ $(((turn - 1) % parts)) != "$part" ]; then return; fi
  perl -0pe "$expression" "$file" >"$work/mutant.cc"
  if cmp -s "$file" "$work/mutant.cc"; then
    echo "mutations.sh: $name: nothing in $file is changed: the mutation is out of date" >&2
    failed=1
    return
  fi
  # Before the archives, so that theirs is not taken.
  link=$(grep -F " -o tests/$program " "$work/commands" |
    sed -E "s|tests/CMakeFiles/$program.dir/|$work/mutant.o &|; s| -o [^ ]+| -o $work/$program|")
  [ -e "$work/$program.pch" ] || precompile
  compile -include-pch "$work/$program.pch" -c "$work/mutant.cc" -o "$work/mutant.o"
  (cd "$build" && eval "$link -Wl,--strip-debug")
  if finds --seed "$seed" || finds --seeds "$seeds"; then
    printf '%-44s %s\n' "$name" "$(head -n 1 "$work/out" | cut -c1-110)"
  else
    printf '%-44s NOT FOUND in %d seeds\n' "$name" "$seeds"
    failed=1
  fi
}

mutate 36 "a later record is applied after a failed one" handler/pipeline/plan.cc \
  's/const auto bad = (std::find_if_not\([^;]*\));/const auto bad = sound(lane.records.back()) ? lane.records.end() : $1;/s'
mutate 1 "the oldest change of a lane is written" handler/pipeline/plan.cc \
  's/changes\[records\.back\(\)\]/changes[records.front()]/'
mutate 1 "the mark goes without its item" handler/targets/dynamodb/transact_request.cc \
  's/for \(const Write& write : commit->writes\) append_write\(body, write\);//'
mutate 1 "the mark has no condition" handler/targets/dynamodb/transact_request.cc \
  's/"ConditionExpression":"attribute_not_exists\(v\) OR v < :v",//'
mutate 1 "a delete removes the mark" handler/targets/dynamodb/transact_request.cc \
  's/(void append_mark\([^{]*\{\n)/$1  if (commit.operation == Operation::kRemove) {\n    out += R"({"Delete":{"TableName":)";\n    append_json_string(out, ledger);\n    out += R"(,"Key":{"id":{"S":)";\n    append_json_string(out, commit.ledger_id);\n    out += "}}}}";\n    return;\n  }\n/'
mutate 2 "a lane is sorted by numbers as texts" handler/pipeline/group.cc \
  's/changes\[a\]\.version < changes\[b\]\.version/as_text(changes[a]) < as_text(changes[b])/; s/(Groups group\()/std::string_view as_text(const events::Change& change) {\n  const std::string_view digits = change.version.text().substr(24);\n  return digits.substr(digits.find_first_not_of("0"));\n}\n\n$1/'
mutate 109 "failures are compared by numbers as texts" handler/sources/lambda/stream_event.cc \
  's/numbers\[a\.record\] < numbers\[b\.record\]/numbers[a.record].text() < numbers[b.record].text()/'
mutate 1 "versions hold the number as a text" events/version.cc \
  's/std::copy_backward\(digits\.begin\(\), digits\.end\(\), text_\.begin\(\) \+ text\(\)\.size\(\)\);/std::copy(digits.begin(), digits.end(), text_.begin() + kNumberStart);/'
mutate 1 "one token for all requests" handler/targets/dynamodb/dynamodb_target.cc \
  's/(std::string DynamoDbTarget::draw_token\(\) \{\n)/$1  if (options_.transactions_in_flight > 0) return "token";\n/'
mutate 5 "the answer does not wait for the commit" handler/pipeline/pipeline.cc \
  's/(target_\.commit\([^;]*;)/$1\n  for (Outcome& outcome : outcomes) outcome.result = CommitResult::kApplied;/'
mutate 11 "the highest failure is named" handler/sources/lambda/stream_event.cc \
  's/numbers\[a\.record\] < numbers\[b\.record\]/numbers[b.record] < numbers[a.record]/'
mutate 10 "the newest record of a failed lane is named" handler/pipeline/checkpoint.cc \
  's/\.record = records\.front\(\)/.record = records.back()/'
mutate 12 "what is in flight at the deadline counts" runtime/aws/call.cc \
  's/end_late\(std::move\(each\.call\), [^;]*;/end(std::move(each.call));/'
mutate 1 "a broken connection counts as applied" runtime/aws/call.cc \
  's/return go_on\(std::move\(ended\), std::move\(refusal\), timed_out\);/return call.options_.operation == "TransactWriteItems" ? end(std::move(ended.call)) : go_on(std::move(ended), std::move(refusal), timed_out);/'
mutate 4 "an unreadable answer counts as applied" handler/targets/dynamodb/transact_response.cc \
  's/return unreadable\(status, "and not an answer of DynamoDB"\);/return {.kind = AnswerKind::kApplied, .verdicts = {}, .reason = {}, .code = {}};/'
mutate 3 "a conflict counts as applied" handler/targets/dynamodb/transact_response.cc \
  's/may_pass\s*\? Verdict::kRetry/may_pass ? Verdict::kStale/'
mutate 5 "one bad commit fails its transaction" handler/targets/dynamodb/transaction_run.cc \
  's/pack->commits\(\)\.size\(\) > 1\s*\? halve\([^;]*?\)\s*: fail_for_good\(\*pack, \*refusal\)/fail(*pack, refusal->reason)/'
mutate 22 "the deadline is not looked at" runtime/aws/call.cc \
  's/if \(left <= milliseconds\(0\)\) \{[^}]*\}//'
mutate 14 "retries know no budget and no delay" runtime/aws/retry.cc \
  's/if \(limit <= 0\) return std::chrono::milliseconds\(0\);/return std::chrono::milliseconds(0);/; s/if \(cost > tokens_\) return false;//'

mutate 12 "the answer has no reserve" handler/sources/lambda/serve.cc \
  's/left - reserve/left/'
mutate 189 "requests start that cannot end in time" runtime/aws/call.cc \
  's/if \(left < kRequestTimeLeast\) end_waiting\(\);//; s/if \(time_left\(\*attempt\.call\) < kRequestTimeLeast\) \{[^}]*\}//'
mutate 1265 "a clock is mended for one request only" runtime/aws/request_signer.cc \
  's/if \(signed_with\.offset != clock_offset_\) return true;//; s/\*service_time - signed_with\.time\)/*service_time - signing_clock().time)/'
mutate 1 "a clock is mended once in a process" runtime/aws/request_signer.cc \
  's/if \(!service_time\) return false;/if (!service_time || clock_offset_) return false;/'
mutate 1 "a dead connection is waited for" runtime/aws/call.cc \
  's/request\.timeout = way\.timeout;/request.timeout = options.operation == "TransactWriteItems" ? options.timeout : way.timeout;/'
mutate 193 "a dead connection is used again" runtime/aws/call.cc \
  's/request\.fresh_connection = way\.fresh_connection;/request.fresh_connection = options.operation != "TransactWriteItems" && way.fresh_connection;/'
mutate 3 "a dead connection is waited for with marks" runtime/aws/call.cc \
  's/request\.timeout = way\.timeout;/request.timeout = options.operation == "BatchGetItem" ? options.timeout : way.timeout;/'
mutate 193 "a dead connection is used again for marks" runtime/aws/call.cc \
  's/request\.fresh_connection = way\.fresh_connection;/request.fresh_connection = options.operation != "BatchGetItem" && way.fresh_connection;/'
mutate 11 "marks that are left unread count as absent" handler/targets/dynamodb/mark_reader.cc \
  's/unread\.push_back\(place\);/(void)place;/'
mutate 4 "the checksum is not looked at" runtime/aws/api_answer.cc \
  's/return crc32_z\([^;]*;/return true;/'

mutate 2 "an insert does not ask the ledger" handler/targets/dynamodb/item_actions.cc \
  's/\n  append_ledger_condition\(out, commit\);/\n  if (is_put) {\n    out += R"~("ConditionExpression":"attribute_not_exists(v) OR attribute_exists(v)",)~";\n    out += kTellOld;\n  } else {\n    append_ledger_condition(out, commit);\n  }/'
mutate 2 "a removal leaves no tombstone" handler/targets/dynamodb/item_actions.cc \
  's/if \(is_put\) \{\n    out \+= R"\(\{"ConditionCheck"/if (true) {\n    out += R"({"ConditionCheck"/'
mutate 2 "a tombstone is left, and the item stays" handler/targets/dynamodb/item_actions.cc \
  's/R"\(\}\},\{"Delete":\{"TableName":\)"/R"(}},{"ConditionCheck":{"TableName":)"/'
mutate 5 "a tombstone is put over any other" handler/targets/dynamodb/item_actions.cc \
  's/\n  append_ledger_condition\(out, commit\);/\n  if (is_put) {\n    append_ledger_condition(out, commit);\n  } else {\n    out += kTellOld;\n  }/'
mutate 2 "an insert is put over any item" handler/targets/dynamodb/item_actions.cc \
  's/\n  append_row_condition\(out, commit, attribute\);/\n  if (!is_put) append_row_condition(out, commit, attribute);/'
mutate 68 "any item is removed" handler/targets/dynamodb/item_actions.cc \
  's/\n  append_row_condition\(out, commit, attribute\);/\n  if (is_put) append_row_condition(out, commit, attribute);/'
mutate 32 "a put makes what is not there" handler/targets/dynamodb/item_actions.cc \
  's/"ConditionExpression":"#m < :v"/"ConditionExpression":"attribute_not_exists(#m) OR #m < :v"/'
mutate 38 "a put asks no ledger for an item without a mark" handler/targets/dynamodb/item_actions.cc \
  's/R"\(,"ConditionExpression":"#m < :v","ExpressionAttributeNames":\{"#m":\)"/R"~(,"ConditionExpression":"attribute_exists(id) AND (attribute_not_exists(#m) OR #m < :v)","ExpressionAttributeNames":{"#m":)~"/'
mutate 2 "a put has no condition" handler/targets/dynamodb/item_actions.cc \
  's/,"ConditionExpression":"#m < :v",/,/'
mutate 5 "a put that is sent again has no condition" handler/targets/dynamodb/item_put_run.cc \
  's/aws::fill_json\(request, service, options\(\)\.operation,\s*(put_request\([^;]*)\);/std::string body = $1;\n    const std::string condition = R"(,"ConditionExpression":"#m < :v")";\n    if (history().attempts > 0) body.erase(body.find(condition), condition.size());\n    aws::fill_json(request, service, options().operation, std::move(body));/'
mutate 5 "a put is put over its own version" handler/targets/dynamodb/item_actions.cc \
  's/"ConditionExpression":"#m < :v"/"ConditionExpression":"#m <= :v"/'
mutate 2 "an insert is put over its own version" handler/targets/dynamodb/item_actions.cc \
  's/"attribute_not_exists\(#m\) OR #m < :v"/"attribute_not_exists(#m) OR #m <= :v"/'
mutate 5 "a tombstone is put over itself" handler/targets/dynamodb/item_actions.cc \
  's/"attribute_not_exists\(v\) OR v < :v"/"attribute_not_exists(v) OR v <= :v"/'
mutate 2 "an item is put without its mark" handler/targets/dynamodb/item_actions.cc \
  's/append_marked_image\(out, write\.image_json, attribute, commit\);/out += write.image_json;/'
mutate 2 "a put that is refused counts as applied" handler/targets/dynamodb/item_put.cc \
  's/\.kind = kind_of\(judge_version\(commit, body\.version\)\)/.kind = PutAnswerKind::kApplied/'
mutate 20 "a put whose answer cannot be read counts as applied" handler/targets/dynamodb/item_put.cc \
  's/return \{\.refusal = aws::unreadable_answer\(response\.status, "and not an answer of DynamoDB"\)\};/return {.kind = PutAnswerKind::kApplied};/'
mutate 38 "a put that meets another counts as done" handler/targets/dynamodb/item_put.cc \
  's/(  return \{\.refusal = aws::refusal_of)/  if (code == "TransactionConflictException") return {.kind = PutAnswerKind::kStale};\n$1/'
mutate 2 "what is not there counts as done" handler/targets/dynamodb/item_put_run.cc \
  's/case PutAnswerKind::kNotThere:/case PutAnswerKind::kNotThere:\n      return settle(put, CommitResult::kStale);/'
mutate 11 "a put that was not answered counts as done" handler/targets/dynamodb/item_put_run.cc \
  's/if \(refusal\) return fail\(put, \*refusal\);/if (refusal) return settle(put, CommitResult::kApplied);/'
mutate 11 "a later mark of a row fails its commit" handler/targets/dynamodb/transact_response.cc \
  's/return action_ == 0 \? std::string_view\(\) : version_attribute_;/return {};/'
mutate 5 "marks are looked for in the ledger first" handler/targets/dynamodb/mark_reader.cc \
  's/\n  read_rows\(places, results, deadline\);/\n  const Ledger first(options_, places, reading);\n  results = MarkRead(*this, first, places.size(), deadline).work();/; s/std::vector<MarkResult> entries = MarkRead\(\*this, ledger, left\.size\(\), deadline\)\.work\(\);/std::vector<MarkResult> entries(left.size(), MarkResult(std::nullopt));\n  read_rows(left, entries, deadline);/'
mutate 5 "marks of what is gone are not looked for" handler/targets/dynamodb/mark_reader.cc \
  's/results\[i\] = std::move\(entries\[next\+\+\]\);/++next;/'
mutate 5 "marks in items are not looked for" handler/targets/dynamodb/mark_reader.cc \
  's/\n  read_rows\(places, results, deadline\);//'
mutate 53 "an item that cannot be read has no mark" handler/targets/dynamodb/mark_reader.cc \
  's/if \(results\[i\] && !\*results\[i\]\) left/if (!results[i]) results[i] = MarkResult(std::nullopt);\n  for (std::size_t i = 0; i < places.size(); ++i)\n    if (results[i] \&\& !*results[i]) left/'

mutate 1 "one item is twice in a transaction" handler/targets/dynamodb/transaction_run.cc \
  's/commits_\[i\]\.after\.empty\(\) \? free : held_/true ? free : held_/'
mutate 1 "one item of two tables is not known for one" handler/pipeline/plan.cc \
  's/if \(!is_of_one_source\(changes, plan\)\) note_shared_items\([^;]*;//'
mutate 1 "two tables' items are told apart by their tables" handler/pipeline/shared_items.cc \
  's/events::append_canonical\(name, \*write\.key\);/name += write.image_json;/'
mutate 4 "a later commit does not wait for an earlier one" handler/targets/dynamodb/transaction_run.cc \
  's/return is_ended_\[earlier\];/return true;/'
mutate 4445 "a commit is certain that may still arrive" handler/targets/dynamodb/transaction_run.cc \
  's/fail_held\(aws::too_late\(\)\.reason\);//; s/is_ended_\[place\] = [^;]*;/is_ended_[place] = true;/g'
mutate 5 "what is cut off a transaction is forgotten" runtime/aws/call.cc \
  's/\*due = std::move\(rest\);/queue.waiting.erase(due);/'
mutate 1 "what is held back is forgotten" handler/targets/dynamodb/transaction_run.cc \
  's/if \(!held_\.empty\(\)\) release_held\(\);//g'

mutate 3 "the entry that was seen is no condition" handler/targets/dynamodb/transact_request.cc \
  's/append_seen_condition\(out, commit\);/out += "},";/'
mutate 11 "an entry is known again by its version only" handler/targets/dynamodb/transact_request.cc \
  's/seen->nonce\.empty\(\) \? "v = :s AND attribute_not_exists\(r\)" : "v = :s AND r = :r"/"v = :s"/'
mutate 3 "content is dropped" handler/targets/dynamodb/mark_text.cc \
  's/if \(!commit\.content\.empty\(\)\) append_text_attribute\(out, kContentName, commit\.content\);//'
mutate 11 "a nonce is dropped" handler/targets/dynamodb/mark_text.cc \
  's/if \(!commit\.nonce\.empty\(\)\) append_text_attribute\(out, kNonceName, commit\.nonce\);//'
mutate 3 "an entry with content looks like one without" handler/targets/dynamodb/mark_text.cc \
  's/if \(!commit\.content\.empty\(\)\) out \+= kRemembersMark;//'
mutate 3 "an entry with content expires" handler/targets/dynamodb/mark_text.cc \
  's/if \(commit\.ttl && commit\.content\.empty\(\)\)/if (commit.ttl)/'
mutate 3 "an entry that has changed counts as a later one" handler/targets/mark.cc \
  's/(return holds \? CommitResult::kApplied : )CommitResult::kChanged;/$1CommitResult::kStale;/'
mutate 123 "an entry that is ours counts as changed" handler/targets/mark.cc \
  's/if \(there->version == commit\.version && there->nonce == commit\.nonce\)\s*return CommitResult::kAlreadyApplied;//'
mutate 3 "what was seen to be done is written" handler/targets/dynamodb/transact_request.cc \
  's/if \(is_done_by_what_was_seen\(commit\)\) \{/if (false) {/'
mutate 3 "the content that comes back is not read" handler/targets/dynamodb/transact_response.cc \
  's/if \(name == kContentName\) return read_text_member\([^;]*;//'

mutate 11 "a commit by version alone gets past content" handler/targets/mark.cc \
  's/holds = !there \|\| \(!there->remembers && /holds = !there || (/'

mutate 4 "a row has no owner" handler/targets/dynamodb/transact_request.cc \
  's/if \(!write\.owner\.empty\(\)\) append_owner_condition\(out, write\);//'
mutate 4 "a row that is removed has no owner" handler/targets/dynamodb/transact_request.cc \
  's/if \(!write\.owner\.empty\(\)\) append_owner/if (is_put && !write.owner.empty()) append_owner/'
mutate 4 "an owner has one attribute" handler/targets/dynamodb/transact_request.cc \
  's/i < write\.owner\.size\(\); \+\+i/i < 1; ++i/'
mutate 4 "a collision counts as done" handler/targets/dynamodb/transact_response.cc \
  's/(judge_collision\(CommitVerdict.*?verdict\.verdict = )Verdict::kFailed;/$1Verdict::kStale;/s'
mutate 4 "a collision outweighs the mark" handler/targets/dynamodb/transact_response.cc \
  's/(judge_collision\(CommitVerdict& verdict\) const \{\n)[^;]*;/$1/'
mutate 108 "the oldest change is no condition" handler/targets/dynamodb/transact_request.cc \
  's/version_to_rise_above\(commit\)\.text\(\)/commit.version.text()/'
mutate 108 "a change between does not count" handler/targets/mark.cc \
  's/return commit\.oldest != nullptr && [^;]*;/return commit.version;/'

mutate 2 "a row stays where WHERE holds no more" handler/views/derive.cc \
  's/(takes\(place, change\)\)\)) return row;/$1 return change.operation == events::Operation::kRemove ? row : Row();/'
mutate 2 "a row stays where its item goes" handler/views/derive.cc \
  's/(takes\(place, change\)\)\)) return row;/$1 return change.operation == events::Operation::kRemove ? Row() : row;/'
mutate 6 "MISSING is NULL" handler/views/evaluate.cc \
  's/value\.is_null\(\) != node\.is_negated/(value.is_null() || value.is_missing()) != node.is_negated/'
mutate 6 "NULL is MISSING" handler/views/evaluate.cc \
  's/value\.is_missing\(\) != node\.is_negated/(value.is_null() || value.is_missing()) != node.is_negated/'
mutate 6 "a view takes the oldest record that concerns it" handler/pipeline/derived_plan.cc \
  's/std::size_t place = records\.size\(\); place-- > 0 && !open_views_\.empty\(\);/std::size_t place = 0; place < records.size() && !open_views_.empty(); ++place/'
mutate 14 "a view takes what does not concern it" handler/views/derive.cc \
  's/if \(options\.keeps_deleted && [^;]*;//; s/if \(options\.keeps_expired && [^;]*;//'
mutate 2 "a view takes all kinds of changes" handler/views/derive.cc \
  's/return options\.on_(insert|modify|remove);/return true;/g'
mutate 2 "only the first view is written" handler/pipeline/derived_plan.cc \
  's/, end\.writes - first\.writes\};/, std::min<std::size_t>(end.writes - first.writes, 1)};/'
mutate 2 "the first view is written before the others" handler/pipeline/derived_run.cc \
  's/(if \(!commits\.empty\(\)\)) (run_\.target\.commit\(commits, round\.outcomes, deadline_\);)/$1 {\n    std::vector<Commit> firsts = commits;\n    for (Commit& each : firsts) each.writes = each.writes.first(std::min<std::size_t>(each.writes.size(), 1));\n    run_.target.commit(firsts, round.outcomes, deadline_);\n    $2\n  }/'
mutate 6 "a view that has no value is left out" handler/pipeline/derived_plan.cc \
  's/return \{\.place = place, \.reason = std::move\(made\)[^;]*;/continue;/'
mutate 154 "a view with no value ends the lane of others" handler/pipeline/derived_plan.cc \
  's/return (\{\.place = )place(, \.reason = std::move\(made\))/return ${1}0$2/'
mutate 42 "what was planned of a failed record is kept" handler/pipeline/derived_plan.cc \
  's/cut_to\(first\);//'
mutate 6 "records behind a failed one count for views" handler/pipeline/derived_plan.cc \
  's/(if \(const std::string& problem = change_at\(records, place\)\.problem; !problem\.empty\(\))\)/$1 && place + 1 == records.size())/'
mutate 306 "the oldest change of rows is not told" handler/pipeline/derived_plan.cc \
  's/if \(oldest < newest\.version\) commit\.oldest = &oldest;//'
mutate 54 "a filtered record is marked" handler/pipeline/derived_plan.cc \
  's/change_at\(records, draft\.newest\);\n(\s*Commit& commit)/change_at(records, records.size() - 1);\n$1/'
mutate 26 "a key that lacks a part fails its record" handler/views/derive.cc \
  's/if \(is_no_key_part\(\*value, scratch_\)\) return false;//'
mutate 2210 "a lane with a change between is not tried again" handler/pipeline/derived_run.cc \
  's/(bool Rounds::is_behind_its_mark\([^{]*\{\n)/$1  if (deadline_ != SteadyTime::max()) return false;\n/'

mutate 26 "a row of another item keeps one from leaving" handler/pipeline/derived_run.cc \
  's/if \(!outcome\.collides\) return false;/return false;/'
mutate 242 "what is left is not removed first" handler/pipeline/derived_run.cc \
  's/if \(is_alone \|\| stage_ == Stage::kLeave\)\s*for \([^;]*start_leaving[^;]*;//'
mutate 74 "a row is left that the item keeps" handler/views/difference.cc \
  's/if \(row\.effect == Row::Effect::kRemove && (!row\.owner\.empty\(\) && !has_key)/if ($1/'
mutate 38 "what is left counts as the change" handler/pipeline/derived_plan.cc \
  's/commit\.version = seen->mark->version;//'
mutate 6 "a record that its mark stands for fails since a view has no value" handler/pipeline/derived_run.cc \
  's/\(refused\.ledger_id\.empty\(\) \? done_\.refused : round\.doubtful\)/done_.refused/'
mutate 6 "items that want one row go at once" handler/pipeline/derived_plan.cc \
  's/if \(tables_\.may_share_rows\(\) \|\| !is_of_one_source/if (!is_of_one_source/'
mutate 26 "a row does not tell whose it is" handler/views/derive.cc \
  's/row\.owner = owner_of\([^;]*;//'

# A pack that is made of `summed_before` sends the sums of those commits.
sums_are_kept='s/(using aws::Trouble;)/$1\nCommitList summed_before;\nstd::string with_sums_of(const std::string& whole, std::string body) {\n  constexpr std::string_view kUpdate = ",{\\"Update\\"";\n  if (whole.find(kUpdate) == std::string::npos) return body;\n  return body.substr(0, std::min(body.find(kUpdate), body.size() - 2)) + whole.substr(whole.find(kUpdate));\n}/; s/(  void forget_token\(\) \{ token_\.clear\(\); \})/$1\n  CommitList summed;/; s/(auto pack = std::make_unique<Pack>[^;]*;)/$1\n    pack->summed = summed_before;/; s/(transact_request\()commits_(,[^;]*)\);/with_sums_of(summed.empty() ? "" : $1summed$2, $1commits_$2));/;'
mutate 3 "what a lane adds that has left is still sent" handler/targets/dynamodb/transaction_run.cc \
  "$sums_are_kept"' s/(start\(std::move\(innocent\), history, again\);)/summed_before = pack.commits();\n    $1\n    summed_before.clear();/'
mutate 3 "the sums of a half are those of the whole" handler/targets/dynamodb/transaction_run.cc \
  "$sums_are_kept"' s/(if \(middle != commits\.begin\(\)\)[^;]*;[^;]*;)/summed_before = commits;\n  $1\n  summed_before.clear();/'
mutate 3 "two transactions at once add to a row" handler/targets/dynamodb/row_gate.cc \
  's/return is_free;/return true;/'
mutate 3 "a row is free before its transaction has ended" handler/targets/dynamodb/transaction_run.cc \
  's/(calls_\.add\(std::move\(next\.pack\)\);)/gate_.leave(next.pack->rows());\n  $1/'
mutate 6 "what waits for a row is forgotten" handler/targets/dynamodb/transaction_run.cc \
  's/if \(!waiting_\.empty\(\)\) start_waiting\(\);//'
mutate 3 "a difference of zero is sent" handler/targets/dynamodb/added_rows.cc \
  's/for \(RowSum& row : rows_\) std::erase_if\(row\.addends, is_zero\);//'
mutate 3 "only the first of several amounts is sent" handler/targets/dynamodb/added_rows.cc \
  's/place->number = \*sum;//'
mutate 3 "a row has an update for each commit" handler/targets/dynamodb/added_rows.cc \
  's/number = numbers_\.number_of\(addition\);/number = static_cast<RowNumber>(rows_.size());/'
mutate 12 "a conflict on a row counts as applied" handler/targets/dynamodb/transact_response.cc \
  's/may_pass\s*\? Verdict::kRetry/may_pass ? subject.addition != nullptr ? Verdict::kStale : Verdict::kRetry/'
mutate 18 "a row that takes nothing fails all that add to others" handler/targets/dynamodb/transact_response.cc \
  's/: subject\.is_shared \? Verdict::kApart/: subject.is_shared ? Verdict::kFailed/'
mutate 21 "conflicts make transactions on a row smaller" handler/targets/dynamodb/transaction_run.cc \
  's/return rows_\.empty\(\);/return true;/'

mutate 7 "what was written is not looked at" handler/pipeline/derived_plan.cc \
  's/\.content = seen\.mark \? std::string_view\(seen\.mark->content\) : std::string_view\(\),/.content = {},/'
mutate 7 "the entry does not tell what was written" handler/pipeline/derived_plan.cc \
  's/commit\.content = draft\.content;//'
mutate 175 "what is remembered is not left first" handler/views/difference.cc \
  's/if \(is_shared && (\(row == nullptr)/if (!is_shared \&\& $1/'
mutate 40 "a departure forgets amounts" handler/views/difference.cc \
  's/\} else if \(!before\.keys\.empty\(\)\) \{\s*after_\.views\.push_back\(std::move\(before\)\);//'
mutate 40 "a departure forgets rows that stay" handler/views/difference.cc \
  's/else\s*after\.keys\.push_back\(key\);//'
mutate 7 "a row that was there is not put anew" handler/views/difference.cc \
  's/(if \(row\.effect == Row::Effect::kPut\))\s*(put_row\(made, before, row\);)/$1 {\n      if (!has_key(before.keys, *row.key)) $2\n    }/'
mutate 175 "a remembered row is removed without its owner" handler/views/difference.cc \
  's/\.owner = owner_of\(input_\.views\.views\[view\], before\.owner\)\}/.owner = {}}/'
mutate 7 "what a view has that leaves the change alone is forgotten" handler/views/difference.cc \
  's/if \(!is_made\(before\.name\)\) after_\.views\.push_back\(before\);//'
mutate 391 "the entry that comes back is not used" handler/pipeline/derived_run.cc \
  's/return outcome\.result == CommitResult::kChanged &&\s*\(commit\.seen [^;]*;/return false;/'

mutate 10 "a position is saved before its commit" handler/sources/stream/followed_shard.cc \
  's/std::string_view number = done_;/std::string_view number = taken_;/'
mutate 15 "a shard's end is saved before its last page" handler/sources/stream/followed_shard.cc \
  's/has_ended_ && pages_\.empty\(\)\) return/has_ended_) return/'
mutate 10 "a page is done up to its last failure" handler/sources/stream/stream_page.cc \
  's/records_\.front\(\)\.place/records_.back().place/'
mutate 10 "what failed counts as done" handler/sources/stream/shard_applier.cc \
  's/if \(!is_done\(fate\) && !given_up\[i\]\) return false;//'
mutate 70 "a letter is not synced" handler/sources/stream/shard_applier.cc \
  's/if \(kept\) kept = parts_\.dead_letters->sync\(\);//'
mutate 135 "a child is read before its parent" handler/sources/stream/shard_tree.cc \
  's/return parent == shards_\.end\(\) \|\| [^;]*;/return true;/'
mutate 10 "the last page is dropped" handler/sources/stream/followed_shard.cc \
  's/if \(is_empty\) return;/if (is_empty || has_ended_) return;/'
mutate 25 "an iterator that expired is got anew at the latest" handler/sources/stream/followed_shard.cc \
  's/const bool is_latest = [^;]*;/const bool is_latest = has_iterated_;/; s/if \(!taken_\.empty\(\)\) \{/if (!taken_.empty() \&\& !is_latest) {/'
mutate 35 "no gap is told" handler/sources/stream/follower.cc \
  's/\+\+state_\.gaps;\s*parts_\.logger\.log\(\s*LogLevel::kError/++state_.gaps;\n  parts_.logger.log(LogLevel::kDebug/'
mutate 35 "a shard that is gone is no gap" handler/sources/stream/follower.cc \
  's/if \(shard\.was_taken_from\(\) \|\| shard\.must_be_whole\(\)\)/if (false)/'
mutate 400 "a shard that a first run could have read is no gap" handler/sources/stream/follower.cc \
  's/\.must_be_whole = must_be_whole\(id\)/.must_be_whole = whole_.contains(id)/'
mutate 2795 "shards that came and went before a run are no gap" handler/sources/stream/follower.cc \
  's/if \(was_followed_\) return look_for_gaps\(\);/if (was_followed_) return {};/'
mutate 2 "an image is fetched by an eventually consistent read" handler/pipeline/image_fetcher.cc \
  's/Consistency::kStrong/Consistency::kEventual/'
mutate 2 "an item that cannot be read counts as gone" handler/pipeline/image_fetcher.cc \
  's/why = read\.error\(\)\.message;/why.clear();/; s/keep_image\(\*part\.texts, \*read\)/keep_image(*part.texts, read ? *read : std::string_view())/'
mutate 2 "an item that is gone stays as it was" handler/pipeline/image_fetcher.cc \
  's/(change\.image_json = image;\n)/$1  if (image.empty()) change.image_json = change.keys_json;\n/; s/if \(!image\.empty\(\)\) return;/return;/'
mutate 2 "a newer change has what an older one tells" handler/pipeline/image_fetcher.cc \
  's/lane\.records\.rbegin\(\); record != lane\.records\.rend\(\)/lane.records.begin(); record != lane.records.end()/'

program=load_simulation
mutate 19 "a load is below all streams" events/exports/load_version.cc \
  's/\.label = label_of\(stream\)/.label = label_of(WallTime())/'
mutate 1 "a load has the label of the stream itself" events/exports/load_version.cc \
  's/version_of\(\*stream - milliseconds\(1\), /version_of(*stream, /'
mutate 1 "a load has the number of its export's own time" events/exports/load_version.cc \
  's/const WallTime from = export_time - kExportFuzz;/const WallTime from = export_time;/'
mutate 1 "exports of one stream have one number" events/exports/load_version.cc \
  's/std::to_string\(microseconds\(from\.time_since_epoch\(\)\)\.count\(\)\)/std::to_string(microseconds(from.time_since_epoch()).count() * 0 + 1)/'
mutate 87 "an export may be as old as its stream" events/exports/load_version.cc \
  's/const WallTime first = \*stream \+ kStreamLead;/const WallTime first = *stream;/'
mutate 1 "a load without a stream is above streams" events/exports/load_version.cc \
  's/return version_of\(export_time, export_time\);/return version_of(export_time + std::chrono::hours(24), export_time);/'
mutate 1 "a load has no time" events/exports/item_line.cc \
  's/change\.created_at = version_\.created_at;//'
mutate 1 "a load is of the beginning of time" events/exports/load_version.cc \
  's/(\.created_at =)[^}]*\}/$1 0}/s'
mutate 1 "a key is removed that the export has put" handler/sources/exports/sweep.cc \
  's/mark->version < version;/mark->version <= version;/'
mutate 1 "a sweep asks for what the stream has told of" handler/sources/exports/sweep.cc \
  's/return !mark \|\| [^;]*;/return true;/'
mutate 1 "a sweep reads no marks" handler/sources/exports/sweep.cc \
  's/else if \(is_swept\([^{]*\{/else {/'
mutate 28 "a sweep leaves what has no mark" handler/sources/exports/sweep.cc \
  's/return !mark \|\| /return mark \&\& /'
mutate 1 "a mark that cannot be read counts as none" handler/sources/exports/sweep.cc \
  's/if \(!marks\[i\]\) \{.*?\} else //s; s/is_swept\(\*marks\[i\]/is_swept(marks[i] ? *marks[i] : std::nullopt/'
mutate 59 "a sweep ends at a page that cannot be read" handler/sources/exports/sweep.cc \
  's/if \(!STREAMONCE_TRY\(scan\.next\(page, parts_\.deadline\(\)\)\)\) return true;/const auto more = scan.next(page, parts_.deadline());\n    if (!more || !*more) return true;/'
mutate 24 "a sweep does not wait for all files" handler/commands/load/load.cc \
  's/(std::string Load::why_not_to_sweep\(\) const \{\n)/$1  if (!options_.dry_run) return {};\n/'
mutate 1 "a sweep does not wait for a file that is missing or damaged" handler/commands/load/load.cc \
  's/if \(summary_\.files_missing \+ summary_\.files_damaged > 0\)\s*return [^;]*;//; s/for \(const ManifestFile& file : files\(\)\)\s*if \(!is_done\(file\)\) return [^;]*;//'
mutate 28 "a sweep does not wait for an item that has failed" handler/commands/load/load.cc \
  's/if \(summary_\.failed\(\) > 0\) return [^;]*;//; s/for \(const ManifestFile& file : files\(\)\)\s*if \(!is_done\(file\)\) return [^;]*;//'
mutate 26 "a file with items that failed is done" handler/commands/load/load.cc \
  's/if \(failed_in_file_ == 0\) job/job/'
mutate 1 "a file that was stopped in is done" handler/commands/load/load.cc \
  's/if \(end->is_whole\) finish_file\(file, end->lines\);/finish_file(file, file.item_count);/'
mutate 138 "a batch that is stopped counts" handler/sources/exports/export_load.cc \
  's/if \(!options_\.may_go_on\(\)\) return false;/if (!options_.may_go_on()) {\n    done_ += changes_.size();\n    return false;\n  }/; s/\.is_whole = false\};/.is_whole = true};/'
mutate 1 "a damaged file is loaded" handler/sources/exports/export_reader.cc \
  's/if \(checksums_ == Checksums::kChecked && \(\*found\)->md5\(\) != file\.md5\)/if (false)/'
mutate 19 "what a load keeps has another number" events/exports/item_line.cc \
  's/version\.number/std::string("1")/'

program=verify_simulation
mutate 310 "the source is read before the mark" handler/compare/look.cc \
  's/(STREAMONCE_TRY\(read_marks_before\(\)\);)(\s*)(STREAMONCE_TRY\(read_items\(\)\);)/$3$2$1/; s/(items_\[i\]\.mark = std::move\(marks\[i\]\);)/{ $1 if (items_[i].mark) items_[i].change.version = items_[i].mark->version; }/'
mutate 2 "the source is read as it may have been once" handler/compare/look.cc \
  's/(parts_\.source\.read\([^;]*)kStrong/$1kEventual/'
mutate 2 "rows are read as they may have been once" handler/compare/look.cc \
  's/(parts_\.rows\.read\([^;]*)kStrong/$1kEventual/'
mutate 1 "all repairs have one nonce" handler/pipeline/repair.cc \
  's/random_hex\(run_\.random\)/std::string(32, (char)0x30)/'
mutate 1 "a repair has a version of its own" handler/pipeline/repair.cc \
  's/(if \(input\.seen != nullptr\) commit\.at)/commit.version = events::Version("2027-01-01T00:00:00.000", *events::SequenceNumber::parse("1"));\n  $1/'
mutate 1 "a repair without an entry is above the stream" handler/commands/verify/verify_plan.cc \
  's/if \(!source\.stream_label\.empty\(\)\) \{/if (false) {/'
mutate 2 "a suspect is declared at its first look" handler/compare/judge.cc \
  's/if \(now - \*state\.differs_since < settle\(\)\)/if (false)/'
mutate 47 "a group is declared at its first sight" handler/compare/group_comparison.cc \
  's/if \(!stood_still \|\| differs != doubt\.excess \|\| !doubt\.differs_since\)/if (!stood_still)/; s/  \+\+doubt\.looks;/  if (!doubt.differs_since) { doubt.differs_since = SteadyTime(); doubt.excess = differs; }\n$&/'
mutate 1038 "a group is mended while it changes" handler/compare/group_comparison.cc \
  's/const bool stood_still =[^;]*;/const bool stood_still = true;/'
mutate 454 "a stray row is removed and nobody asks whose it is" handler/compare/look.cc \
  's/ \|\| is_anothers\(table, wanted, found\)//'
mutate 1 "stray rows are left out of a repair" handler/compare/look.cc \
  's/input\.strays\.push_back\([^;]*;//'
mutate 1 "what a group has too much is taken for too little" handler/compare/group_comparison.cc \
  's/\.number = events::negate\(amount\)/.number = amount/'
mutate 95 "a repair asks no item" handler/targets/dynamodb/item_actions.cc \
  's/"#m = :v"/"attribute_exists(#m)"/'
mutate 239 "a repair is put where somebody has put an item" handler/targets/dynamodb/item_actions.cc \
  's/out \+= commit\.seen \? "attribute_not_exists\(#m\)" :/out += commit.seen ? "attribute_not_exists(#m) OR attribute_exists(#m)" :/'
mutate 236 "a repair asks no tombstone" handler/targets/dynamodb/item_actions.cc \
  's/"v = :v AND attribute_not_exists\(r\)" : "v = :v AND r = :r"/"attribute_exists(v)" : "attribute_exists(v)"/'
mutate 14 "an item that is repaired has no nonce" handler/targets/dynamodb/item_mark.cc \
  's/if \(nonce\.empty\(\)\) return text;/return text;/'

exit "$failed"
