// handler/commands/verify/verify_options.h: what the user of `bootstrap verify` asks for.
//
// Threads: a value.

#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "handler/compare/comparison.h"

namespace streamonce::handler::verify {

/// Read units a second that a side may be read with where nobody says otherwise, and it has none
/// provisioned.
inline constexpr std::uint64_t kReadUnitsDefault = 1'000;

struct VerifyOptions {
  std::string source = {};      ///< the source table: a name or an ARN; never empty
  std::string stream_arn = {};  ///< empty: the source table's newest stream
  bool no_stream = false;       ///< whether no stream was ever applied; not with `stream_arn`
  std::optional<std::uint32_t> segments = {};  ///< none: by the size of the table
  double sample = 1;                           ///< above 0; 1: all
  std::string keys_path = {};                  ///< a file of keys to look at; empty: all
  std::chrono::seconds settle{60};
  std::optional<std::uint64_t> read_units_max =
      {};                                 ///< a second and side; none: see kReadUnitsDefault
  std::vector<std::string> ignored = {};  ///< names of attributes that do not count
  compare::MarksOfRows marks = compare::MarksOfRows::kStay;  ///< as the settings say
  std::optional<std::string> report_path = {};  ///< none: a free name in the current folder
  std::optional<std::string> state_path = {};   ///< none: no state is kept
  bool values = false;
  bool repair = false;
  std::uint64_t repairs_max = 1'000;
  std::size_t groups_max = compare::kGroupsMax;
  bool json = false;
  std::chrono::seconds timeout{60};  ///< for each request
};

}  // namespace streamonce::handler::verify
