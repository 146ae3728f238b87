#include "handler/config/pipeline_file.h"

#include <cstddef>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"

namespace streamonce::handler {
namespace {

using nlohmann::json;

constexpr std::size_t kFileBytesMax = 1024UL * 1024;

/// Takes the parser's events, keeps the members of the outermost object, and notes where the text
/// stops being JSON. The names and parameters of its functions are nlohmann's `json_sax` interface.
class MemberReader {
 public:
  bool null() { return keep_other(); }
  bool boolean(bool value) {
    return keep_scalar(FileValue::Kind::kTruth, value ? "true" : "false");
  }
  bool number_integer(json::number_integer_t value) {
    return keep_scalar(FileValue::Kind::kWholeNumber, std::to_string(value));
  }
  bool number_unsigned(json::number_unsigned_t value) {
    return keep_scalar(FileValue::Kind::kWholeNumber, std::to_string(value));
  }
  bool number_float(json::number_float_t /*value*/, const json::string_t& /*text*/) {
    return keep_other();
  }
  bool string(json::string_t& value) {
    if (is_member_value())
      *value_ = {.kind = FileValue::Kind::kText, .text = std::move(value), .texts = {}};
    else if (is_text_of_member())
      value_->texts[text_name_] = std::move(value);
    return true;
  }
  bool binary(json::binary_t& /*value*/) { return keep_other(); }
  bool start_object(std::size_t /*size*/) {
    if (is_member_value())
      value_->kind = FileValue::Kind::kTexts;
    else
      keep_other();
    if (depth_++ == 0) is_object_ = true;
    return true;
  }
  bool key(json::string_t& name) {
    if (is_member_value()) {
      value_ = &members_[std::move(name)];
      *value_ = {};
    } else if (is_text_of_member()) {
      text_name_ = std::move(name);
    }
    return true;
  }
  bool end_object() { return end(); }
  bool start_array(std::size_t /*size*/) {
    keep_other();
    ++depth_;
    return true;
  }
  bool end_array() { return end(); }
  /// `position` is how many bytes were read, the faulty one with them.
  bool parse_error(std::size_t position, const std::string& /*token*/,
                   const json::exception& /*what*/) {
    fault_ = position > 0 ? position - 1 : 0;
    return false;
  }

  std::size_t fault() const { return fault_; }
  bool is_object() const { return is_object_; }
  FileMembers take_members() { return std::move(members_); }

 private:
  /// Whether what comes now belongs to the outermost object itself, and not to a value in it.
  bool is_member_value() const { return is_object_ && depth_ == 1; }
  /// Whether what comes now belongs to a member's own object, all of whose values were texts so
  /// far.
  bool is_text_of_member() const {
    return is_object_ && depth_ == 2 && value_->kind == FileValue::Kind::kTexts;
  }
  bool keep_scalar(FileValue::Kind kind, std::string text) {
    if (!is_member_value()) return keep_other();
    *value_ = {.kind = kind, .text = std::move(text), .texts = {}};
    return true;
  }
  /// Takes a value that no setting can have.
  bool keep_other() {
    if (is_text_of_member()) *value_ = {};
    return true;
  }
  bool end() {
    --depth_;
    return true;
  }

  FileMembers members_;
  FileValue* value_ = nullptr;  // that of the newest member
  std::string text_name_;       // the newest name in that member's own object
  std::size_t depth_ = 0;       // how many objects and arrays are open
  bool is_object_ = false;      // whether the outermost value is an object
  std::size_t fault_ = 0;
};

Error fault_in(const std::string& path, std::string_view what) {
  return invalid_argument(path + ": " + std::string(what));
}

}  // namespace

Result<FileMembers> read_pipeline_file(const std::string& path) {
  Payload text(kFileBytesMax);
  if (Status read = read_file(path, text); !read) return invalid_argument(read.error().message);
  if (const std::string_view complaint = utf16_complaint(text.text()); !complaint.empty())
    return fault_in(path, complaint);
  MemberReader reader;
  if (!json::sax_parse(text.text(), &reader))
    return fault_in(path, "not JSON, near " + place_in(text.text(), reader.fault()));
  if (!reader.is_object()) return fault_in(path, "expected a JSON object");
  return reader.take_members();
}

}  // namespace streamonce::handler
