#include "handler/views/language/token_stream.h"

#include <utility>

#include "handler/views/language/refusals.h"
#include "handler/views/language/report.h"
#include "runtime/base/text.h"

namespace streamonce::handler::views {

TokenStream::TokenStream(std::string_view text) : lexer_(text) {
  following_ = lexer_.next(complaint_);
  take();
}

void TokenStream::advance() {
  token_ = following_;
  following_ = lexer_.next(complaint_);
}

void TokenStream::take() {
  if (stopped_) {
    token_ = {.place = token_.place};
  } else if (following_.kind == TokenKind::kBad) {
    std::string complaint = std::move(complaint_);
    advance();
    stop(token_.place, std::move(complaint));
  } else {
    advance();
  }
}

void TokenStream::tell(Place place, std::string message) {
  if (stopped_ || faults_.size() > kFaultsMax) return;
  if (faults_.size() == kFaultsMax) message = "there are more faults than are told: mend these";
  faults_.push_back({place, std::move(message)});
}

void TokenStream::stop(Place place, std::string message) {
  if (stopped_) return;
  tell(place, std::move(message));
  stopped_ = true;
  stopped_at_ = std::exchange(token_, {.place = place});
}

void TokenStream::stop_expecting(std::string_view wanted) {
  if (stopped_) return;
  const std::string expected = "expected " + std::string(wanted);
  if (at_statement()) {
    stop(
        token_.place,
        "found CREATE, and the statement before is not finished, or its ; is missing: " + expected);
    return;
  }
  const std::string_view refusal = refusal_of(token_);
  stop(token_.place,
       refusal.empty() ? "found " + describe(token_) + ": " + expected : std::string(refusal));
}

void TokenStream::recover() {
  if (stopped_) {
    stopped_ = false;
    token_ = stopped_at_;
  }
  while (token_.kind != TokenKind::kEnd && !at(";") && !at_statement()) advance();
  // A bad token is told only where a statement is read.
  if (at(";")) take();
}

std::vector<Fault> TokenStream::take_faults() {
  sort_by_place(faults_);
  return std::move(faults_);
}

std::string describe(const Token& token) {
  switch (token.kind) {
    case TokenKind::kEnd:
      return "the end of the text";
    case TokenKind::kText:
      return "the text " + printable_excerpt(token.text, kQuotedBytesMax);
    case TokenKind::kQuotedName:
      return "the name " + printable_excerpt(token.text, kQuotedBytesMax);
    case TokenKind::kNumber:
      return "the number " + printable_excerpt(token.text, kQuotedBytesMax);
    default:
      return quoted_excerpt(token.text);
  }
}

}  // namespace streamonce::handler::views
