#include "tests/unit/rules-engine/random_case.h"

namespace eventbus::rules {
namespace {

constexpr const char* kKeys[] = {"a", "b", "a", "b", "a", "b", "a", "b", "c", "a.b", "b.a", "a.a", "", "é"};
constexpr const char* kPieces[] = {"a", "b", "a", "b", "A", "B", "é", "É", "ß", "S", "s", "*", ".", "😀", "1"};
constexpr const char* kNumbers[] = {"0",
                                    "-0.0",
                                    "1",
                                    "1.0",
                                    "10e-1",
                                    "2",
                                    "2.5",
                                    "-1",
                                    "1e2",
                                    "100",
                                    "1e400",
                                    "9007199254740993",
                                    "12345678901234567890",
                                    "5e-324"};
constexpr const char* kAddresses[] = {"10.0.0.1", "10.0.0.2", "010.0.0.1",   "10.0.1.1", "::ffff:a00:1",
                                      "::1",      "0:0::1",   "2001:db8::1", "10.0.0",   ":"};
constexpr const char* kBlocks[] = {"10.0.0.0/24", "10.0.0.2/31", "0.0.0.0/0", "::/0", "2001:db8::/32", "::1/127"};

constexpr const char* kColumns[] = {"a", "b", "c", "a", "b", "a.b", "é", "number", "a name of many bytes", "b.a"};

}  // namespace

std::string RandomCase::key() { return quoted(pick(kKeys)); }

std::string RandomCase::raw_text() {
  if (chance(8)) return pick(kAddresses);
  std::string out;
  for (std::uint32_t left = below(5); left > 0; --left) out += chance(70) ? (chance(50) ? "a" : "b") : pick(kPieces);
  return out;
}

std::string RandomCase::quoted(const std::string& raw) {
  std::string out = "\"";
  for (char c : raw) {
    if (c == '\\' || c == '"') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x80 && chance(3)) {
      constexpr const char* kHex = "0123456789abcdef";
      out += "\\u00";
      out += kHex[c >> 4];
      out += kHex[c & 15];
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string RandomCase::text() { return quoted(raw_text()); }

std::string RandomCase::non_empty_text() {
  std::string raw = raw_text();
  return quoted(raw.empty() ? "a" : raw);
}

std::string RandomCase::number() { return pick(kNumbers); }

std::string RandomCase::address() { return quoted(pick(kAddresses)); }

std::string RandomCase::wildcard() {
  std::string out;
  bool star = false;
  for (std::uint32_t left = below(6); left > 0; --left) {
    if (!star && chance(45)) {
      out += '*';
      star = true;
      continue;
    }
    star = false;
    out += chance(10) ? (chance(50) ? "\\*" : "\\\\") : (chance(50) ? "a" : "b");
  }
  return quoted(out);
}

std::string RandomCase::texts_or_text(bool allow_empty, std::string (RandomCase::*make)()) {
  if (allow_empty && chance(40)) return (this->*make)();
  std::string out = "[";
  for (std::uint32_t i = 0, count = 1 + below(3); i < count; ++i) out += (i > 0 ? "," : "") + (this->*make)();
  return out + "]";
}

std::string RandomCase::numeric() {
  constexpr const char* kFinite[] = {"-1", "0", "1", "1.0", "2", "2.5", "99", "1e2"};
  constexpr const char* kBounded[] = {"[\">\",-1,\"<\",1]",   "[\">=\",0,\"<=\",2]", "[\">\",1,\"<=\",100]",
                                      "[\">=\",1.0,\"<\",2]", "[\">\",2,\"<\",2.5]", "[\">=\",-1,\"<\",1e2]"};
  constexpr const char* kOperators[] = {"=", "<", "<=", ">", ">="};
  if (chance(40)) return pick(kBounded);
  return std::string("[\"") + pick(kOperators) + "\"," + pick(kFinite) + "]";
}

std::string RandomCase::alternative() {
  switch (below(22)) {
    case 0:
    case 1:
    case 2:
      return text();
    case 3:
      return number();
    case 4:
      return pick({"true", "false", "null"});
    case 5:
      return "{\"prefix\":" + text() + "}";
    case 6:
      return "{\"suffix\":" + text() + "}";
    case 7:
      return "{\"equals-ignore-case\":" + text() + "}";
    case 8:
      return "{\"prefix\":{\"equals-ignore-case\":" + text() + "}}";
    case 9:
      return "{\"suffix\":{\"equals-ignore-case\":" + text() + "}}";
    case 10:
    case 11:
      return "{\"wildcard\":" + wildcard() + "}";
    case 12:
      return "{\"numeric\":" + numeric() + "}";
    case 13:
      return std::string("{\"cidr\":\"") + pick(kBlocks) + "\"}";
    case 14:
      return address();
    case 15:
      return "{\"exists\":true}";
    case 16:
      return "{\"exists\":false}";
    case 17:
      return "{\"anything-but\":" + texts_or_text(true, &RandomCase::text) + "}";
    case 18:
      return std::string("{\"anything-but\":") + pick({"1", "[0,1]", "[2.5,-1,1e2]"}) + "}";
    case 19:
      return std::string("{\"anything-but\":{\"") + pick({"prefix", "suffix"}) +
             "\":" + texts_or_text(true, &RandomCase::non_empty_text) + "}}";
    case 20:
      return "{\"anything-but\":{\"equals-ignore-case\":" + texts_or_text(true, &RandomCase::text) + "}}";
    default:
      return "{\"anything-but\":{\"wildcard\":" + texts_or_text(true, &RandomCase::wildcard) + "}}";
  }
}

std::string RandomCase::alternatives() {
  std::string out = "[";
  for (std::uint32_t i = 0, count = 1 + (chance(35) ? below(3) : 0); i < count; ++i) {
    out += (i > 0 ? "," : "") + alternative();
  }
  return out + "]";
}

std::string RandomCase::pattern_object(int depth, bool inside_or) {
  std::string out = "{";
  const std::uint32_t members = 1 + below(2);
  for (std::uint32_t i = 0; i < members; ++i) {
    if (i > 0) out += ',';
    if (depth < 3 && chance(inside_or ? 5 : 12)) {
      out += "\"$or\":[" + pattern_object(depth + 1, true);
      for (std::uint32_t more = 1 + below(2); more > 0; --more) out += "," + pattern_object(depth + 1, true);
      out += ']';
    } else {
      out += key() + ":" + (depth < 2 && chance(30) ? pattern_object(depth + 1, inside_or) : alternatives());
    }
  }
  return out + "}";
}

std::string RandomCase::pattern() { return pattern_object(0, false); }

std::string RandomCase::event_value(int depth) {
  if (depth < 4 && chance(30)) return event_object(depth + 1);
  if (depth < 5 && chance(35)) {
    std::string out = "[";
    for (std::uint32_t i = 0, count = below(4); i < count; ++i) out += (i > 0 ? "," : "") + event_value(depth + 1);
    return out + "]";
  }
  switch (below(8)) {
    case 0:
    case 1:
      return number();
    case 2:
      return pick({"true", "false", "null"});
    case 3:
      return address();
    default:
      return text();
  }
}

std::string RandomCase::event_object(int depth) {
  std::string out = "{";
  for (std::uint32_t i = 0, count = 1 + below(5); i < count; ++i) {
    out += (i > 0 ? (chance(10) ? " ,\n" : ",") : "") + key() + (chance(10) ? " : " : ":") + event_value(depth);
  }
  return out + "}";
}

std::string RandomCase::array_pattern_object(int depth) {
  constexpr const char* kLeaves[] = {"[1]",
                                     "[1]",
                                     "[2]",
                                     "[1,2]",
                                     "[{\"exists\":true}]",
                                     "[{\"exists\":false}]",
                                     "[2,{\"exists\":false}]",
                                     "[{\"anything-but\":1}]"};
  constexpr const char* kNames[] = {"a", "b", "c"};
  std::string out = "{";
  for (std::uint32_t i = 0, count = 1 + below(3); i < count; ++i) {
    out += std::string(i > 0 ? "," : "") + "\"" + pick(kNames) + "\":";
    out += depth < 3 && chance(depth == 0 ? 85 : 40) ? array_pattern_object(depth + 1) : pick(kLeaves);
  }
  return out + "}";
}

std::string RandomCase::array_pattern() { return array_pattern_object(0); }

std::string RandomCase::array_event_value(int depth) {
  constexpr const char* kNames[] = {"a", "b", "c", "a", "b", "c", "a.b", "b.c", "a.a.b"};
  if (depth == 0 || (depth < 4 && chance(40))) {
    std::string out = "{";
    for (std::uint32_t i = 0, count = 1 + below(4); i < count; ++i) {
      out += std::string(i > 0 ? "," : "") + "\"" + pick(kNames) + "\":" + array_event_value(depth + 1);
    }
    return out + "}";
  }
  if (depth < 5 && chance(60)) {
    std::string out = "[";
    for (std::uint32_t i = 0, count = below(4); i < count; ++i)
      out += (i > 0 ? "," : "") + array_event_value(depth + 1);
    return out + "]";
  }
  return pick({"1", "1", "2", "3"});
}

std::string RandomCase::array_event() { return array_event_value(0); }

std::string RandomCase::table_pattern_object(int depth) {
  std::string out = "{";
  for (std::uint32_t i = 0, count = 1 + below(2); i < count; ++i) {
    out += std::string(i > 0 ? "," : "") + "\"" + pick(kColumns) + "\":";
    if (depth < 2 && chance(25)) {
      out += table_pattern_object(depth + 1);
    } else if (chance(60)) {
      constexpr const char* kCommon[] = {"[1]",
                                         "[{\"numeric\":[\">\",1]}]",
                                         "[{\"numeric\":[\">\",-1,\"<=\",2]}]",
                                         "[\"ab\"]",
                                         "[true]",
                                         "[{\"exists\":true}]",
                                         "[{\"exists\":false}]",
                                         "[{\"anything-but\":1}]",
                                         "[{\"anything-but\":\"ab\"}]",
                                         "[1000,\"b\",{\"exists\":false}]"};
      out += pick(kCommon);
    } else {
      out += alternatives();
    }
  }
  return out + "}";
}

std::string RandomCase::table_pattern() {
  std::string out = R"({"t":)" + table_pattern_object(0);
  if (chance(20)) out += R"(,"u":)" + (chance(50) ? table_pattern_object(1) : alternatives());
  return out + "}";
}

std::string RandomCase::cell(int depth) {
  if (depth < 3 && chance(4)) return table(depth + 1);
  switch (below(8)) {
    case 0:
    case 1:
    case 2:
      return std::to_string(chance(50) ? below(4) : below(12'000'000));
    case 3:
      return number();
    case 4:
      return pick({"true", "false", "null", "{}", "[]", "[1,2]", "[\"ab\",{\"a\":1}]", "{\"a\":1}"});
    case 5:
      return pick({"\"ab\"", "\"abc\"", "\"a,b\"", "\"a}],b\""});
    default:
      return text();
  }
}

// An object of the given keys, in the way of writing of most of them or in one of its own.
std::string RandomCase::row(const std::vector<std::string>& keys, int depth) {
  const bool differs = chance(10);
  const std::uint32_t where = below(static_cast<std::uint32_t>(keys.size()));
  const std::uint32_t how = below(6);
  std::string out;
  for (std::uint32_t i = 0; i < keys.size(); ++i) {
    std::string name = keys[i];
    if (differs && i == where) {
      if (how == 0) continue;
      if (how == 1) name = keys[0];
      if (how == 2) name = "\"\\u0061\"";
      if (how == 3) name += ' ';
      if (how == 4) name += ":1," + name;
    }
    out += (out.empty() ? "" : ",") + name + (differs && i == where && how == 5 ? ": " : ":");
    // Half of the columns are of one kind.
    if (i % 2 == 0 && chance(90)) {
      out += std::to_string(below(3));
    } else if (i == 3 && depth < 3) {
      out += "{\"a\":" + cell(depth + 1) + ",\"b\":" + cell(depth + 1) + "}";
    } else {
      out += cell(depth);
    }
  }
  return "{" + out + (chance(3) ? " }" : "}");
}

std::string RandomCase::table(int depth) {
  std::vector<std::string> keys;
  for (std::uint32_t left = 1 + below(5); left > 0; --left) keys.push_back(std::string("\"") + pick(kColumns) + "\"");
  const char* const separator = chance(20) ? " , " : ",";
  std::string out = chance(10) ? "[ " : "[";
  const std::uint32_t rows = chance(10) ? 40 : below(12);
  for (std::uint32_t i = 0; i < rows; ++i) {
    if (i > 0) out += separator;
    out += chance(97) ? row(keys, depth) : cell(depth + 1);
  }
  return out + "]";
}

std::string RandomCase::table_event() {
  std::string out = R"({"t":)" + table(0);
  if (chance(50)) out += R"(,"u":)" + (chance(50) ? table(1) : cell(0));
  if (chance(10)) out += R"(,"t":)" + cell(0);
  return out + "}";
}

std::string RandomCase::event() { return event_object(0); }

}  // namespace eventbus::rules
