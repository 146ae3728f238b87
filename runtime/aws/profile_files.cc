#include "runtime/aws/profile_files.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "runtime/base/file.h"
#include "runtime/base/payload.h"
#include "runtime/base/text.h"
#include "runtime/base/text_encoding.h"

namespace streamonce::aws {
namespace {

constexpr std::string_view kBlanks = " \t";

std::string_view trimmed(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks), text.size()));
  return text.substr(0, text.find_last_not_of(kBlanks) + 1);
}

std::string in_lower_case(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  return lower;
}

/// `text` without a comment at its end, which has a blank before it.
std::string_view without_comment(std::string_view text) {
  for (std::size_t at = 1; at < text.size(); ++at)
    if ((text[at] == '#' || text[at] == ';') && kBlanks.find(text[at - 1]) != kBlanks.npos)
      return trimmed(text.substr(0, at));
  return text;
}

/// The first of the file that `variable` names and one in the user's home; empty: neither is known.
std::string path_of(const FindVariable& environment, const char* variable, const char* in_home) {
  const auto named = environment(variable);
  const auto home = environment("HOME");
  if (named) return home && named->starts_with("~/") ? *home + named->substr(1) : *named;
  return home ? *home + in_home : std::string();
}

}  // namespace

/// Reads one file.
class ProfileFileReader {
 public:
  ProfileFileReader(const std::string& path, bool is_credentials, ProfileFiles& files)
      : path_(path),
        is_credentials_(is_credentials),
        files_(files) {}

  Status read() {
    if (path_.empty() || !file_exists(path_)) return {};
    Payload payload(kProfileFileBytesMax);
    STREAMONCE_TRY(read_file(path_, payload));
    std::string_view rest = without_byte_order_mark(payload.text());
    for (int number = 1; !rest.empty(); ++number) {
      std::string_view line = rest.substr(0, rest.find('\n'));
      rest.remove_prefix(std::min(line.size() + 1, rest.size()));
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (take(line)) continue;
      return invalid_argument(path_ + ": line " + std::to_string(number) +
                              ": expected [SECTION], NAME = VALUE or a comment");
    }
    return {};
  }

 private:
  bool take(std::string_view line) {
    const std::size_t indent = std::min(line.find_first_not_of(kBlanks), line.size());
    line.remove_prefix(indent);
    if (line.empty() || line[0] == '#' || line[0] == ';') return true;
    if (has_setting_ && indent > setting_indent_) return true;  // it goes on from the one before
    has_setting_ = false;
    if (line[0] == '[') return take_section(line);
    const std::size_t equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0 || !in_section_) return false;
    has_setting_ = true;
    setting_indent_ = indent;
    if (!in_profile_) return true;
    std::string key = in_lower_case(trimmed(line.substr(0, equals)));
    std::string_view value = trimmed(line.substr(equals + 1));
    // A command is its shell's to read.
    if (key != "credential_process") value = without_comment(value);
    add(std::move(key), std::string(value));
    return true;
  }

  bool take_section(std::string_view line) {
    constexpr std::string_view kProfile = "profile";
    const std::size_t end = line.find(']');
    if (end == std::string_view::npos) return false;
    std::string_view name = trimmed(line.substr(1, end - 1));
    const bool is_named = !is_credentials_ && name.size() > kProfile.size() &&
                          name.starts_with(kProfile) &&
                          kBlanks.find(name[kProfile.size()]) != kBlanks.npos;
    if (is_named) name = trimmed(name.substr(kProfile.size()));
    if (name.size() >= 2 && name.front() == '"' && name.back() == '"')
      name = name.substr(1, name.size() - 2);
    in_section_ = true;
    // [default] counts for nothing where there is a [profile default].
    const bool is_default = name == "default" && !is_named && !is_credentials_;
    in_profile_ = is_credentials_ || is_named || (is_default && !has_named_default_);
    if (is_named && name == "default" && !std::exchange(has_named_default_, true))
      std::erase_if(files_.entries_, [](const ProfileFiles::Entry& each) {
        return !each.is_of_credentials && each.profile == "default";
      });
    profile_ = name;
    if (in_profile_) add({}, {});
    return true;
  }

  void add(std::string key, std::string value) {
    files_.entries_.push_back({.is_of_credentials = is_credentials_,
                               .profile = profile_,
                               .key = std::move(key),
                               .value = std::move(value)});
  }

  const std::string& path_;
  const bool is_credentials_;
  ProfileFiles& files_;
  std::string profile_;
  bool in_section_ = false;         // whether a section has begun
  bool in_profile_ = false;         // whether it is a profile
  bool has_setting_ = false;        // whether the line before is a setting, or goes on from one
  std::size_t setting_indent_ = 0;  // how many blanks that setting begins with
  bool has_named_default_ = false;  // whether there was a [profile default]
};

Result<ProfileFiles> ProfileFiles::load(const FindVariable& environment) {
  const std::string config = path_of(environment, "AWS_CONFIG_FILE", "/.aws/config");
  const std::string credentials =
      path_of(environment, "AWS_SHARED_CREDENTIALS_FILE", "/.aws/credentials");
  ProfileFiles files;
  files.paths_ = config.empty() && credentials.empty() ? "any file: HOME is not set"
                                                       : credentials + " or " + config;
  STREAMONCE_TRY(ProfileFileReader(config, /*is_credentials=*/false, files).read());
  STREAMONCE_TRY(ProfileFileReader(credentials, /*is_credentials=*/true, files).read());
  return files;
}

bool ProfileFiles::has(std::string_view profile) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& each) { return each.profile == profile; });
}

std::string_view ProfileFiles::value(std::string_view profile, std::string_view key) const {
  const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& each) {
    return each.profile == profile && each.key == key;
  });
  return found == entries_.rend() ? std::string_view() : std::string_view(found->value);
}

ProfileKeys ProfileFiles::keys(std::string_view profile) const {
  const auto of = [&](bool is_of_credentials, std::string_view key) {
    const auto found = std::find_if(entries_.rbegin(), entries_.rend(), [&](const Entry& each) {
      return each.is_of_credentials == is_of_credentials && each.profile == profile &&
             each.key == key;
    });
    return found == entries_.rend() ? std::string_view() : std::string_view(found->value);
  };
  ProfileKeys keys;
  for (const char* key : {"aws_secret_access_key", "aws_access_key_id"})
    for (const bool is_of_credentials : {false, true})
      if (!of(is_of_credentials, key).empty())
        keys = {.access_key_id = of(is_of_credentials, "aws_access_key_id"),
                .secret_access_key = of(is_of_credentials, "aws_secret_access_key"),
                .session_token = of(is_of_credentials, "aws_session_token")};
  return keys;
}

bool ProfileFiles::has_any(std::string_view profile, std::string_view key) const {
  return std::any_of(entries_.begin(), entries_.end(), [&](const Entry& each) {
    return each.profile == profile && each.key.starts_with(key);
  });
}

}  // namespace streamonce::aws
