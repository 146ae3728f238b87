# simdjson, from Debian's source package (Debian ships no static library of it), as a target of this
# tree, so that sanitizers and link-time optimisation reach it. One implementation only: that of the
# CPU which the zip is for; handler/binary/cpu.h says so on another. The flags travel to every file that
# includes simdjson, and to no other.
streamonce_source_package(simdjson STREAMONCE_SIMDJSON_DIR version "${STREAMONCE_SIMDJSON_SOURCE}")
add_library(streamonce_simdjson STATIC ${STREAMONCE_SIMDJSON_DIR}/singleheader/simdjson.cpp)
add_library(streamonce::simdjson ALIAS streamonce_simdjson)
target_include_directories(streamonce_simdjson SYSTEM PUBLIC ${STREAMONCE_SIMDJSON_DIR}/singleheader)
target_compile_features(streamonce_simdjson PUBLIC cxx_std_20)
# Its own checks change the layout of its types, and are on where a file is not optimised: a test that is
# not, and the product that is, would not agree.
target_compile_definitions(streamonce_simdjson PUBLIC
  SIMDJSON_EXCEPTIONS=0 SIMDJSON_DEVELOPMENT_CHECKS=0)
if(CMAKE_SYSTEM_PROCESSOR STREQUAL "x86_64")
  target_compile_options(streamonce_simdjson PUBLIC -mavx2 -mbmi -mpclmul -mlzcnt -mpopcnt)
  target_compile_definitions(streamonce_simdjson PUBLIC
    SIMDJSON_IMPLEMENTATION_HASWELL=1 SIMDJSON_IMPLEMENTATION_ICELAKE=0
    SIMDJSON_IMPLEMENTATION_WESTMERE=0 SIMDJSON_IMPLEMENTATION_FALLBACK=0)
elseif(CMAKE_SYSTEM_PROCESSOR STREQUAL "aarch64")  # NEON: every such CPU has it
  target_compile_definitions(streamonce_simdjson PUBLIC
    SIMDJSON_IMPLEMENTATION_ARM64=1 SIMDJSON_IMPLEMENTATION_FALLBACK=0)
endif()
