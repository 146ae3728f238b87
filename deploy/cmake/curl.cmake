# libcurl, from Debian's source package (Debian's own static library needs Kerberos, which has none):
# HTTP and HTTPS only, with OpenSSL, c-ares and zlib. Built once into build/deps, for all presets,
# under a name made of its version and its options: when either changes, it is built anew.
find_package(ZLIB REQUIRED)
streamonce_source_package(curl curl_source curl_version "${STREAMONCE_CURL_SOURCE}")

# Left out besides: digests and NTLM of servers that ask for a password, the list of an answer's
# headers, which nobody reads: it costs an allocation for each, and the pair of sockets by which another
# thread may end a wait: we wait ourselves, and have one thread.
set(curl_options
  -DCMAKE_BUILD_TYPE=Release "-DCMAKE_C_FLAGS_RELEASE=-Os -DNDEBUG"
  "-DCMAKE_C_FLAGS=-fPIC -fstack-protector-strong -fstack-clash-protection -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -DCURL_DISABLE_HEADERS_API -DCURL_DISABLE_SOCKETPAIR -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2 -ffile-prefix-map=${STREAMONCE_DEPS_DIR}=deps"
  -DBUILD_SHARED_LIBS=OFF -DBUILD_CURL_EXE=OFF -DBUILD_TESTING=OFF -DENABLE_MANUAL=OFF
  -DHTTP_ONLY=ON -DCURL_USE_OPENSSL=ON -DOPENSSL_USE_STATIC_LIBS=ON -DENABLE_ARES=ON
  -DCURL_ZLIB=ON -DCURL_BROTLI=OFF -DCURL_ZSTD=OFF -DUSE_NGHTTP2=OFF -DUSE_LIBIDN2=OFF
  -DCURL_USE_LIBSSH2=OFF -DCURL_USE_LIBSSH=OFF -DCURL_USE_LIBPSL=OFF -DCURL_USE_GSSAPI=OFF
  -DCURL_DISABLE_ALTSVC=ON -DCURL_DISABLE_COOKIES=ON -DCURL_DISABLE_HSTS=ON -DCURL_DISABLE_MIME=ON
  -DCURL_DISABLE_NETRC=ON -DCURL_DISABLE_DOH=ON -DCURL_DISABLE_NTLM=ON -DENABLE_UNIX_SOCKETS=OFF
  -DCURL_DISABLE_PROGRESS_METER=ON -DCURL_DISABLE_CRYPTO_AUTH=ON -DCURL_DISABLE_OPENSSL_AUTO_LOAD_CONFIG=ON
  # No place of certificates is built in: it differs from system to system, and is found at run time.
  -DCURL_CA_BUNDLE=none -DCURL_CA_PATH=none)

# What is changed in its sources.
set(curl_mends ${CMAKE_CURRENT_LIST_DIR}/curl_mends.cmake)
file(SHA256 ${curl_mends} curl_mends_key)

# The name is in the binary, which is the same wherever it is built.
string(REPLACE "${STREAMONCE_DEPS_DIR}" deps curl_what "${curl_options}")
string(SHA256 curl_key "${curl_version};${CMAKE_SYSTEM_PROCESSOR};${curl_what};${curl_mends_key}")
string(SUBSTRING ${curl_key} 0 16 curl_key)
set(curl_prefix ${STREAMONCE_DEPS_DIR}/curl-${curl_key})
# For another architecture: its compiler, and what libcurl would find out by running a program.
set(curl_cross)
if(CMAKE_CROSSCOMPILING)
  set(curl_cross -DCMAKE_TOOLCHAIN_FILE=${CMAKE_TOOLCHAIN_FILE} -DHAVE_POLL_FINE=1
    -DRANDOM_FILE=/dev/urandom)
