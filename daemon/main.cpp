#include <cstdio>

int main() {
  std::puts("eventbusd " EVENTBUS_VERSION);
  return 0;
}
