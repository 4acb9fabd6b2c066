# ht_fuzz_targets(folder): each x_fuzz.c becomes a libFuzzer program and a ctest test that runs it for
# HT_FUZZ_SECONDS, starting from a copy of folder/corpus/x/. It links core, stats, net and load; a file that
# needs more says so in a comment line of its own: `links: ht_script_js`.
function(ht_fuzz_targets folder)
  file(GLOB files CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/${folder}/*_fuzz.c")
  add_custom_target(fuzzers)
  foreach(file IN LISTS files)
    get_filename_component(target "${file}" NAME_WE)
    string(REGEX REPLACE "_fuzz$" "" subject "${target}")
    set(libraries ht_load ht_net ht_stats ht_core)
    file(STRINGS "${file}" more REGEX "links: ")
    if(more)
      string(REGEX REPLACE ".*links: *([a-z_ ]*).*" "\\1" more "${more}")
      separate_arguments(more)
      list(PREPEND libraries ${more})
    endif()
    add_executable(${target} "${file}")
    target_compile_options(${target} PRIVATE ${HT_WARNINGS} -Wno-missing-prototypes)
    target_link_libraries(${target} PRIVATE ${libraries})
    target_link_options(${target} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${target})
    add_test(NAME ${target} COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:${target}>
      -DSEEDS=${CMAKE_SOURCE_DIR}/${folder}/corpus/${subject} -DWORK=${CMAKE_BINARY_DIR}/fuzz/${subject}
      -DSECONDS=${HT_FUZZ_SECONDS} -P ${CMAKE_SOURCE_DIR}/cmake/RunFuzz.cmake)
    set_tests_properties(${target} PROPERTIES TIMEOUT 600 LABELS fuzz ENVIRONMENT "${HT_TEST_ENVIRONMENT}")
  endforeach()
endfunction()
