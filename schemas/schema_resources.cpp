#include "schemas/schema_resources.h"

#include "schemas/json_pointer.h"
#include "schemas/schema_keywords.h"

#include <cstddef>
#include <optional>

namespace eventbus::schemas {

namespace json = boost::json;

namespace {

// "http://x/a.json" and "b.json" → "http://x/b.json": as much of RFC 3986 as `$id`s need.
std::string resolved(std::string_view base, std::string_view reference) {
  if (reference.empty()) return std::string(base);
  const std::size_t colon = reference.find(':');
  if (colon != std::string_view::npos && colon < reference.find('/')) return std::string(reference);
  const std::size_t authority = base.find("://");
  if (reference.starts_with('/') && authority != std::string_view::npos)
    return std::string(base.substr(0, base.find('/', authority + 3))) + std::string(reference);
  const std::size_t slash = base.rfind('/');
  const std::size_t keep = slash == std::string_view::npos ? 0 : slash + 1;
  return std::string(base.substr(0, keep)) + std::string(reference);
}

}  // namespace

Result<SchemaBase> SchemaResources::enter(const json::value& source, const std::string& location,
                                          const SchemaBase& base) {
  const json::value* id = source.get_object().if_contains("$id");
  if (!id) return base;
  if (!id->is_string()) return at(joined(location, "$id"), "must be a string");
  std::string uri = text_of(*id);
  if (uri.ends_with('#')) uri.pop_back();
  const std::size_t hash = uri.find('#');
  if (hash != std::string::npos) {
    // A plain name: another address of this place, not a new base.
    resources_.insert_or_assign(resolved(base.uri, uri.substr(0, hash)) + uri.substr(hash), Resource{&source, base});
    return base;
  }
  SchemaBase inner{&source, resolved(base.uri, uri), location};
  resources_.insert_or_assign(inner.uri, Resource{&source, inner});
  return inner;
}

Result<SchemaResources::Target> SchemaResources::find(const std::string& reference, const SchemaBase& base,
                                                      const std::string& location) const {
  const std::size_t hash = reference.find('#');
  const std::string uri = resolved(base.uri, reference.substr(0, hash));
  const std::string fragment = hash == std::string::npos ? "" : reference.substr(hash + 1);
  const std::optional<std::string> pointer = percent_decoded(fragment);
  if (!pointer) return at(location, "has a % without its two digits");

  // A plain name.
  if (!pointer->empty() && pointer->front() != '/') {
    const auto named = resources_.find(uri + "#" + *pointer);
    if (named == resources_.end()) return at(location, "leads to " + reference + ", which is not there");
    return Target{named->second.document, reference, named->second.base};
  }
  Resource start{base.document ? base.document : &root_, base};
  if (uri != base.uri) {
    const auto found = resources_.find(uri);
    if (found == resources_.end())
      return at(location, "leads to " + reference + ", which is not in this document; nothing is fetched");
    start = found->second;
  }
  const json::value* target = find_at(*start.document, *pointer);
  if (!target) return at(location, "leads to " + reference + ", which is not there");
  return Target{target, start.base.location + *pointer, start.base};
}

}  // namespace eventbus::schemas
