# HOLDFAST_SANITIZE: empty, "address,undefined" or "thread".
set(HOLDFAST_SANITIZE "" CACHE STRING "Sanitizers to build with")
if(HOLDFAST_SANITIZE)
  add_compile_options(-fsanitize=${HOLDFAST_SANITIZE} -fno-sanitize-recover=all
                      -fno-omit-frame-pointer -g1)
  add_link_options(-fsanitize=${HOLDFAST_SANITIZE})
  # GCC 12 reports false positives of these two under sanitizer instrumentation.
  add_compile_options($<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>
                      $<$<CXX_COMPILER_ID:GNU>:-Wno-stringop-overflow>)
endif()
if(HOLDFAST_SANITIZE STREQUAL "thread")
  # ThreadSanitizer does not understand memory fences. Asio's own are not needed: what its threads
  # hand to each other goes through a queue with a mutex.
  add_compile_definitions(BOOST_ASIO_DISABLE_FENCED_BLOCK)
endif()

option(HOLDFAST_FUZZ "Drive the fuzz targets with libFuzzer (needs clang)" OFF)
if(HOLDFAST_FUZZ)
  add_compile_options(-fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=address,undefined)
endif()

option(HOLDFAST_COVERAGE "Count executed lines" OFF)
if(HOLDFAST_COVERAGE)
  add_compile_options(--coverage)
  add_link_options(--coverage)
endif()
