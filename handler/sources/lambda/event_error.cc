#include "handler/sources/lambda/event_error.h"

namespace streamonce::handler {

runtime::FunctionError event_error(const Error& error) {
  const bool no_memory = error.code == ErrorCode::kUnavailable;
  return {.type = no_memory ? "Function.OutOfMemory" : "Function.InvalidEvent",
          .message = error.message};
}

}  // namespace streamonce::handler
