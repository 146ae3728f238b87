# streamonce_source_package(NAME DIR_VARIABLE VERSION_VARIABLE OVERRIDE)
#
# Gives the folder with the unpacked, patched sources of Debian's source package NAME, and what is in
# it. They are fetched with apt into build/deps/source, once. OVERRIDE, if not empty, is a folder
# that is taken instead, for machines without apt.
set(STREAMONCE_DEPS_DIR ${PROJECT_SOURCE_DIR}/build/deps)

function(streamonce_source_package name dir_variable version_variable override)
  if(override)
    if(NOT IS_DIRECTORY ${override})
      message(FATAL_ERROR "${name}: the source folder ${override} does not exist")
    endif()
    set(${dir_variable} ${override} PARENT_SCOPE)
    set(${version_variable} "of ${override}" PARENT_SCOPE)
    return()
  endif()
  execute_process(
    COMMAND ${PROJECT_SOURCE_DIR}/deploy/fetch-source.sh ${name} ${STREAMONCE_DEPS_DIR}
    OUTPUT_VARIABLE answer OUTPUT_STRIP_TRAILING_WHITESPACE RESULT_VARIABLE failed)
  if(failed)
    message(FATAL_ERROR
      "${name}: Debian's source package cannot be fetched (see above). On a machine without apt, "
      "point -DSTREAMONCE_CURL_SOURCE and -DSTREAMONCE_SIMDJSON_SOURCE at unpacked sources.")
  endif()
  string(REGEX MATCH "^([^ ]+) (.+)$" matched "${answer}")
  set(${version_variable} "${CMAKE_MATCH_1}" PARENT_SCOPE)
  set(${dir_variable} "${CMAKE_MATCH_2}" PARENT_SCOPE)
endfunction()
