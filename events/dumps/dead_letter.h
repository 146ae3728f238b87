// events/dumps/dead_letter.h: what Lambda leaves behind of a batch that it has given up, in every
// form.
//
// A document is recognised by its members, never by where it comes from:
//
//   an on-failure record       DDBStreamBatchInfo, with `payload` (S3: the event, as an object or
//                              as a text) or without (SQS, SNS, EventBridge Pipes: a pointer to
//                              records that are still in the stream); of a function that was
//                              called asynchronously: requestPayload
//   an envelope around one     of SNS (Type, Message; in an event of Lambda's: Sns), of EventBridge
//                              (detail), or of SQS (Body or body, mostly with MessageId or
//                              messageId; as an object too, as scripts that tidy messages up
//                              print it); or a text of JSON that holds one
//   lists of these             Messages (aws sqs receive-message), Records (events of SQS, SNS),
//                              or any (--query 'Messages[].Body')
//   stream records             Records (an event; aws dynamodbstreams get-records), or one alone
//   nothing                    an answer of an SDK whose list is empty, null or left out
//   our own                    `unreadableDocument` or `unreadableBytes`: what was none of these
//                              when it was put into a failed file, and is looked at once more
//
// Members that are not needed may be absent, null, or anything. Every byte is checked to be JSON.
// Nothing is passed over: a document that is two of these at once is unreadable, and so are one
// that has a member twice, and a letter, an envelope or a message that holds nothing.
//
// Source:  AWS Lambda, "Retaining discarded batch records" for DynamoDB; "Using Lambda with Amazon
//          SQS" and "... SNS", example events; SNS, "HTTP/HTTPS notification JSON format"; AWS CLI,
//          sqs receive-message, dynamodbstreams get-records; "Capturing records of Lambda
//          asynchronous invocations"; EventBridge, "Event structure". Whether `payload` is a text
//          or an object is documented one way and seen in another.
// Threads: one reader for each thread.

#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "events/sequence_number.h"
#include "runtime/base/payload.h"

namespace streamonce::events {

/// One stream record.
struct RecordText {
  std::string_view json;        ///< one JSON object, and nothing around it
  bool names_stream = false;    ///< whether it has eventSourceARN, be it a bad one
  std::string_view stream_arn;  ///< as the letter around it says, well-formed; empty: it does not
};

/// Where in a stream the records of a letter are: from `first` to `last`, both included.
struct StreamPointer {
  std::string_view stream_arn;  ///< well-formed
  std::string_view shard_id;
  SequenceNumber first;
  SequenceNumber last;
};

/// Takes what a document holds, in its order. All views are valid during the call only.
class DeadLetterSink {
 public:
  virtual ~DeadLetterSink() = default;

  /// A message of a queue begins: what follows comes from it, until on_message_end(). Messages in
  /// its body are not told of: what they hold comes from it too. Empty: it has no identifier.
  virtual void on_message(std::string_view message_id) = 0;
  virtual void on_message_end() = 0;
  virtual void on_record(const RecordText& record) = 0;
  /// The records of a letter are still in the stream. `letter` is the object that points to them.
  virtual void on_pointer(const StreamPointer& pointer, std::string_view letter) = 0;
  /// Something that is none of the forms, as it is in the document; `reason` has no item's value.
  virtual void on_unreadable(std::string_view text, std::string_view reason) = 0;
};

class DeadLetterReader {
 public:
  DeadLetterReader();
  ~DeadLetterReader();
  DeadLetterReader(const DeadLetterReader&) = delete;
  DeadLetterReader& operator=(const DeadLetterReader&) = delete;

  /// Reads one document, at most kDocumentBytesMax bytes. `stream_arn` is the stream of the records
  /// that name none themselves, as in an answer of GetRecords; empty: not known. Where there is no
  /// memory to read a text, it throws std::bad_alloc, as `new` does.
  void read(PayloadView document, DeadLetterSink& sink, std::string_view stream_arn = {});

 private:
  struct DocumentWalk;
  std::unique_ptr<DocumentWalk> walk_;
};

}  // namespace streamonce::events
