// SQLite as Debian ships it has full-text search, R-trees and trigonometry, 0.8 MB that no target
// needs. It calls them by name: the functions below answer in their place, so that the linker
// leaves the others out. This binary cannot write a table of such a kind in the same file; and in
// each connection the functions of SQL that would call the ones below are replaced (database.cc).

// The names are SQLite's.
// NOLINTBEGIN(readability-identifier-naming)
extern "C" {
struct sqlite3;
int sqlite3Fts3Init(sqlite3*);
int sqlite3Fts5Init(sqlite3*);
int sqlite3RtreeInit(sqlite3*);

int sqlite3Fts3Init(sqlite3*) {
  return 0;
}
int sqlite3Fts5Init(sqlite3*) {
  return 0;
}
int sqlite3RtreeInit(sqlite3*) {
  return 0;
}

// NOLINTEND(readability-identifier-naming)

double acos(double) {
  __builtin_trap();
}
double acosh(double) {
  __builtin_trap();
}
double asin(double) {
  __builtin_trap();
}
double asinh(double) {
  __builtin_trap();
}
double atan(double) {
  __builtin_trap();
}
double atan2(double, double) {
  __builtin_trap();
}
double atanh(double) {
  __builtin_trap();
}
double cos(double) {
  __builtin_trap();
}
double cosh(double) {
  __builtin_trap();
}
double sin(double) {
  __builtin_trap();
}
double sinh(double) {
  __builtin_trap();
}
double tan(double) {
  __builtin_trap();
}
double tanh(double) {
  __builtin_trap();
}
}
