// SQLite as Debian ships it has full-text search, R-trees and trigonometry, 0.8 MB that no target
// needs. It asks for them by name: these answer in their place, and the linker leaves the rest out.
// A table of such a kind in the same file cannot be written by this binary; and each connection has
// functions of SQL of its own in the place of those that would call the ones below (database.cc).

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
