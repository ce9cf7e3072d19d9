#pragma once

#include <boost/json/value.hpp>

#include <cstddef>
#include <cstdint>
#include <random>

namespace eventbus::schemas {

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}
  std::size_t below(std::size_t end) { return engine_() % end; }
  bool chance(std::size_t in) { return below(in) == 0; }

 private:
  std::mt19937_64 engine_;
};

// Small ones that meet each other often: few names, few numbers, short texts.
boost::json::value random_document(Dice& dice, int depth);
boost::json::value random_schema(Dice& dice, int depth);

}  // namespace eventbus::schemas
