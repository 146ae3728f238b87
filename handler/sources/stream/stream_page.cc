#include "handler/sources/stream/stream_page.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "events/stream_record.h"

namespace streamonce::handler {
namespace {

/// A change that is of no item, and cannot be applied.
events::Change unreadable_change(std::string_view reason) {
  events::Change change;
  change.problem = "not a stream record: ";
  change.problem += reason;
  return change;
}

}  // namespace

void StreamPage::take_away(const std::function<bool(std::size_t index)>& is_done) {
  std::size_t kept = 0;
  for (std::size_t i = 0; i < records_.size(); ++i) {
    if (is_done(i)) continue;
    if (kept != i) {
      records_[kept] = records_[i];
      changes_[kept] = std::move(changes_[i]);
    }
    ++kept;
  }
  records_.resize(kept);
  changes_.resize(kept);
}

std::string_view StreamPage::done_up_to() const {
  std::size_t done = records_.empty() ? numbers_.size() : records_.front().place;
  while (done > 0 && numbers_[done - 1].empty()) --done;
  return done == 0 ? std::string_view() : std::string_view(numbers_[done - 1]);
}

StreamPage StreamPage::Reader::read(PayloadView answer, std::string_view stream_arn) {
  StreamPage page(answer.text.size());
  // The text stays where it is when the page is moved, whatever its length.
  const std::string_view arn =
      *page.copies_.emplace_back(std::make_unique<const std::string>(stream_arn));
  page_ = &page;
  letters_.read(answer, *this, arn);
  page_ = nullptr;
  for (PageRecord& record : page.records_) record.number = page.numbers_[record.place];
  return page;
}

/// A copy of `text` that lives as long as the page.
std::string_view StreamPage::Reader::keep(std::string_view text) {
  const std::size_t before = page_->texts_.size();
  if (page_->texts_.append(text)) return page_->texts_.text().substr(before);
  auto copy = std::make_unique<std::string>(text);
  copy->reserve(copy->size() + kPayloadPaddingBytes);
  const std::string_view kept = *copy;
  page_->copies_.push_back(std::move(copy));
  return kept;
}

void StreamPage::Reader::add(PageRecord record, std::string_view number, events::Change change) {
  StreamPage& page = *page_;
  if (change.created_at)
    page.newest_time_ =
        std::max(page.newest_time_.value_or(*change.created_at), *change.created_at);
  record.place = page.numbers_.size();
  page.records_.push_back(record);
  page.numbers_.emplace_back(number);
  page.changes_.push_back(std::move(change));
}

void StreamPage::Reader::on_message(std::string_view /*message_id*/) {}

void StreamPage::Reader::on_record(const events::RecordText& record) {
  const PageRecord kept{.text = keep(record.json), .names_stream = record.names_stream};
  const std::string_view arn = *page_->copies_.front();
  const Result<events::StreamRecord> parsed = parser_.parse_record(
      {kept.text}, record.names_stream ? std::string_view() : arn, page_->copies_);
  if (!parsed) return add(kept, {}, unreadable_change(parsed.error().message));
  if (lacks_image_by_view_type(*parsed) && page_->view_type_problem_.empty())
    page_->view_type_problem_ = why_view_type_lacks_image(parsed->view_type);
  const std::string_view number = parsed->sequence_number.text();
  const auto newest = events::SequenceNumber::parse(page_->newest_);
  if (!newest || *newest < parsed->sequence_number) page_->newest_ = number;
  add(kept, number, change_of(*parsed));
}

void StreamPage::Reader::on_pointer(const events::StreamPointer& /*pointer*/,
                                    std::string_view letter) {
  add({.text = keep(letter)}, {}, unreadable_change("a pointer to records stands in its place"));
}

void StreamPage::Reader::on_unreadable(std::string_view text, std::string_view reason) {
  add({.text = keep(text)}, {}, unreadable_change(reason));
}

}  // namespace streamonce::handler
