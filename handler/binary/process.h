// handler/binary/process.h: makes the process fit for its work, before anything else runs.
//
// Threads: called once, by main(), while there is one thread.

#pragma once

namespace streamonce::handler {

/// Bounds what freed memory is kept; sees to it that the three standard streams are open; lets
/// SIGTERM and SIGINT end the process at once; makes of a reader that went away (SIGPIPE), and of a
/// limit on the size of files (SIGXFSZ), an error of the write; starts libcurl. Ends the process,
/// with status 1, on a CPU that it is not built for, or where any of this cannot be done.
void prepare_process();

}  // namespace streamonce::handler
