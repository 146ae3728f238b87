#!/usr/bin/env bash
# mutations.sh BUILD_FOLDER: shows that the simulation has teeth. Each promise is broken on purpose,
# one at a time, in a copy of the file that keeps it, and the simulation must find out.
#
# BUILD_FOLDER is one of Ninja's, with the simulation built. Nothing in it or in the tree is changed.
set -euo pipefail
build=$(realpath "$1")
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
ninja -C "$build" -t targets all >"$work/targets"
ninja -C "$build" -t commands simulation >"$work/commands"
seeds=5000
failed=0

# mutate NAME FILE PERL_EXPRESSION: the expression must change the file.
mutate() {
  local name=$1 file=$2 expression=$3 object compile link
  perl -0pe "$expression" "$file" >"$work/mutant.cc"
  if cmp -s "$file" "$work/mutant.cc"; then
    echo "mutations.sh: $name: nothing in $file is changed: the mutation is out of date" >&2
    failed=1
    return
  fi
  object=$(sed -n "s|^\(${file%%/*}/CMakeFiles/[^/]*/${file#*/}\.o\): .*|\1|p" "$work/targets")
  compile=$(ninja -C "$build" -t commands "$object" | tail -n 1 |
    sed -E "s| -MD -MT [^ ]+ -MF [^ ]+||; s| -o [^ ]+ -c [^ ]+| -o $work/mutant.o -c $work/mutant.cc|")
  # Before the archives, so that theirs is not taken.
  link=$(grep -F 'simulation.dir/simulation/run.cc.o' "$work/commands" | tail -n 1 |
    sed -E "s|(tests/CMakeFiles/simulation.dir/simulation/run.cc.o)|$work/mutant.o \1|; s| -o [^ ]+| -o $work/simulation|")
  (cd "$build" && eval "$compile -w -g0" && eval "$link")
  if "$work/simulation" --seeds "$seeds" >"$work/out" 2>&1; then
    printf '%-44s NOT FOUND in %d seeds\n' "$name" "$seeds"
    failed=1
  else
    printf '%-44s %s\n' "$name" "$(head -n 1 "$work/out" | cut -c1-110)"
  fi
}

mutate "a later record is applied after a failed one" handler/pipeline/plan.cc \
  's/const auto bad = (std::find_if_not\([^;]*\));/const auto bad = sound(lane.records.back()) ? lane.records.end() : $1;/s'
mutate "the oldest change of a lane is written" handler/pipeline/plan.cc \
  's/changes\[records\.back\(\)\]/changes[records.front()]/'
mutate "the mark goes without its item" handler/targets/dynamodb/transact_request.cc \
  's/for \(const Write& write : commit->writes\) append_write\(body, write\);//'
mutate "the mark has no condition" handler/targets/dynamodb/transact_request.cc \
  's/"ConditionExpression":"attribute_not_exists\(v\) OR v < :v",//'
mutate "a delete removes the mark" handler/targets/dynamodb/transact_request.cc \
  's/(void append_mark\([^{]*\{\n)/$1  if (commit.operation == Operation::kRemove) {\n    out += R"({"Delete":{"TableName":)";\n    append_json_string(out, ledger);\n    out += R"(,"Key":{"id":{"S":)";\n    append_json_string(out, commit.ledger_id);\n    out += "}}}}";\n    return;\n  }\n/'
mutate "a lane is sorted by numbers as texts" handler/pipeline/group.cc \
  's/changes\[a\]\.version < changes\[b\]\.version/as_text(changes[a]) < as_text(changes[b])/; s/(Groups group\()/std::string_view as_text(const events::Change& change) {\n  const std::string_view digits = change.version.text().substr(24);\n  return digits.substr(digits.find_first_not_of("0"));\n}\n\n$1/'
mutate "failures are compared by numbers as texts" handler/sources/lambda/stream_event.cc \
  's/number_of\(a\) < number_of\(b\)/number_of(a).text() < number_of(b).text()/'
mutate "versions hold the number as a text" events/version.cc \
  's/std::copy_backward\(digits\.begin\(\), digits\.end\(\), text_\.begin\(\) \+ text\(\)\.size\(\)\);/std::copy(digits.begin(), digits.end(), text_.begin() + kNumberStart);/'
mutate "one token for all requests" handler/targets/dynamodb/dynamodb_target.cc \
  's/(std::string DynamoDbTarget::draw_token\(\) \{\n)/$1  if (options_.transactions_in_flight > 0) return "token";\n/'
