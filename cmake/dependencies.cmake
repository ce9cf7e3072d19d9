# Debian 12 packages only, found once; each folder links what it uses. tools/packages.txt holds the apt names.
set(THREADS_PREFER_PTHREAD_FLAG ON)
find_package(Threads REQUIRED)
set(Boost_NO_WARN_NEW_VERSIONS ON)  # Debian's CMake is older than its Boost
find_package(Boost 1.81 EXACT REQUIRED COMPONENTS system json url)
find_package(simdjson REQUIRED)
find_package(RocksDB REQUIRED)
find_package(spdlog REQUIRED)
find_package(prometheus-cpp REQUIRED COMPONENTS core)
find_package(OpenSSL REQUIRED)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
pkg_check_modules(JEMALLOC REQUIRED IMPORTED_TARGET jemalloc)
find_package(CLI11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(absl REQUIRED)

# Asio as every target of ours uses it: header-only Boost.Asio with the deprecated parts off.
add_library(eventbus_asio INTERFACE)
target_link_libraries(eventbus_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(eventbus_asio INTERFACE BOOST_ASIO_NO_DEPRECATED)
