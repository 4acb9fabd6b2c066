# ht_python_extension(folder DEPS target...)
#
# The extension halftime/_native.abi3.so out of the .c files of a folder, and the packages of python/ beside it: in the build they are copied
# to <build>/python, where the program finds them; installed they are in share/halftime/python.
function(ht_python_extension folder)
  cmake_parse_arguments(arg "" "" "DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*.c")
  add_library(ht_native MODULE ${sources})
  set_target_properties(ht_native PROPERTIES PREFIX "" OUTPUT_NAME _native SUFFIX .abi3.so C_VISIBILITY_PRESET hidden
    LIBRARY_OUTPUT_DIRECTORY "${CMAKE_BINARY_DIR}/python/halftime")
  target_compile_options(ht_native PRIVATE ${HT_WARNINGS} ${HT_WARNINGS_STRICT})
  target_link_libraries(ht_native PRIVATE ${arg_DEPS} Python3::Module)
  target_link_options(ht_native PRIVATE -Wl,--as-needed -Wl,--exclude-libs,ALL -Wl,-Bsymbolic)
  if(HT_SANITIZE)
    # greenlet moves slices of the stack away while functions are on it.
    foreach(target ht_native ht_script_python)
      target_compile_options(${target} PRIVATE --param asan-stack=0)
    endforeach()
  endif()
  add_custom_target(python_packages ALL
    COMMAND "${CMAKE_COMMAND}" -E copy_directory "${CMAKE_SOURCE_DIR}/python" "${CMAKE_BINARY_DIR}/python"
    COMMENT "python/ → build")
  add_dependencies(python_packages ht_native)
  install(TARGETS ht_native LIBRARY DESTINATION share/halftime/python/halftime)
  install(DIRECTORY python/ DESTINATION share/halftime/python
    PATTERN tests EXCLUDE PATTERN __pycache__ EXCLUDE PATTERN "*.pyi" EXCLUDE)
endfunction()
