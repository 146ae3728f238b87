#include "handler/commands/check/check_command.h"

#include <array>
#include <cstdio>
#include <string>
#include <string_view>
#include <utility>

#include "handler/commands/check/report.h"
#include "handler/commands/exit_status.h"
#include "handler/commands/parts.h"
#include "handler/commands/views_file.h"
#include "handler/config/settings.h"
#include "runtime/base/log.h"

namespace streamonce::handler::check {
namespace {

constexpr std::string_view kCheckAbout =
    R"(Reads the settings and the views, and says what they mean and cost. Nothing is called, and
nothing is written: neither AWS nor the target is needed, nor has a target to be named yet.

A view is a table that is kept equal to a SELECT over the source, one change at a time:

  CREATE SOURCE orders KEY (order_id);
  CREATE VIEW open_orders AS SELECT order_id, total FROM orders WHERE status = 'NEW';

For each view it says whether it is direct, so that where a row is follows from its item's key,
or remembering, and what the ledger then remembers of each item; which table and key it has;
how two items are kept apart; what its options do; and what a change costs. It says where marks
are, in the ledger or in the items, and what both choices cost where both can be chosen.
)";

constexpr std::string_view kDetails =
    R"(Standard output has what is right, standard error what is wrong: faults, warnings, and what
is still to be set before a start, which is no fault here.

Exit status: 0 all is right; 1 standard output could not be written; 2 the command line, the
settings or the views are wrong, and all faults are told.
)";

enum CheckCode : int { kJson = kFirstOwnCode };

constexpr std::array kOptions = {
    CommandOption{kJson, "json", nullptr, "all of it as a JSON object on standard output"},
};

int run(Arguments arguments, const Environment& environment) {
  auto read = read_check_request(arguments);
  if (const auto* printed = std::get_if<PrintedText>(&read)) return print(*printed);
  auto& request = std::get<CheckRequest>(read);
  add_defaults(request.common.settings);
  CheckedSettings settings = check_settings(request.common.settings, environment);
  ViewsFile file;
  if (!settings.settings.views.empty()) file = read_views_file(settings.settings);
  const Report report = make_report(std::move(settings), std::move(file));
  const bool written = write_to_stdout(request.json ? to_json(report) : to_text(report));
  if (!request.json) write_to_stderr(complaints(report));
  if (!report.faults.empty()) return kExitUsage;
  return written ? kExitDone : kExitFailed;
}

}  // namespace

constexpr Command kCheckCommand = {
    .name = "check",
    .operands = "",
    .summary =
        "reads settings and views, and says what they mean and\n"
        "cost; see bootstrap check --help",
    .about = kCheckAbout,
    .options = kOptions,
    .details = kDetails,
    .run = run,
};

std::variant<PrintedText, CheckRequest> read_check_request(Arguments arguments) {
  CheckRequest request;
  const auto take = [&](int /*code*/, const std::string& /*value*/) {
    request.json = true;
    return std::string();
  };
  if (auto printed = read_options(kCheckCommand, arguments, take, request.common))
    return *std::move(printed);
  if (!request.common.operands.empty()) {
    return usage_error("check: " + request.common.operands.front() +
                       ": expected options only, as --views FILE");
  }
  return request;
}

}  // namespace streamonce::handler::check
