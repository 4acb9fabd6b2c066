# Runs one fuzz target for SECONDS on a copy of its SEEDS; what it finds stays in WORK. HT_FUZZ_SEED makes chance the same each time.
file(MAKE_DIRECTORY "${WORK}/corpus")
if(EXISTS "${SEEDS}")
  file(COPY "${SEEDS}/" DESTINATION "${WORK}/corpus")
endif()
if(DEFINED ENV{HT_FUZZ_SECONDS})
  set(SECONDS "$ENV{HT_FUZZ_SECONDS}")
endif()
set(seed 0) # libFuzzer: another one each time
if(DEFINED ENV{HT_FUZZ_SEED})
  set(seed "$ENV{HT_FUZZ_SEED}")
endif()
execute_process(COMMAND "${PROGRAM}" "${WORK}/corpus" -max_total_time=${SECONDS} -seed=${seed} -timeout=10 -rss_limit_mb=2048
  -print_final_stats=1 "-artifact_prefix=${WORK}/" RESULT_VARIABLE result)
if(NOT result EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} failed (${result}); the input that did it is in ${WORK}")
endif()
