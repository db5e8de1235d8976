# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What is installed beside the program: man pages, completions, the service, Wireshark's link; and the Debian package
# of all that, which `cpack` makes in the build folder. tests/readers/package.py has lintian and dpkg judge it.

# ringtap_install_compressed(SOURCE DESTINATION NAME): gzipped without a time, as Debian wants it.
function(ringtap_install_compressed source destination name)
  set(file ${PROJECT_BINARY_DIR}/package/${name}.gz)
  add_custom_command(OUTPUT ${file} COMMAND sh -c "gzip -9nc < '${source}' > '${file}'" DEPENDS ${source} VERBATIM)
  add_custom_target(ringtap_package_${name} ALL DEPENDS ${file})
  install(FILES ${file} DESTINATION ${destination} COMPONENT program)
endfunction()

# ringtap_install_man_page(COMMAND TITLE ABOUT): ringtap-COMMAND.8, from the section TITLE of ringtap.8.
function(ringtap_install_man_page command title about)
  set(page ${PROJECT_BINARY_DIR}/package/ringtap-${command}.8)
  set(source ${PROJECT_SOURCE_DIR}/docs/ringtap.8)
  set(script ${PROJECT_SOURCE_DIR}/tools/cmake/man_page.awk)
  add_custom_command(OUTPUT ${page} DEPENDS ${source} ${script} VERBATIM
    COMMAND sh -c "awk -v command=${command} -v title='${title}' -v about='${about}' -f '${script}' '${source}' > '${page}'")
  ringtap_install_compressed(${page} ${CMAKE_INSTALL_MANDIR}/man8 ringtap-${command}.8)
endfunction()

# ringtap_install_completions(): made from the table of options.
function(ringtap_install_completions)
  add_executable(ringtap_completions ${PROJECT_SOURCE_DIR}/tools/completions.cpp)
  target_link_libraries(ringtap_completions PRIVATE ringtap_cli)
  set(places bash ringtap ${CMAKE_INSTALL_DATADIR}/bash-completion/completions
             zsh _ringtap ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions
             fish ringtap.fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
  while(places)
    list(POP_FRONT places shell name destination)
    set(file ${PROJECT_BINARY_DIR}/package/${shell}/${name})
    add_custom_command(OUTPUT ${file}
      COMMAND sh -c "mkdir -p '${PROJECT_BINARY_DIR}/package/${shell}' && '$<TARGET_FILE:ringtap_completions>' ${shell} > '${file}'"
      DEPENDS ringtap_completions VERBATIM)
    add_custom_target(ringtap_package_${shell} ALL DEPENDS ${file})
    install(FILES ${file} DESTINATION ${destination} COMPONENT program)
  endwhile()
endfunction()

# ringtap_package(): the settings of cpack.
macro(ringtap_package)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME ringtap)
  set(CPACK_PACKAGE_CONTACT "The ringtap authors <packages@ringtap.invalid>")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_STRIP_FILES TRUE)
  set(CPACK_COMPONENTS_ALL program)
  set(CPACK_DEB_COMPONENT_INSTALL TRUE)
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME ringtap)
  set(CPACK_DEBIAN_PROGRAM_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION net)
  set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
  set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS TRUE)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "debconf (>= 0.5) | debconf-2.0, adduser")
  # The libraries that only some commands load are not found by dpkg-shlibdeps.
  set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "libcap2-bin, libnftables1, liblzma5, libbz2-1.0, liblz4-1, libnats3.4")
  set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION TRUE)
  set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "packet capture and drop tracing with eBPF taps
ringtap captures packets in the Linux kernel with eBPF programs: at XDP, tc,
the netfilter hooks, sockets and where the kernel drops packets. It takes the
options and filter expressions of tcpdump, prints packets as tcpdump does,
writes pcap and pcapng, accounts for every packet, records for weeks within a
limit of space, and shows where each packet went.")
  set(CPACK_DEBIAN_PROGRAM_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/tools/packaging/debian/config;${PROJECT_SOURCE_DIR}/tools/packaging/debian/templates;${PROJECT_SOURCE_DIR}/tools/packaging/debian/postinst;${PROJECT_SOURCE_DIR}/tools/packaging/debian/postrm;${PROJECT_SOURCE_DIR}/tools/packaging/debian/conffiles")
  include(CPack)
endmacro()
