# Toolchain for arm64, on a Debian machine of another architecture: cmake --preset release-arm64.
# ARCHITECTURE.md tells what to install. Debian keeps the libraries of both side by side, each below
# the name of its architecture, and shares the headers; so nothing but the compiler has to be told.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