mutate "the answer does not wait for the commit" handler/pipeline/pipeline.cc \
  's/(target_\.commit\([^;]*;)/$1\n  for (Outcome& outcome : outcomes) outcome.result = CommitResult::kApplied;/'
mutate "the highest failure is named" handler/sources/lambda/stream_event.cc \
  's/number_of\(a\) < number_of\(b\)/number_of(b) < number_of(a)/'
mutate "the newest record of a failed lane is named" handler/pipeline/checkpoint.cc \
  's/\.record = records\.front\(\)/.record = records.back()/'
mutate "what is in flight at the deadline counts" runtime/aws/call.cc \
  's/end_late\(std::move\(each\.call\), [^;]*;/end(std::move(each.call));/'
mutate "a broken connection counts as applied" runtime/aws/call.cc \
  's/return go_on\(std::move\(ended\), std::move\(refusal\), timed_out\);/return call.options_.operation == "TransactWriteItems" ? end(std::move(ended.call)) : go_on(std::move(ended), std::move(refusal), timed_out);/'
mutate "an unreadable answer counts as applied" handler/targets/dynamodb/transact_response.cc \
  's/return unreadable\(status, "and not an answer of DynamoDB"\);/return {.kind = AnswerKind::kApplied, .verdicts = {}, .reason = {}, .code = {}};/'
mutate "a conflict counts as applied" handler/targets/dynamodb/transact_response.cc \
  's/(verdict\.verdict = )may_pass \? Verdict::kRetry : Verdict::kFailed;/$1may_pass ? Verdict::kStale : Verdict::kFailed;/'
mutate "one bad commit fails its transaction" handler/targets/dynamodb/transaction_run.cc \
  's/pack->commits\(\)\.size\(\) > 1 \? halve\(\*pack, std::move\(\*refusal\)\)\s*: fail_for_good\(\*pack, \*refusal\)/fail(*pack, refusal->reason)/'
mutate "the deadline is not looked at" runtime/aws/call.cc \
  's/if \(left <= milliseconds\(0\)\) \{[^}]*\}//'
mutate "retries know no budget and no delay" runtime/aws/retry.cc \
  's/if \(limit <= 0\) return std::chrono::milliseconds\(0\);/return std::chrono::milliseconds(0);/; s/if \(cost > tokens_\) return false;//'

mutate "the answer has no reserve" handler/sources/lambda/serve.cc \
  's/left - reserve/left/'
mutate "requests start that cannot end in time" runtime/aws/call.cc \
  's/if \(left < kRequestTimeLeast\) end_waiting\(\);//'
mutate "a clock is mended for one request only" runtime/aws/request_signer.cc \
  's/if \(signed_with\.offset != clock_offset_\) return true;//; s/\*service_time - signed_with\.time\)/*service_time - signing_clock().time)/'
mutate "a clock is mended once in a process" runtime/aws/request_signer.cc \
  's/if \(!service_time\) return false;/if (!service_time || clock_offset_) return false;/'
mutate "a dead connection is waited for" runtime/aws/call.cc \
  's/request\.timeout = way\.timeout;/request.timeout = options.operation == "TransactWriteItems" ? options.timeout : way.timeout;/'
mutate "a dead connection is used again" runtime/aws/call.cc \
  's/request\.fresh_connection = way\.fresh_connection;/request.fresh_connection = options.operation != "TransactWriteItems" && way.fresh_connection;/'
mutate "a dead connection is waited for with marks" runtime/aws/call.cc \
  's/request\.timeout = way\.timeout;/request.timeout = options.operation == "BatchGetItem" ? options.timeout : way.timeout;/'
mutate "a dead connection is used again for marks" runtime/aws/call.cc \
  's/request\.fresh_connection = way\.fresh_connection;/request.fresh_connection = options.operation != "BatchGetItem" && way.fresh_connection;/'
mutate "marks that are left unread count as absent" handler/targets/dynamodb/mark_reader.cc \
  's/unread\.push_back\(place\);/(void)place;/'
mutate "the checksum is not looked at" runtime/aws/api_answer.cc \
  's/return crc32_z\([^;]*;/return true;/'

mutate "one item is twice in a transaction" handler/targets/dynamodb/transact_request.cc \
  's/if \(commit\.after\.empty\(\) && /if (/'
