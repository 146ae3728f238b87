// handler/commands/interruption.h: lets a person end long work, after the part of it that is in
// hand.
//
// Threads: stop_on_signals() is called once, by one thread; signals come whenever they like.

#pragma once

namespace streamonce::handler {

/// From now on SIGINT, SIGTERM and SIGHUP ask for an end, which standard error is told at once. A
/// second signal ends the process, with the status that a shell gives a signal (128 and its
/// number).
void stop_on_signals();

/// Whether a signal has asked for an end since.
bool stop_asked();

}  // namespace streamonce::handler
