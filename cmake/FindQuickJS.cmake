# Finds QuickJS: the build that tools/setup made of tools/quickjs.pin, else Debian's package libquickjs.
# Defines the target QuickJS::QuickJS. Headers are included as <quickjs/quickjs.h>.
file(STRINGS "${CMAKE_SOURCE_DIR}/tools/quickjs.pin" _pin_version REGEX "^version ")
string(REPLACE "version " "" _pin_version "${_pin_version}")
if(DEFINED ENV{XDG_CACHE_HOME})
  set(_cache "$ENV{XDG_CACHE_HOME}")
else()
  set(_cache "$ENV{HOME}/.cache")
endif()
# The name ends in the same key that tools/setup makes of the pin; without that one, any build of the version will do.
execute_process(COMMAND sh -c "grep -v '^#' \"$1\" | sha256sum | cut -c1-12" sh "${CMAKE_SOURCE_DIR}/tools/quickjs.pin"
  OUTPUT_VARIABLE _pin_key OUTPUT_STRIP_TRAILING_WHITESPACE)
set(_built "${_cache}/halftime/deps/quickjs-${_pin_version}-${_pin_key}")
if(NOT EXISTS "${_built}")
  file(GLOB _built "${_cache}/halftime/deps/quickjs-${_pin_version}-*")
  list(FILTER _built EXCLUDE REGEX "\\.new$")
endif()

find_path(QuickJS_INCLUDE_DIR quickjs/quickjs.h HINTS ${_built} PATH_SUFFIXES include)
find_library(QuickJS_LIBRARY libquickjs.a HINTS ${_built} PATH_SUFFIXES lib lib/${CMAKE_LIBRARY_ARCHITECTURE}/quickjs
  ${CMAKE_LIBRARY_ARCHITECTURE}/quickjs quickjs)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(QuickJS REQUIRED_VARS QuickJS_LIBRARY QuickJS_INCLUDE_DIR
  REASON_FAILURE_MESSAGE "run tools/setup")
if(QuickJS_FOUND AND NOT TARGET QuickJS::QuickJS)
  add_library(QuickJS::QuickJS STATIC IMPORTED)
  set_target_properties(QuickJS::QuickJS PROPERTIES
    IMPORTED_LOCATION "${QuickJS_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${QuickJS_INCLUDE_DIR}"
    INTERFACE_LINK_LIBRARIES "m;dl;pthread")
endif()
mark_as_advanced(QuickJS_INCLUDE_DIR QuickJS_LIBRARY)