mutate "one item of two tables is not known for one" handler/pipeline/plan.cc \
  's/if \(!is_of_one_source\(changes, plan\)\) note_shared_items\([^;]*;//'
mutate "two tables' items are told apart by their tables" handler/pipeline/shared_items.cc \
  's/events::append_canonical\(name, \*write\.key\);/name += write.image_json;/'
mutate "a later commit does not wait for an earlier one" handler/targets/dynamodb/transaction_run.cc \
  's/return is_ended_\[earlier\];/return true;/'
mutate "a commit is certain that may still arrive" handler/targets/dynamodb/transaction_run.cc \
  's/fail_held\(aws::too_late\(\)\.reason\);//; s/is_ended_\[place\] = [^;]*;/is_ended_[place] = true;/'
mutate "what is cut off a transaction is forgotten" runtime/aws/call.cc \
  's/\*due = std::move\(rest\);/waiting_.erase(due);/'
mutate "what is held back is forgotten" handler/targets/dynamodb/transaction_run.cc \
  's/if \(!held_\.empty\(\)\) release_held\(\);//g'

mutate "the entry that was seen is no condition" handler/targets/dynamodb/transact_request.cc \
  's/append_seen_condition\(out, commit\);/out += "},";/'
mutate "an entry is known again by its version only" handler/targets/dynamodb/transact_request.cc \
  's/seen->nonce\.empty\(\) \? "v = :s AND attribute_not_exists\(r\)" : "v = :s AND r = :r"/"v = :s"/'
mutate "content is dropped" handler/targets/dynamodb/transact_request.cc \
  's/if \(!commit\.content\.empty\(\)\) append_text_attribute\(out, kContentName, commit\.content\);//'
mutate "a nonce is dropped" handler/targets/dynamodb/transact_request.cc \
  's/if \(!commit\.nonce\.empty\(\)\) append_text_attribute\(out, kNonceName, commit\.nonce\);//'
mutate "an entry with content looks like one without" handler/targets/dynamodb/transact_request.cc \
  's/if \(!commit\.content\.empty\(\)\) out \+= kRemembersMark;//'
mutate "an entry with content expires" handler/targets/dynamodb/transact_request.cc \
  's/if \(commit\.ttl && commit\.content\.empty\(\)\)/if (commit.ttl)/'
mutate "an entry that has changed counts as a later one" handler/targets/mark.cc \
  's/(return holds \? CommitResult::kApplied : )CommitResult::kChanged;/$1CommitResult::kStale;/'
mutate "an entry that is ours counts as changed" handler/targets/mark.cc \
  's/if \(there->version == commit\.version && there->nonce == commit\.nonce\)\s*return CommitResult::kAlreadyApplied;//'
mutate "what was seen to be done is written" handler/targets/dynamodb/transact_request.cc \
  's/if \(is_done_by_what_was_seen\(commit\)\) \{/if (false) {/'
mutate "the content that comes back is not read" handler/targets/dynamodb/transact_response.cc \
  's/if \(name == kContentName\) return read_attribute\([^;]*;//'

mutate "a commit by version alone gets past content" handler/targets/mark.cc \
  's/holds = !there \|\| \(!there->remembers && /holds = !there || (/'

mutate "a row has no owner" handler/targets/dynamodb/transact_request.cc \
  's/if \(!write\.owner\.empty\(\)\) append_owner_condition\(out, write\);//'
mutate "a row that is removed has no owner" handler/targets/dynamodb/transact_request.cc \
  's/if \(!write\.owner\.empty\(\)\) append_owner/if (is_put && !write.owner.empty()) append_owner/'
mutate "an owner has one attribute" handler/targets/dynamodb/transact_request.cc \
  's/i < write\.owner\.size\(\); \+\+i/i < 1; ++i/'
mutate "a collision counts as done" handler/targets/dynamodb/transact_response.cc \
  's/(judge_collision\(CommitVerdict.*?verdict\.verdict = )Verdict::kFailed;/$1Verdict::kStale;/s'
mutate "a collision outweighs the mark" handler/targets/dynamodb/transact_response.cc \
  's/(judge_collision\(CommitVerdict& verdict\) const \{\n)[^;]*;/$1/'
mutate "the oldest change is no condition" handler/targets/dynamodb/transact_request.cc \
  's/version_to_rise_above\(commit\)\.text\(\)/commit.version.text()/'
mutate "a change between does not count" handler/targets/mark.cc \
  's/return commit\.oldest && [^;]*;/return commit.version;/'

exit "$failed"
