// tests/support/temp_dir.h: a folder of its own for one test, gone when the test is.

#pragma once

#include <stdlib.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

namespace streamonce::testing {

class TempDir {
 public:
  TempDir() : path_((std::filesystem::temp_directory_path() / "streamonce-").string()) {
    path_.append(6, 'X');  // mkdtemp replaces the X
    if (mkdtemp(path_.data()) == nullptr) {
      std::perror("mkdtemp");
      std::abort();
    }
  }
  ~TempDir() {
    std::error_code error;
    std::filesystem::remove_all(path_, error);
  }
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string file(std::string_view name) const { return path_ + "/" + std::string(name); }

 private:
  std::string path_;
};

}  // namespace streamonce::testing
