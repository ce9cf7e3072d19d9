#include "tests/unit/rules-engine/adversarial_patterns.h"

namespace eventbus::rules {
namespace {

// A word of the letters a and b that is another one for each number: they share all the beginnings there are.
std::string word(std::size_t number, std::size_t length = 12) {
  std::string text;
  for (; length > 0; --length, number >>= 1) text += (number & 1) != 0 ? 'b' : 'a';
  return text;
}

template <typename Make>
std::vector<std::string> each(std::size_t size, Make make) {
  std::vector<std::string> patterns;
  for (std::size_t i = 0; i < size; ++i) patterns.push_back(make(i));
  return patterns;
}

std::string field(const std::string& alternative) { return R"({"a":[)" + alternative + "]}"; }
std::string quoted(const std::string& text) { return "\"" + text + "\""; }

// "*a*b*b*a*…": every star can begin anywhere.
std::string starred(const std::string& letters) {
  std::string text = "*";
  for (const char letter : letters) text += std::string(1, letter) + "*";
  return text;
}

std::string list_of_words(std::size_t first, std::size_t words, std::string (*dress)(const std::string&)) {
  std::string list;
  for (std::size_t i = 0; i < words; ++i) list += (i > 0 ? "," : "") + quoted(dress(word(first + i)));
  return "[" + list + "]";
}

std::string plain(const std::string& text) { return text; }

}  // namespace

std::string repeated(const std::string& text, std::size_t times) {
  std::string out;
  for (; times > 0; --times) out += text;
  return out;
}

std::string wildcard_pattern(const std::string& text) { return field(R"({"wildcard":)" + quoted(text) + "}"); }

std::string or_product(std::size_t fields, std::size_t alternatives) {
  std::string pattern = "{";
  for (std::size_t i = 0; i < fields; ++i) {
    pattern += i > 0 ? R"(,"$or":[)" : R"("$or":[)";
    for (std::size_t k = 0; k < alternatives; ++k)
      pattern += (k > 0 ? "," : "") + (R"({"f)" + std::to_string(i) + R"(":[)" + std::to_string(k) + "]}");
    pattern += "]";
  }
  return pattern + "}";
}

const std::vector<AdversarialFamily> kAdversarialFamilies = {
    {"wildcards of stars",
     [](std::size_t size) { return each(size, [](std::size_t i) { return wildcard_pattern(starred(word(i))); }); }},
    {"wildcards that overlap themselves",
     [](std::size_t size) {
       return each(size, [](std::size_t i) { return wildcard_pattern("*" + repeated("ab", 20) + word(i) + "*a"); });
     }},
    {"wildcards with one beginning",
     [](std::size_t size) {
       return each(size, [](std::size_t i) { return wildcard_pattern("aaaa*" + word(i) + "*b"); });
     }},
    {"suffixes of one end",
     [](std::size_t size) {
       return each(size, [](std::size_t i) { return field(R"({"suffix":)" + quoted(word(i) + "aaaaaaaa") + "}"); });
     }},
    {"prefixes that begin one another",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         return field(R"({"prefix":)" + quoted(word(i, 1 + i % 24)) + R"(},{"prefix":)" + quoted(word(i, 24)) + "}");
       });
     }},
    {"anything-but of many",
     [](std::size_t size) {
       return each(size,
                   [](std::size_t i) { return field(R"({"anything-but":)" + list_of_words(i, 20, plain) + "}"); });
     }},
    {"anything-but wildcards",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         return field(R"({"anything-but":{"wildcard":)" + list_of_words(i, 10, starred) + "}}");
       });
     }},
    {"any case, beyond ASCII",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         return field(R"({"equals-ignore-case":"straßeǅς)" + word(i) + R"("},{"prefix":{"equals-ignore-case":"ß)" +
                      word(i) + R"("}})");
       });
     }},
    {"ranges around one another",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         const std::string bound = std::to_string(10'000'000 + i);
         return field(R"({"numeric":[">",-)" + bound + R"(,"<",)" + bound + "]}");
       });
     }},
    {"many fields of shared alternatives",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         std::string pattern = "{";
         for (std::size_t k = 0; k < 8; ++k)
           pattern += (k > 0 ? ",\"" : "\"") + word(i + k, 6) + "\":" + list_of_words(i * k, 4, plain);
         return pattern + "}";
       });
     }},
    {"deep fields",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         std::string pattern = field("1");
         for (std::size_t k = 0; k < 40; ++k) pattern = "{\"" + word(i * k, 5) + "\":" + pattern + "}";
         return pattern;
       });
     }},
    {"products of $or",
     [](std::size_t size) {
       return each(size, [](std::size_t i) {
         std::string pattern = or_product(4, 3);
         pattern.back() = ',';
         return pattern + "\"n\":[" + std::to_string(100'000 + i) + "]}";
       });
     }},
};

}  // namespace eventbus::rules
