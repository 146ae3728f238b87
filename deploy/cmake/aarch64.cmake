# Toolchain for arm64, on a Debian machine of another architecture: deploy/build.sh --arch arm64, which
# installs the cross compiler, and has deploy/fetch-libraries.sh put the libraries where they are looked
# for here. The compiler brings the C and C++ libraries itself.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

get_filename_component(libraries ${CMAKE_CURRENT_LIST_DIR}/../../build/deps/arm64 ABSOLUTE)
if(NOT EXISTS ${libraries}/packages)
  message(FATAL_ERROR "${libraries} has no libraries for arm64: run deploy/build.sh --arch arm64")
endif()
set(CMAKE_LIBRARY_ARCHITECTURE aarch64-linux-gnu)
set(CMAKE_FIND_ROOT_PATH ${libraries})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE BOTH)  # packages of headers only are the same for both
set(ENV{PKG_CONFIG_LIBDIR} ${libraries}/usr/lib/aarch64-linux-gnu/pkgconfig)
# Before the compiler's own folders, among which is the system's, with the headers of its libraries.
foreach(language C CXX)
  set(CMAKE_${language}_STANDARD_INCLUDE_DIRECTORIES
    ${libraries}/usr/include/${CMAKE_LIBRARY_ARCHITECTURE} ${libraries}/usr/include)
endforeach()
