#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string_view>

namespace eventbus::rules {

// An IP address as a number. A v4-mapped v6 address (::ffff:a00:1) is the v4 address it maps, as on AWS.
struct Address {
  bool v6 = false;
  unsigned __int128 number = 0;

  friend bool operator==(const Address&, const Address&) = default;
};

// Addresses of one family, both ends included.
struct AddressRange {
  bool v6 = false;
  unsigned __int128 bottom = 0;
  unsigned __int128 top = 0;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

// Does the text have the shape of an address: four runs of digits with dots between, or hex digits and at least one
// colon? AWS tells apart texts of the wrong shape ("Nonstandard") and of the right shape but no address ("Invalid").
bool looks_like_address(std::string_view text);

// v4: four decimal parts, leading zeros allowed, at most 15 characters. v6: groups of hex digits of any case and length
// with a value below 10000, one "::" at most; no dotted tail, no zone, no brackets.
std::optional<Address> parse_address(std::string_view text);

}  // namespace eventbus::rules
