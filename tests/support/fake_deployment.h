// tests/support/fake_deployment.h: the APIs of Lambda, DynamoDB and DynamoDB Streams on loopback,
// as far as they tell what a deployment is like.
//
// What is answered is what a test has set, and for anything else that there is no such thing. Every
// request must be signed for its service, and for the Region that a test says or an ARN has.
//
// Source:  API models of AWS Lambda (2015-03-31), DynamoDB and DynamoDB Streams (2012-08-10).
// Threads: any.

#pragma once

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/socket_server.h"

namespace streamonce::testing {

class FakeDeployment {
 public:
  explicit FakeDeployment(std::string region = "eu-west-1");

  /// What a question is answered with. A question is an operation and what it is about: the name of
  /// a function or a table, the UUID of a mapping, or the ARN of a stream.
  void set(std::string_view operation, std::string_view subject, nlohmann::json answer);
  /// The mappings of a function or of a stream, in pages of two.
  void set_mappings(std::string_view subject, std::vector<nlohmann::json> mappings);
  /// From now on a question is refused.
  void refuse(std::string_view operation, std::string_view subject, int status, std::string code,
              std::string message);

  std::string url() const { return "http://" + server_.address(); }
  /// AWS_ENDPOINT_URL, a Region and credentials, for a binary under test.
  std::vector<std::string> environment() const;
  /// The questions that were asked, in their order; those that were not signed as they must be are
  /// `unsigned`.
  std::vector<std::string> questions() const;

 private:
  struct Refusal {
    int status = 0;
    std::string code;
    std::string message;
  };

  ServerReply handle(const ServerRequest& request);
  std::string answer_to(const std::string& question, bool is_rest);
  std::string page_of(const std::string& subject, const std::string& marker);

  const std::string region_;
  mutable std::mutex mutex_;
  std::map<std::string, nlohmann::json> answers_;
  std::map<std::string, std::vector<nlohmann::json>> mappings_;
  std::map<std::string, Refusal> refusals_;
  std::vector<std::string> questions_;
  SocketServer server_;  // last: its threads use all of the above
};

}  // namespace streamonce::testing
