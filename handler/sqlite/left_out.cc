// SQLite as Debian ships it has full-text search and R-trees, half a megabyte that no target needs.
// It asks for them by name when a database is opened: these answer in their place, and the linker
// leaves the rest out. A table of such a kind in the same file cannot be written by this binary.

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
}
