# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The functions every CMakeLists.txt of this project is written in: ringtap_library, ringtap_bpf_skeleton, ringtap_test.

include(GNUInstallDirs)
include(GoogleTest)
include(RingtapHardening)
include(RingtapInstall)
include(RingtapReproducible)
find_package(PkgConfig REQUIRED)

add_library(ringtap_options INTERFACE)
target_include_directories(ringtap_options INTERFACE ${PROJECT_SOURCE_DIR}/include ${PROJECT_SOURCE_DIR}/userspace)
target_compile_options(ringtap_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion -Wnon-virtual-dtor -Wold-style-cast
  $<$<CXX_COMPILER_ID:GNU>:-Wno-missing-field-initializers>
  # libbpf's option macros, which g++ knows to be a system header's.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-gnu-statement-expression> $<$<CXX_COMPILER_ID:Clang>:-Wno-c99-extensions>)
ringtap_harden(ringtap_options)
ringtap_hide_paths(ringtap_options)
if(RINGTAP_SANITIZE)
  target_compile_options(ringtap_options INTERFACE -fsanitize=${RINGTAP_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(ringtap_options INTERFACE -fsanitize=${RINGTAP_SANITIZE})
endif()

if(RINGTAP_FUZZ)
  target_compile_options(ringtap_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Where each second counts: what most files include is compiled once. Not by default, since it hides that a file lacks an
# include.
if(RINGTAP_PRECOMPILE)
  add_library(ringtap_precompiled OBJECT ${PROJECT_SOURCE_DIR}/tools/cmake/precompiled.cpp)
  target_link_libraries(ringtap_precompiled PRIVATE ringtap_options)
  target_precompile_headers(ringtap_precompiled PRIVATE <algorithm> <array> <chrono> <cstring> <functional> <map>
    <memory> <optional> <span> <string> <string_view> <vector> <unordered_map> <ringtap/result.hpp> <ringtap/record.hpp>)
endif()

# ringtap_library(NAME SOURCES a.cpp … [LINKS target …]): one static library per folder of userspace/. SEPARATELY with
# what most of its files include: these are never compiled as one, not even with CMAKE_UNITY_BUILD, since some give one
# name to different things.
function(ringtap_library name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SEPARATELY;SOURCES;LINKS")
  add_library(${name} STATIC ${arg_SOURCES})
  target_link_libraries(${name} PUBLIC ringtap_options ${arg_LINKS})
  if(arg_SEPARATELY)
    set_target_properties(${name} PROPERTIES UNITY_BUILD OFF)
  endif()
  if(RINGTAP_PRECOMPILE AND arg_SEPARATELY)
    target_precompile_headers(${name} PRIVATE ${arg_SEPARATELY})
  elseif(RINGTAP_PRECOMPILE)
    target_precompile_headers(${name} REUSE_FROM ringtap_precompiled)
  endif()
endfunction()

# ringtap_bpf_skeleton(NAME SOURCES a.bpf.c …): clang → object each → one linked object → NAME.skel.h.
# Target NAME_skel carries the include path of the header.
function(ringtap_bpf_skeleton name)
  cmake_parse_arguments(PARSE_ARGV 1 arg "" "" "SOURCES")
  find_program(RINGTAP_CLANG NAMES clang clang-19 clang-14 REQUIRED)
  find_program(RINGTAP_BPFTOOL bpftool PATHS /usr/sbin /sbin REQUIRED)
  string(REGEX REPLACE "^(aarch64|arm64).*" "arm64" arch "${CMAKE_SYSTEM_PROCESSOR}")
  string(REGEX REPLACE "^(x86_64|amd64|AMD64)$" "x86" arch "${arch}")
  set(objects)
  foreach(source IN LISTS arg_SOURCES)
    get_filename_component(stem ${source} NAME_WLE)
    set(object ${CMAKE_CURRENT_BINARY_DIR}/${stem}.o)
    add_custom_command(OUTPUT ${object}
      COMMAND ${RINGTAP_CLANG} -target bpf -D__TARGET_ARCH_${arch} -mcpu=v3 -O2 -g -std=gnu11
              -Wall -Wextra -Werror -Wno-unused-parameter -Wno-missing-declarations
              ${RINGTAP_PATH_FLAGS} -fdebug-compilation-dir=.
              -I${PROJECT_SOURCE_DIR}/include -I${PROJECT_SOURCE_DIR}/vmlinux
              -isystem /usr/include/${CMAKE_LIBRARY_ARCHITECTURE}
              -MD -MF ${object}.d -MT ${object} -c ${CMAKE_CURRENT_SOURCE_DIR}/${source} -o ${object}
      DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${source}
      DEPFILE ${object}.d
      COMMENT "BPF ${source}" VERBATIM)
    list(APPEND objects ${object})
  endforeach()
  set(linked ${CMAKE_CURRENT_BINARY_DIR}/${name}.linked.o)
  set(header ${CMAKE_CURRENT_BINARY_DIR}/skeletons/${name}.skel.h)
  add_custom_command(OUTPUT ${header}
    COMMAND ${RINGTAP_BPFTOOL} gen object ${linked} ${objects}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_CURRENT_BINARY_DIR}/skeletons
    COMMAND sh -c "${RINGTAP_BPFTOOL} gen skeleton ${linked} name ${name} > ${header}"
    DEPENDS ${objects} COMMENT "skeleton ${name}" VERBATIM)
  add_custom_target(${name}_skel_header DEPENDS ${header})
  add_library(${name}_skel INTERFACE)
  target_include_directories(${name}_skel SYSTEM INTERFACE ${CMAKE_CURRENT_BINARY_DIR}/skeletons)
  add_dependencies(${name}_skel ${name}_skel_header)
endfunction()

# A test is linked in half the time by gold, which comes with binutils.
find_program(RINGTAP_GOLD ld.gold)

# ringtap_test_options(TARGET): compiles a test. Its own code is templates of GoogleTest's above all, whose optimization
# would take half the time of a build and save none in the tests: what they test is optimized as it is for users.
# What most tests include, and include themselves, is compiled once; not for ccache, which by default does not look up
# what uses a precompiled header.
function(ringtap_test_options target)
  # glibc can check buffer sizes only in optimized code.
  set(options $<$<CONFIG:RelWithDebInfo>:-O0> $<$<CONFIG:RelWithDebInfo>:-U_FORTIFY_SOURCE>)
  target_compile_options(${target} PRIVATE ${options})
  set_target_properties(${target} PROPERTIES UNITY_BUILD OFF)  # each is one file
  if(RINGTAP_GOLD AND NOT RINGTAP_SANITIZE)
    target_link_options(${target} PRIVATE -fuse-ld=gold)
  endif()
  if(CMAKE_CXX_COMPILER_LAUNCHER)
    return()
  endif()
  if(NOT TARGET ringtap_test_precompiled)
    add_library(ringtap_test_precompiled OBJECT ${PROJECT_SOURCE_DIR}/tools/cmake/precompiled.cpp)
    target_link_libraries(ringtap_test_precompiled PRIVATE ringtap_options GTest::gtest)
    target_compile_options(ringtap_test_precompiled PRIVATE ${options})
    target_precompile_headers(ringtap_test_precompiled PRIVATE <gtest/gtest.h> <algorithm> <chrono> <filesystem>
      <fstream> <functional> <map> <random> <span> <sstream> <unordered_map> <ringtap/record.hpp> <ringtap/result.hpp>)
  endif()
  target_precompile_headers(${target} REUSE_FROM ringtap_test_precompiled)
endfunction()

# ringtap_test(LABEL NAME [LINKS target …]): NAME.cpp → one GoogleTest program, label unit, bpf or netns. Of unit and
# bpf every case is a ctest entry, LABEL.NAME.Suite.Case. Those of netns are costly to set up: one entry a program.
function(ringtap_test label name)
  cmake_parse_arguments(PARSE_ARGV 2 arg "" "TIMEOUT" "LINKS")
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 120)
  endif()
  add_executable(${name} ${name}.cpp)
  target_link_libraries(${name} PRIVATE ringtap_test_support ${arg_LINKS} GTest::gtest GTest::gtest_main)
  ringtap_test_options(${name})
  set(environment RINGTAP_BINARY=$<TARGET_FILE:ringtap> RINGTAP_SOURCE_DIR=${PROJECT_SOURCE_DIR})
  set(properties LABELS ${label} TIMEOUT ${arg_TIMEOUT})
  if(label STREQUAL "bpf")
    # Each frees programs by the thousand, on the one workqueue where the kernel does that. Two at a time have filled it
    # to a deadlock, after which nothing on the host can load a program.
    list(APPEND properties RESOURCE_LOCK bpf_programs)
  endif()
  if(label STREQUAL "netns")
    add_test(NAME ${label}.${name} COMMAND ${name})
    set_tests_properties(${label}.${name} PROPERTIES ${properties} ENVIRONMENT "${environment}")
  else()
    # When ctest starts, not when the program is linked: a build needs to run nothing. A skipped case shows as skipped.
    gtest_discover_tests(${name} TEST_PREFIX ${label}.${name}. DISCOVERY_MODE PRE_TEST DISCOVERY_TIMEOUT 60
      PROPERTIES ${properties})
    # It would take a list of two variables apart.
    set(file ${CMAKE_CURRENT_BINARY_DIR}/${name}_environment.cmake)
    file(GENERATE OUTPUT ${file} CONTENT
      "if(${name}_TESTS)
  set_tests_properties(\${${name}_TESTS} PROPERTIES ENVIRONMENT \"${environment}\")
endif()\n")
    set_property(DIRECTORY APPEND PROPERTY TEST_INCLUDE_FILES ${file})
  endif()
endfunction()
