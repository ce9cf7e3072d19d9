#pragma once

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace eventbus {

// Reads the members of a command's request. The first that is wrong is remembered; all are to be read before fault() is
// asked.
class CommandMembers {
 public:
  explicit CommandMembers(const boost::json::object& object) : object_(object) {}

  std::string text(std::string_view name, std::string otherwise = "") {
    const boost::json::value* const value = take(name);
    if (value == nullptr) return otherwise;
    if (!value->is_string()) return wrong(name), "";
    return std::string(value->get_string());
  }
  std::int64_t number(std::string_view name, std::int64_t otherwise, std::int64_t min, std::int64_t max) {
    const boost::json::value* const value = take(name);
    if (value == nullptr) return otherwise;
    if (!value->is_int64() || value->get_int64() < min || value->get_int64() > max) return wrong(name), otherwise;
    return value->get_int64();
  }
  bool boolean(std::string_view name) {
    const boost::json::value* const value = take(name);
    if (value == nullptr) return false;
    if (!value->is_bool()) return wrong(name), false;
    return value->get_bool();
  }
  // For what the caller reads in a way of its own; nullptr: it is not there.
  const boost::json::value* take(std::string_view name) {
    const boost::json::value* const value = object_.if_contains(name);
    if (value != nullptr) ++taken_;
    return value;
  }
  void wrong(std::string_view name) {
    if (wrong_.empty()) wrong_ = name;
  }

  // What is wrong with the request; empty: nothing.
  std::string fault() const {
    if (!wrong_.empty()) return "\"" + wrong_ + "\" has the wrong type or is out of bounds";
    return taken_ == object_.size() ? "" : "there are members that mean nothing here";
  }

 private:
  const boost::json::object& object_;
  std::size_t taken_ = 0;
  std::string wrong_;
};

}  // namespace eventbus
