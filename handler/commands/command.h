// handler/commands/command.h: what a command is, and the help that is made of it.
//
// A command is a value: main() has a table of them, and nothing else knows which there are. Each
// has a folder of its own with its options, its help and its work.
//
// Threads: values and pure functions, but for write_to_stdout() and print().

#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "handler/config/environment.h"
#include "runtime/base/result.h"

namespace streamonce::handler {

/// One option of a command, as its user types and reads it.
struct CommandOption {
  int code;          ///< a letter, which may be typed too (`-v`); else a code of options.h, or one
                     ///< from kFirstOwnCode on
  const char* name;  ///< `--NAME`
  const char* operand;  ///< what stands for its value in help, as `FILE`; null: it has none
  const char* help;     ///< one line or several
};

/// The first code of options that have no letter, in each command.
inline constexpr int kFirstOwnCode = 2000;

constexpr bool has_letter(int code) {
  return code <= 'z';
}

/// The arguments behind the command's name.
using Arguments = std::span<const std::string>;

struct Command {
  const char* name;                        ///< what its user types
  const char* operands;                    ///< what follows the options, as `EVENT...`
  const char* summary;                     ///< lines, for the help of all commands
  std::string_view about;                  ///< its help in front of the options
  std::span<const CommandOption> options;  ///< those that it has besides the settings'
  std::string_view details;                ///< its help behind the options
  /// Reads the arguments, and does the work. @return the exit status
  int (*run)(Arguments arguments, const Environment& environment);
};

/// The commands that there are.
using Commands = std::span<const Command* const>;

/// A text to print instead of any work, and the status to exit with: help, version, or what is
/// wrong.
struct PrintedText {
  std::string text;
  int exit_status = 0;  ///< not 0: the text goes to standard error
};

/// The help of all commands together, and of one.
std::string general_help(Commands commands);
std::string help_of(const Command& command);

/// What is wrong with a command line.
PrintedText usage_error(std::string_view what);

/// Which command `arguments`, which lack the program's own name, begin with.
std::variant<PrintedText, const Command*> choose_command(Commands commands, Arguments arguments);

/// Writes to standard output, or to standard error for a text with a status that is not 0.
/// @return the status; kExitFailed if it would be 0 and the text could not be written
int print(const PrintedText& printed);

/// Tells on standard error why a command cannot start. @return kExitUsage
int cannot_start(const Error& error);

/// @return whether all of `text` went out, and not only into a buffer
bool write_to_stdout(std::string_view text);

}  // namespace streamonce::handler
