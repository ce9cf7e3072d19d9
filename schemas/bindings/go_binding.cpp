#include "schemas/bindings/source_text.h"
#include "schemas/code_binding.h"

#include <algorithm>

namespace eventbus::schemas {

namespace {

constexpr Naming kNaming{{}, true, false, false};

// Go's encoding/json takes no other names in a tag; what has one has no field.
bool fits_a_tag(std::string_view name) {
  constexpr std::string_view kOthers = "!#$%&()*+-./:;<=>?@[]^_{|}~ ";
  return !name.empty() && name != "-" && std::ranges::all_of(name, [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c < 0 ||
           kOthers.find(c) != std::string_view::npos;
  });
}

std::string type_name(const TypeUse& type) {
  switch (type.kind) {
    case TypeUse::kString:
      return "string";
    case TypeUse::kDateTime:
      return "time.Time";
    case TypeUse::kNumber:
      return "float64";
    case TypeUse::kInteger:
      return "int64";
    case TypeUse::kBoolean:
      return "bool";
    case TypeUse::kList:
      return "[]" + type_name(type.element.front());
    case TypeUse::kMap:
      return "map[string]" + type_name(type.element.front());
    case TypeUse::kObject:
      return "*" + type.object;  // types may hold themselves
    case TypeUse::kAny:
      break;
  }
  return "interface{}";
}

// What may be left out must be told from zero.
std::string field_type(const TypeProperty& property) {
  const std::string name = type_name(property.type);
  const bool has_nil =
      name.starts_with('*') || name.starts_with('[') || name.starts_with("map") || name == "interface{}";
  return property.required || has_nil ? name : "*" + name;
}

bool uses_time(const TypeUse& type) {
  return type.kind == TypeUse::kDateTime || std::ranges::any_of(type.element, uses_time);
}

std::string struct_text(const ObjectType& object) {
  const std::vector<std::string> names = identifiers(object.properties, kNaming);
  std::string text = "\ntype " + object.name + " struct {\n";
  for (std::size_t i = 0; i < names.size(); ++i) {
    const TypeProperty& property = object.properties[i];
    if (!fits_a_tag(property.name)) continue;
    text += "\t" + names[i] + " " + field_type(property) + " `json:\"" + property.name +
            (property.required ? "" : ",omitempty") + "\"`\n";
  }
  return text + "}\n";
}

}  // namespace

std::vector<SourceFile> go_binding(const TypeModel& model) {
  const std::string package = "package " + model.package.back() + "\n";
  std::string types = package;
  const bool has_times = std::ranges::any_of(model.objects, [](const ObjectType& object) {
    return std::ranges::any_of(object.properties, [](const TypeProperty& property) {
      return fits_a_tag(property.name) && uses_time(property.type);
    });
  });
  if (has_times) types += "\nimport \"time\"\n";
  for (const ObjectType& object : model.objects) types += struct_text(object);

  std::string marshaller = package + "\nimport (\n\t\"encoding/json\"\n\t\"io\"\n)\n";
  marshaller += "\n// UnmarshalEvent reads one event.\nfunc UnmarshalEvent(stream io.Reader) (*" + model.root +
                ", error) {\n\tevent := &" + model.root +
                "{}\n\tif err := json.NewDecoder(stream).Decode(event); err != nil {\n\t\treturn nil, err\n\t}\n"
                "\treturn event, nil\n}\n";
  marshaller += "\n// MarshalEvent writes one event.\nfunc MarshalEvent(stream io.Writer, event *" + model.root +
                ") error {\n\treturn json.NewEncoder(stream).Encode(event)\n}\n";
  // No file is named after a type: endings like _test and _linux mean something to Go.
  const std::string path = folder(model) + "/";
  return {{path + "types.go", std::move(types)}, {path + "marshaller.go", std::move(marshaller)}};
}

}  // namespace eventbus::schemas
