#include "handler/invalid_event.h"

namespace streamonce::handler {

runtime::FunctionError invalid_event(const Error& error) {
  return {.type = "Function.InvalidEvent", .message = error.message};
}

}  // namespace streamonce::handler
