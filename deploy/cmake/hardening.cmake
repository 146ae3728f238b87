# What the shipped binary is compiled and linked with: one static file, and as hard to exploit as the
# compiler can make it. Sections that nothing refers to are left out, paths of the build machine too.
include(CheckPIESupported)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
add_compile_options(
  -fPIE -fstack-protector-strong -fstack-clash-protection -ffunction-sections -fdata-sections
  -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)
add_compile_definitions(_FORTIFY_SOURCE=2)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  add_compile_options(-fcf-protection)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")
  add_compile_options(-mbranch-protection=standard)
endif()
# LTO names its own symbols by a seed, and splits its work by the number of jobs: fix both, so that
# two builds of one tree are the same file.
set(CMAKE_CXX_COMPILE_OPTIONS_IPO -flto=auto -fno-fat-lto-objects -frandom-seed=streamonce)
set(STREAMONCE_STATIC_LINK_OPTIONS
  -static-pie -Wl,--gc-sections -Wl,-z,relro -Wl,-z,now -Wl,-z,noexecstack
  -Wl,--build-id=none -s)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")  # binutils 2.40 can do it for no other
  # Half a megabyte of relocations in a few kilobytes.
  list(APPEND STREAMONCE_STATIC_LINK_OPTIONS -Wl,-z,pack-relative-relocs)
endif()
# Static files instead of shared ones, wherever a find module has the choice.
set(OPENSSL_USE_STATIC_LIBS ON)
set(ZLIB_USE_STATIC_LIBS ON)
set(CMAKE_FIND_LIBRARY_SUFFIXES .a)
