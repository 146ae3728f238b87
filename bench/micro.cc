// bench/micro.cc: each step of a batch alone, beside what bounds it: the same bytes copied, scanned
// by simdjson, hashed by OpenSSL.

#include <benchmark/benchmark.h>
#include <curl/curl.h>
#include <openssl/sha.h>
#include <simdjson.h>

#include <array>
#include <cstring>
#include <memory>

#include "bench/http_server.h"
#include "bench/rooms.h"
#include "runtime/base/check.h"
#include "runtime/base/clock.h"
#include "runtime/http/curl_transport.h"

namespace streamonce::bench {
namespace {

constexpr std::size_t kRecords = 100;

Rooms& rooms() {
  static Rooms rooms(kRecords);
  return rooms;
}

/// Time for each record, and bytes a second.
void count(benchmark::State& state, std::size_t bytes) {
  const auto times = static_cast<std::size_t>(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(times * bytes));
  state.counters["record"] =
      benchmark::Counter(static_cast<double>(times * kRecords),
                         benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

template <class Step>
void run(benchmark::State& state, std::size_t bytes, Step step) {
  for (auto _ : state) benchmark::DoNotOptimize(step());
  count(state, bytes);
}

void parse(benchmark::State& state) {
  run(state, rooms().payload().text.size(), [] { return rooms().parse(); });
}
void parse_limit_scan(benchmark::State& state) {
  const std::string_view text = rooms().payload().text;
  simdjson::ondemand::parser parser;
  run(state, text.size(), [&] {
    simdjson::ondemand::document document;
    const simdjson::padded_string_view padded(text.data(), text.size(),
                                              text.size() + simdjson::SIMDJSON_PADDING);
    return parser.iterate(padded).get(document) == simdjson::SUCCESS;
  });
}
void parse_limit_copy(benchmark::State& state) {
  const std::string_view text = rooms().payload().text;
  std::vector<char> copy(text.size());
  run(state, text.size(), [&] {
    std::memcpy(copy.data(), text.data(), text.size());
    benchmark::ClobberMemory();
    return copy.data();
  });
}
void group(benchmark::State& state) {
  run(state, rooms().payload().text.size(), [] { return rooms().group(); });
}
void plan(benchmark::State& state) {
  run(state, rooms().payload().text.size(), [] { return rooms().plan(); });
}
void build(benchmark::State& state) {
  run(state, rooms().body_bytes(), [] { return rooms().build(); });
}
void build_limit_copy(benchmark::State& state) {
  run(state, rooms().body_bytes(), [] { return std::vector<std::string>(rooms().bodies()); });
}
void read_applied(benchmark::State& state) {
  run(state, 4, [] { return rooms().read_applied(); });
}
void read_already_applied(benchmark::State& state) {
  run(state, rooms().cancelled_bytes(), [] { return rooms().read_already_applied(); });
}
void plan_and_checkpoint(benchmark::State& state) {
  run(state, rooms().payload().text.size(), [] { return rooms().checkpoint(); });
}

void move_rows(benchmark::State& state) {
  run(state, rooms().payload().text.size(), [] { return rooms().move_rows(); });
}
void add_to_groups(benchmark::State& state) {
  run(state, rooms().payload().text.size(), [] { return rooms().add_to_groups(); });
}

void sign(benchmark::State& state) {
  run(state, 0, [] { return rooms().sign(); });
}

/// The requests of a batch, one after the other, against a server that reads and answers them. What
/// counts is this thread's CPU: it builds, signs, sends and receives.
void send(benchmark::State& state, bool is_signed) {
  const HttpServer server([](const HttpServerRequest&) {
    return HttpServerReply{.bytes = http_answer(200, {}, "{}")};
  });
  const SystemClock clock;
  const auto transport =
      runtime::make_curl_transport({.ca_bundle_path = {}, .user_agent = "bench"}, clock);
  runtime::HttpRequest request{.method = runtime::HttpMethod::kPost,
                               .url = "http://127.0.0.1:" + std::to_string(server.port()) + "/",
                               .headers = {"Content-Type: application/x-amz-json-1.0",
                                           "X-Amz-Target: DynamoDB_20120810.TransactWriteItems"}};
  const aws::Credentials credentials{.access_key_id = "ASIABENCH",
                                     .secret_access_key = "secret",
                                     .session_token = {},
                                     .expiry = {}};
  aws::AwsSigner signer;
  run(state, rooms().body_bytes(), [&] {
    bool good = true;
    for (const std::string& body : rooms().bodies()) {
      runtime::HttpRequest next = request;
      next.body = body;
      if (is_signed) {
        const aws::SigningScope scope{
            .region = "eu-central-1", .service = "dynamodb", .time = clock.now()};
        for (std::string& line : signer.sign(next, credentials, scope))
          next.headers.push_back(std::move(line));
      }
      good = runtime::perform(*transport, std::move(next)).has_value() && good;
    }
    STREAMONCE_CHECK(good);
    return good;
  });
}
void send_unsigned(benchmark::State& state) {
  send(state, false);
}
void send_signed(benchmark::State& state) {
  send(state, true);
}
void sign_limit_sha256(benchmark::State& state) {
  run(state, rooms().body_bytes(), [] {
    std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
    for (const std::string& body : rooms().bodies())
      SHA256(reinterpret_cast<const unsigned char*>(body.data()), body.size(), digest.data());
    return digest;
  });
}

BENCHMARK(parse);
BENCHMARK(parse_limit_scan);
BENCHMARK(parse_limit_copy);
BENCHMARK(group);
BENCHMARK(plan);
BENCHMARK(build);
BENCHMARK(build_limit_copy);
BENCHMARK(sign);
BENCHMARK(send_unsigned);
BENCHMARK(send_signed);
BENCHMARK(sign_limit_sha256);
BENCHMARK(read_applied);
BENCHMARK(read_already_applied);
BENCHMARK(plan_and_checkpoint);
BENCHMARK(move_rows);
BENCHMARK(add_to_groups);

}  // namespace
}  // namespace streamonce::bench

int main(int argument_count, char** arguments) {
  curl_global_init(CURL_GLOBAL_DEFAULT);
  benchmark::Initialize(&argument_count, arguments);
  benchmark::RunSpecifiedBenchmarks();
}
