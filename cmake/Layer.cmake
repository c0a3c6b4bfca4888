# add_layer(NAME [DEPENDS layer...] [LIBRARIES target...] SOURCES ... HEADERS ... [TESTS ...] [TEST_LIBRARIES ...])
#
# Declares one layer: the static library holdfast_NAME with its self-contained headers, the link
# test that proves that it needs no more than its declared dependencies, and its unit tests.
function(add_layer NAME)
  cmake_parse_arguments(ARG "" "" "DEPENDS;LIBRARIES;SOURCES;HEADERS;TESTS;TEST_LIBRARIES" ${ARGN})
  set(lib holdfast_${NAME})
  add_library(${lib} STATIC ${ARG_SOURCES})
  target_sources(${lib} PUBLIC FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/src
                                                FILES ${ARG_HEADERS})
  list(TRANSFORM ARG_DEPENDS PREPEND holdfast_ OUTPUT_VARIABLE layers)
  target_link_libraries(${lib} PUBLIC ${layers} ${ARG_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY HOLDFAST_HEADER_TARGETS ${lib}_verify_interface_header_sets)

  # An upward call is an undefined symbol here: the whole layer against its dependencies only.
  set(empty ${CMAKE_CURRENT_BINARY_DIR}/${NAME}_link_test.cpp)
  if(NOT EXISTS ${empty})
    file(WRITE ${empty} "int main() { return 0; }\n")
  endif()
  add_executable(${NAME}_link_test ${empty})
  target_link_libraries(${NAME}_link_test PRIVATE $<LINK_LIBRARY:WHOLE_ARCHIVE,${lib}>)
  set_property(GLOBAL APPEND PROPERTY HOLDFAST_LINK_TARGETS ${NAME}_link_test)
  add_test(NAME ${NAME}.links_with_its_declared_layers_only COMMAND ${NAME}_link_test)

  if(ARG_TESTS)
    add_executable(${NAME}_test ${ARG_TESTS})
    target_link_libraries(${NAME}_test PRIVATE ${lib} ${ARG_TEST_LIBRARIES} GTest::gmock
                                               GTest::gtest GTest::gtest_main)
    target_include_directories(${NAME}_test PRIVATE ${PROJECT_SOURCE_DIR})
    target_compile_definitions(${NAME}_test PRIVATE
                               HOLDFAST_TEST_DATA="tests/data")
    compile_quickly(${NAME}_test)
    set_property(GLOBAL APPEND PROPERTY HOLDFAST_TEST_TARGETS ${NAME}_test)
    # Tests find their data from the root, so that no path of this machine is compiled in.
    add_test(NAME ${NAME}.unit COMMAND ${NAME}_test WORKING_DIRECTORY ${PROJECT_SOURCE_DIR})
  endif()
endfunction()

# For the code of tests in sanitizer builds: it runs once, so optimising it or watching it for
# undefined behaviour costs minutes of compiling and gains nothing. What it calls stays watched.
function(compile_quickly TARGET)
  if(HOLDFAST_SANITIZE)
    target_compile_options(${TARGET} PRIVATE -O0 -fno-sanitize=undefined)
  endif()
endfunction()

# A target that builds the named programs, and a file in the build folder that lists their paths.
function(list_programs TARGET FILE)
  add_custom_target(${TARGET})
  set(paths "")
  foreach(program ${ARGN})
    add_dependencies(${TARGET} ${program})
    string(APPEND paths "$<TARGET_FILE:${program}>\n")
  endforeach()
  file(GENERATE OUTPUT ${CMAKE_BINARY_DIR}/${FILE} CONTENT "${paths}")
endfunction()

# add_fuzz_target(NAME SOURCES ... LIBRARIES ...): with HOLDFAST_FUZZ libFuzzer drives it; else a
# program that replays the kept corpus in tests/data/corpus/NAME, as a test.
function(add_fuzz_target NAME)
  cmake_parse_arguments(ARG "" "" "SOURCES;LIBRARIES" ${ARGN})
  set(program ${NAME}_fuzz)
  if(HOLDFAST_FUZZ)
    add_executable(${program} ${ARG_SOURCES})
    target_link_options(${program} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(${program} ${ARG_SOURCES} ${PROJECT_SOURCE_DIR}/tests/fuzz/replay_main.cpp)
    add_test(NAME fuzz.${NAME}.corpus
             COMMAND ${program} ${PROJECT_SOURCE_DIR}/tests/data/corpus/${NAME})
  endif()
  target_include_directories(${program} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(${program} PRIVATE ${ARG_LIBRARIES})
  set_property(GLOBAL APPEND PROPERTY HOLDFAST_FUZZ_TARGETS ${program})
endfunction()
