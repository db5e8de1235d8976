# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The version header, and what other programs find ringtap by once it is installed. tests/build/install.py builds
# docs/examples against it.
include(CMakePackageConfigHelpers)

# ringtap/version.hpp, for who links ringtap_version and for who installs it.
configure_file(${PROJECT_SOURCE_DIR}/include/ringtap/version.hpp.in
  ${PROJECT_BINARY_DIR}/include/ringtap/version.hpp @ONLY)
add_library(ringtap_version INTERFACE)
target_include_directories(ringtap_version INTERFACE ${PROJECT_BINARY_DIR}/include)

# ringtap_install_library(TARGET REQUIRES): the archive, the headers, a CMake package and a pkg-config file. REQUIRES:
# pkg-config's names of the libraries that a program with the archive needs.
function(ringtap_install_library target requires)
  set(package ${CMAKE_INSTALL_LIBDIR}/cmake/ringtap)
  set(generated ${PROJECT_BINARY_DIR}/package)
  set(RINGTAP_REQUIRES ${requires})
  list(JOIN requires " " RINGTAP_REQUIRES)
  configure_package_config_file(${PROJECT_SOURCE_DIR}/tools/cmake/ringtapConfig.cmake.in
    ${generated}/ringtapConfig.cmake INSTALL_DESTINATION ${package}
    PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR)
  # Before 1.0 another minor version may be another interface.
  write_basic_package_version_file(${generated}/ringtapConfigVersion.cmake COMPATIBILITY SameMinorVersion)
  file(RELATIVE_PATH RINGTAP_UP /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)  # cmake --install may choose another prefix
  configure_file(${PROJECT_SOURCE_DIR}/tools/cmake/ringtap.pc.in ${generated}/ringtap.pc @ONLY)
  install(TARGETS ${target} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/ringtap ${PROJECT_BINARY_DIR}/include/ringtap
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp" PATTERN "abi.h")
  install(FILES ${generated}/ringtapConfig.cmake ${generated}/ringtapConfigVersion.cmake DESTINATION ${package})
  install(FILES ${generated}/ringtap.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()
