# The page: ui/ is built by npm into build/ui (when Node is there and ui/ is newer), and build/ui is embedded, gzipped.
# Without both, the program has a plain page that says how to get it; a build/ui made elsewhere is taken as it is.
set(HT_UI_DIR "${CMAKE_SOURCE_DIR}/build/ui" CACHE PATH "the built page")
option(HT_UI "build the page with npm where that is possible" ON)
file(GLOB_RECURSE ui_sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/ui/src/*" "${CMAKE_SOURCE_DIR}/ui/public/*")
file(GLOB ui_settings CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/ui/*.json" "${CMAKE_SOURCE_DIR}/ui/*.ts" "${CMAKE_SOURCE_DIR}/ui/*.html")
find_program(NPM npm)
set(ui_stamp "${CMAKE_BINARY_DIR}/ui.stamp")
set(ui_c "${CMAKE_BINARY_DIR}/embed/web_assets.c")

if(HT_UI AND NPM AND ui_sources)
  add_custom_command(OUTPUT "${ui_stamp}"
    COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/cmake/ui_build.py" "${NPM}" "${CMAKE_SOURCE_DIR}/ui" "${HT_UI_DIR}"
    COMMAND "${CMAKE_COMMAND}" -E touch "${ui_stamp}"
    DEPENDS ${ui_sources} ${ui_settings} "${CMAKE_SOURCE_DIR}/cmake/ui_build.py"
    COMMENT "the page (npm run build)" VERBATIM)
else()
  file(GLOB_RECURSE ui_built CONFIGURE_DEPENDS "${HT_UI_DIR}/*")
  add_custom_command(OUTPUT "${ui_stamp}" COMMAND "${CMAKE_COMMAND}" -E touch "${ui_stamp}" DEPENDS ${ui_built} VERBATIM)
endif()
add_custom_command(OUTPUT "${ui_c}"
  COMMAND "${Python3_EXECUTABLE}" "${CMAKE_SOURCE_DIR}/cmake/ui_embed.py" "${HT_UI_DIR}" "${ui_c}"
  DEPENDS "${ui_stamp}" "${CMAKE_SOURCE_DIR}/cmake/ui_embed.py" COMMENT "embedding the page" VERBATIM)
set_source_files_properties("${ui_c}" PROPERTIES GENERATED TRUE COMPILE_OPTIONS "-w")
target_sources(ht_web PRIVATE "${ui_c}")
