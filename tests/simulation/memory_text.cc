#include "tests/simulation/memory_text.h"

#include <cctype>
#include <cstddef>

#include "tests/simulation/violation.h"

namespace streamonce::simulation {
namespace {

using nlohmann::json;

/// Takes a text apart from its beginning.
class Reader {
 public:
  explicit Reader(std::string text) : text_(std::move(text)) {}

  bool at_end() const { return place_ == text_.size(); }

  char take_letter() {
    require(!at_end(), "a content that ends too early");
    return text_[place_++];
  }

  std::size_t take_length() {
    std::size_t length = 0;
    std::size_t digits = 0;
    for (char letter = take_letter(); letter != ':'; letter = take_letter(), ++digits) {
      require(std::isdigit(static_cast<unsigned char>(letter)) != 0, "no length in a content");
      length = length * 10 + static_cast<std::size_t>(letter - '0');
    }
    require(digits > 0, "no length in a content");
    return length;
  }

  std::string take_text() {
    const std::size_t length = take_length();
    require(place_ + length <= text_.size(), "a content that ends too early");
    place_ += length;
    return text_.substr(place_ - length, length);
  }

  std::vector<std::string> take_names() {
    std::vector<std::string> names;
    for (std::size_t left = take_length(); left > 0; --left) names.push_back(take_text());
    return names;
  }

  json take_key(const std::vector<std::string>& names) {
    json key = json::object();
    for (const std::string& name : names) {
      const std::string type(1, take_letter());
      key[name][type] = take_text();
    }
    return key;
  }

 private:
  const std::string text_;
  std::size_t place_ = 0;
};

Remembered read_view(const std::string& text) {
  Reader reader(text);
  Remembered view;
  const char kind = reader.take_letter();
  require(kind == 'w' || kind == 'c', "a view of another kind in a content");
  view.has_groups = kind == 'c';
  if (!view.has_groups) view.owner = reader.take_letter();
  if (view.owner == "o") (void)reader.take_text();
  const std::vector<std::string> key_names = reader.take_names();
  const std::vector<std::string> amount_names =
      view.has_groups ? reader.take_names() : std::vector<std::string>();
  while (!reader.at_end()) {
    auto& [key, amounts] = view.parts.emplace_back();
    key = reader.take_key(key_names);
    for (const std::string& name : amount_names) amounts[name] = reader.take_text();
  }
  require(!view.parts.empty(), "a view of which nothing is remembered");
  return view;
}

}  // namespace

std::map<std::string, Remembered> read_memory_text(const std::string& content) {
  std::map<std::string, Remembered> views;
  if (content.empty()) return views;
  require(content.starts_with("1;"), "a content of another form");
  Reader reader(content.substr(2));
  while (!reader.at_end()) {
    const std::string name = reader.take_text();
    require(views.empty() || views.rbegin()->first < name, "views out of their order");
    views[name] = read_view(reader.take_text());
  }
  require(!views.empty(), "a content of nothing");
  return views;
}

}  // namespace streamonce::simulation
