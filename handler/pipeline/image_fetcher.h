// handler/pipeline/image_fetcher.h: gives changes the images that their streams leave out.
//
// A stream of the view type KEYS_ONLY or OLD_IMAGE says which item changed, and not what it is from
// then on. The fetcher reads the item from the source's table, by a consistent read, when the
// change is about to be applied. The version under which the image is applied is the record's own.
// Why that comes to the same end as images in the records do:
//
//   never older    A record is in the stream once its write is durable, and the read comes after
//                  it. So what is read is the item as of the record, or newer.
//   newer          What is read may be of a later write. That write has a record of its own, with a
//                  higher version, behind which the item is read again: it writes the same or
//                  something newer. Whatever is read last is the source's newest state.
//   late           An invocation that was held up has a version that is below the mark by then, or
//                  equal to it: the target refuses it, whatever it has read.
//   twice          Two invocations on one record may read different images. The first to commit
//                  wins, and the other finds the record applied. If the older image won, the record
//                  of the newer write is still to come.
//   gone           An item that is not there was removed by a later write, whose record is still to
//                  come. The change counts as a removal, under its own version. Whether the item
//                  expired is not known yet: a view that keeps the rows of expired items leaves its
//                  row as it is until that record tells.
//
// What the item was between two reads is not seen: a view that depends on single changes (the
// options events, expiry and deletes) sees what was there when they were applied.
//
// Of each item one read suffices: an older change of the batch has the newer one's image, or none
// where a newer one removes the item, as a read of its own would have found.
//
// A batch becomes several parts where its images are large, so that no more than kImageBytesMax of
// them, and those of one more read, are in memory at a time.
//
// Threads: one thread at a time. Borrows all that it is given; a part borrows from the changes and
// from itself.

#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "events/change.h"
#include "handler/pipeline/checkpoint.h"
#include "handler/pipeline/group.h"
#include "handler/pipeline/source_items.h"
#include "runtime/base/clock.h"
#include "runtime/base/payload.h"

namespace streamonce::handler {

/// The bytes of images behind which a part ends: as many as an event of Lambda's can have.
inline constexpr std::size_t kImageBytesMax = kPayloadBytesMax;

/// How many items are read at once: at first, and at most, where they are small.
/// Source: DynamoDB API reference, BatchGetItem: 100 items a request.
inline constexpr std::size_t kFetchedKeysFirst = 100;
inline constexpr std::size_t kFetchedKeysMax = 400;

/// Whether some of `changes` lack an image that can be fetched.
bool lack_images(std::span<const events::Change> changes);

/// Changes of a batch that are applied together. All of an item's are in one part.
struct FetchedPart {
  std::vector<RecordIndex> places;      ///< in the batch, rising; one for each change
  std::vector<events::Change> changes;  ///< one that got no image has a problem that says why
  /// What the images lie in.
  std::unique_ptr<std::pmr::monotonic_buffer_resource> texts;
};

class ImageFetcher {
 public:
  struct Options {
    std::string_view pipeline_name;  ///< as group() wants it
    SourceItems& items;
    const Clock& clock;
    /// Why the changes of a table are refused in any case, so that nothing is read for them; empty:
    /// they are not.
    std::function<std::string(const events::SourceTable&)> why_refused;
    /// The bytes of an item, on an average, as the last read has found; 0: none was made. It is
    /// kept from batch to batch.
    std::size_t& item_bytes;
  };

  ImageFetcher(std::span<const events::Change> changes, Options options);

  /// Whether all changes are in parts that next() has given.
  bool is_done() const { return next_lane_ == groups_.lanes.size() && is_begun_; }
  /// The next part. Reading takes half of the time until `deadline` at most.
  FetchedPart next(SteadyTime deadline);

 private:
  bool settle(const Lane& lane);
  void fetch(std::span<const RecordIndex> lanes, SteadyTime deadline, FetchedPart& part);
  void fetch_of_one_shape(std::span<const RecordIndex> lanes, SteadyTime deadline,
                          FetchedPart& part);
  void take(const Lane& lane, const Result<std::string_view>& read, FetchedPart& part);
  std::size_t keys_at_once() const;

  const Options options_;
  std::vector<events::Change> changes_;
  const Groups groups_;
  std::size_t next_lane_ = 0;
  bool is_begun_ = false;
  std::size_t bytes_ = 0;  // of the images of the part in hand
};

/// Adds what became of a part, by its places in the batch, to what became of the batch so far.
void add_part(BatchResult&& part, std::span<const RecordIndex> places, BatchResult& batch);

}  // namespace streamonce::handler
