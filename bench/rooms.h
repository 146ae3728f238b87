// bench/rooms.h: the pure rooms of the pipeline, one by one, on a batch of a size: each step's
// input is kept, so that the step can be measured alone.
//
// Threads: one thread at a time.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "bench/views.h"
#include "events/change.h"
#include "events/stream_batch.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/plan.h"
#include "handler/targets/dynamodb/transact_request.h"
#include "handler/targets/dynamodb/transact_response.h"
#include "handler/views/derive.h"
#include "runtime/aws/aws_signer.h"
#include "runtime/base/payload.h"

namespace streamonce::bench {

class Rooms {
 public:
  explicit Rooms(std::size_t records);

  // Each step does its work anew, and gives something to keep the compiler from leaving it out.
  /// To changes.
  std::size_t parse();
  std::size_t group();
  std::size_t plan();
  /// Packs, and the requests' bodies.
  std::size_t build();
  /// A request without a body for each record: what a signature takes besides its digest.
  std::size_t sign();
  /// The answers to these requests: all applied, or all applied already.
  std::size_t read_applied();
  std::size_t read_already_applied();
  std::size_t checkpoint();
  /// The rows of a view with WHERE, three attributes of ten and a computed one.
  std::size_t derive();
  /// What a change of each item does to a view whose key has an attribute that changes, and to one
  /// of a hundred groups: what the view has of the image, the difference to what is remembered, and
  /// what is remembered from then on.
  std::size_t move_rows() { return change(moving_); }
  std::size_t add_to_groups() { return change(adding_); }
  /// A letter of an S3 destination that holds the records, through the reader of dead letters and
  /// the redrive, on a target that does nothing. Its payload is an object, or a text of JSON.
  std::size_t redrive();
  std::size_t redrive_text();

  std::size_t records() const { return records_; }
  PayloadView payload() const { return payload_.view(); }
  const std::vector<std::string>& bodies() const { return bodies_; }
  std::size_t body_bytes() const;
  std::size_t cancelled_bytes() const;

 private:
  /// As many records of ten attributes, numbered from `first`, as changes of those before.
  struct Orders {
    Orders(std::size_t records, std::uint64_t first, std::uint64_t items_behind);

    Payload payload;
    events::StreamParser parser;
    events::StreamBatch batch;
    std::vector<events::Change> changes;
  };

  /// A view, and what is remembered of each item in it.
  struct Remembering {
    Remembering(View view, const Orders& orders);

    handler::views::Deriver deriver;
    std::vector<std::string> contents;
  };

  std::size_t change(Remembering& remembering);
  std::size_t read(const std::vector<std::string>& answers, int status);
  std::size_t redrive(const Payload& letter);

  const std::size_t records_;
  Payload payload_;
  events::StreamParser parser_;
  events::StreamBatch batch_;
  std::vector<events::Change> changes_;
  handler::Groups groups_;
  handler::Plan plan_;
  std::vector<handler::dynamodb::CommitList> packs_;
  std::vector<std::string> bodies_;     // of the requests, one for each pack
  std::vector<std::string> applied_;    // answers
  std::vector<std::string> cancelled_;  // answers
  Payload letter_;
  Payload letter_with_text_;
  aws::AwsSigner signer_;
  handler::dynamodb::AnswerReader reader_;
  Orders orders_;
  Orders changed_orders_;
  handler::views::Deriver deriver_;
  Remembering moving_;
  Remembering adding_;
};

}  // namespace streamonce::bench
