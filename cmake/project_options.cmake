# Warnings, language level and sanitizers as one INTERFACE target. Every target of ours links it; nothing is set globally, so
# that headers of libraries are never compiled under our warnings.
add_library(project_options INTERFACE)
target_compile_features(project_options INTERFACE cxx_std_20)
target_compile_options(project_options INTERFACE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -fno-omit-frame-pointer)
target_include_directories(project_options INTERFACE "${PROJECT_SOURCE_DIR}")
target_compile_definitions(project_options INTERFACE EVENTBUS_VERSION="${PROJECT_VERSION}")

set(EVENTBUS_SANITIZE "" CACHE STRING "Comma-separated -fsanitize= list, e.g. address,undefined")
if(EVENTBUS_SANITIZE)
  target_compile_options(project_options INTERFACE -fsanitize=${EVENTBUS_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(project_options INTERFACE -fsanitize=${EVENTBUS_SANITIZE})
endif()

option(EVENTBUS_FUZZ "Build the libFuzzer targets of tests/fuzz" OFF)
if(EVENTBUS_FUZZ)
  target_compile_options(project_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# eventbus_library(name DIR_SOURCES… ) — the library of one folder: all its .cpp files, not those of sub-folders unless named.
function(eventbus_library name)
  set(sources "")
  foreach(folder ${ARGN})
    file(GLOB found CONFIGURE_DEPENDS "${CMAKE_CURRENT_SOURCE_DIR}/${folder}/*.cpp")
    list(FILTER found EXCLUDE REGEX "/main\\.cpp$")  # the program that links the library
    list(APPEND sources ${found})
  endforeach()
  if(NOT sources)
    set(sources "${CMAKE_BINARY_DIR}/empty.cpp")
    file(TOUCH "${sources}")
  endif()
  add_library(${name} STATIC ${sources})
  target_link_libraries(${name} PUBLIC project_options)
endfunction()
