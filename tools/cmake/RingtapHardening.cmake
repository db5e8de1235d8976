# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# ringtap_harden(TARGET): compiles and links whatever uses TARGET as Debian's hardening=+all does, and with the defences
# against stack clashes and against jumps to where no function begins. Not in a Debug build. tests/build/hardening.py
# reads the result.
# The static libraries are position independent for programs (-fPIE), not for shared libraries: -fPIC would keep the
# compiler from inlining what another library could replace.

function(ringtap_harden target)
  set(compile -fPIE -fstack-protector-strong -fstack-clash-protection -Wformat -Werror=format-security)
  if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
    list(APPEND compile -fcf-protection)
  elseif(CMAKE_SYSTEM_PROCESSOR MATCHES "^(aarch64|arm64)")
    list(APPEND compile -mbranch-protection=standard)
  endif()
  if(NOT RINGTAP_SANITIZE)  # glibc's checks of buffer sizes come before the sanitizers' and say less
    list(APPEND compile -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
  endif()
  target_compile_options(${target} INTERFACE "$<$<NOT:$<CONFIG:Debug>>:${compile}>")
  target_link_options(${target} INTERFACE "$<$<NOT:$<CONFIG:Debug>>:-pie;LINKER:-z,relro;LINKER:-z,now>")
endfunction()