endif()
file(LOCK ${STREAMONCE_DEPS_DIR}/curl.lock GUARD PROCESS)  # two presets may be configured at once
if(NOT EXISTS ${curl_prefix}/lib/libcurl.a)
  message(STATUS "Building libcurl ${curl_version}, once")
  set(curl_log ${curl_prefix}.log)
  set(curl_build ${curl_prefix}.build)
  set(curl_copy ${curl_prefix}.source)
  file(REMOVE_RECURSE ${curl_build} ${curl_copy})
  file(COPY ${curl_source}/ DESTINATION ${curl_copy})
  include(${curl_mends})
  execute_process(
    COMMAND ${CMAKE_COMMAND} -S ${curl_copy} -B ${curl_build} -G Ninja ${curl_options} ${curl_cross}
      -DCMAKE_INSTALL_PREFIX=${curl_prefix} -DCMAKE_INSTALL_LIBDIR=lib
    OUTPUT_FILE ${curl_log} ERROR_FILE ${curl_log} RESULT_VARIABLE failed)
  if(NOT failed)
    execute_process(COMMAND ${CMAKE_COMMAND} --build ${curl_build} --target install
      OUTPUT_FILE ${curl_log}.build ERROR_FILE ${curl_log}.build RESULT_VARIABLE failed)
  endif()
  if(failed)
    message(FATAL_ERROR "libcurl cannot be built: see ${curl_log} and ${curl_log}.build")
  endif()
  file(REMOVE_RECURSE ${curl_build} ${curl_copy})
endif()
file(LOCK ${STREAMONCE_DEPS_DIR}/curl.lock RELEASE)

# The C libraries of the binary, as Debian ships them, less their unwind tables (0.7 MB): no exception
# passes through them, and nothing prints a stack from them. Copies, made once.
set(lean_dir ${STREAMONCE_DEPS_DIR}/lean-${CMAKE_SYSTEM_PROCESSOR})
function(streamonce_lean_library variable)
  find_library(${variable}_shipped NAMES ${ARGN} REQUIRED)
  set(shipped ${${variable}_shipped})
  get_filename_component(name ${shipped} NAME)
  set(copy ${lean_dir}/${name})
  if(NOT EXISTS ${copy} OR ${shipped} IS_NEWER_THAN ${copy})
    file(MAKE_DIRECTORY ${lean_dir})
    execute_process(
      COMMAND ${CMAKE_OBJCOPY} --remove-section=.eh_frame --remove-section=.rela.eh_frame ${shipped}
        ${copy}.new
      COMMAND_ERROR_IS_FATAL ANY)
    file(RENAME ${copy}.new ${copy})
  endif()
  set(${variable} ${copy} PARENT_SCOPE)
endfunction()
file(LOCK ${STREAMONCE_DEPS_DIR}/curl.lock GUARD PROCESS)
streamonce_lean_library(STREAMONCE_SSL libssl.a)
streamonce_lean_library(STREAMONCE_CRYPTO libcrypto.a)
streamonce_lean_library(STREAMONCE_CARES libcares_static.a libcares.a)
streamonce_lean_library(STREAMONCE_ZLIB libz.a)
streamonce_lean_library(STREAMONCE_SQLITE3 libsqlite3.a)
file(LOCK ${STREAMONCE_DEPS_DIR}/curl.lock RELEASE)

find_package(Threads REQUIRED)
# streamonce_imported(NAME FILE DEPENDENCY...): CMake has to know who needs whom, to order the files.
function(streamonce_imported name file)
  add_library(streamonce_${name} STATIC IMPORTED GLOBAL)
  add_library(streamonce::${name} ALIAS streamonce_${name})
  set_target_properties(streamonce_${name} PROPERTIES IMPORTED_LOCATION ${file})
  target_link_libraries(streamonce_${name} INTERFACE ${ARGN})
endfunction()
streamonce_imported(crypto ${STREAMONCE_CRYPTO} Threads::Threads ${CMAKE_DL_LIBS})
streamonce_imported(ssl ${STREAMONCE_SSL} streamonce::crypto)
streamonce_imported(cares ${STREAMONCE_CARES})
streamonce_imported(zlib ${STREAMONCE_ZLIB})
streamonce_imported(sqlite3 ${STREAMONCE_SQLITE3} Threads::Threads ${CMAKE_DL_LIBS} m)
streamonce_imported(curl ${curl_prefix}/lib/libcurl.a
  streamonce::ssl streamonce::cares streamonce::zlib Threads::Threads)
target_include_directories(streamonce_curl SYSTEM INTERFACE ${curl_prefix}/include)
target_compile_definitions(streamonce_curl INTERFACE CURL_STATICLIB)
