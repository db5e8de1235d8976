# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The same source gives the same bytes in whatever folder it is built: what the compilers write into objects (debug
# information, BTF, __FILE__) names files from the top of the source tree. tests/build/reproducible.py compares.

# For clang and gcc, C++ and BPF. Of two that match gcc takes the later one: the build folder may lie in the source.
set(RINGTAP_PATH_FLAGS -ffile-prefix-map=${PROJECT_SOURCE_DIR}=. -ffile-prefix-map=${PROJECT_BINARY_DIR}=build)

# ringtap_hide_paths(TARGET): for whatever uses TARGET. Not in a Debug build, whose debugger is to find the sources
# from any folder.
function(ringtap_hide_paths target)
  target_compile_options(${target} INTERFACE "$<$<NOT:$<CONFIG:Debug>>:${RINGTAP_PATH_FLAGS}>")
endfunction()
