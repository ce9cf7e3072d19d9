# g++ 12 miscompiles our coroutines without a warning (docs/adr/0001-clang-16.md): double frees at run time. Refuse it here
# rather than debug it later.
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  message(FATAL_ERROR
    "GCC ${CMAKE_CXX_COMPILER_VERSION} miscompiles C++20 coroutines (double frees, see docs/adr/0001-clang-16.md). "
    "Use clang-16, as the presets do: cmake --preset release. `./run --build-only` installs it.")
endif()
