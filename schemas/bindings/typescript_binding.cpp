#include "schemas/bindings/source_text.h"
#include "schemas/code_binding.h"

#include <set>

namespace eventbus::schemas {

namespace {

constexpr std::string_view kMarshaller = R"(import { Type } from './Type';

function read(type: Type, value: any): any {
    if (value === null || value === undefined || type === 'any') {
        return value;
    }
    if (type === 'date') {
        const time = typeof value === 'string' ? new Date(value) : value;
        return time instanceof Date && isNaN(time.getTime()) ? value : time;
    }
    if (type.list !== undefined && Array.isArray(value)) {
        return value.map((element: any) => read(type.list!, element));
    }
    if (type.map !== undefined && typeof value === 'object') {
        const result: { [key: string]: any } = {};
        for (const key of Object.keys(value)) {
            result[key] = read(type.map, value[key]);
        }
        return result;
    }
    if (type.object !== undefined && typeof value === 'object' && !Array.isArray(value)) {
        return Marshaller.unmarshall(value, type.object());
    }
    return value;
}

/** Turns events, as JSON.parse gives them, into objects of these classes, and back. */
export class Marshaller {
    static unmarshall<T>(data: any, target: { new (): T, types(): { [name: string]: Type } }): T {
        const result: any = new target();
        const types = target.types();
        for (const name of Object.keys(types)) {
            if (data[name] !== undefined) {
                result[name] = read(types[name], data[name]);
            }
        }
        return result;
    }

    static marshall(value: any): any {
        return JSON.parse(JSON.stringify(value));
    }
}
)";

constexpr std::string_view kType =
    R"(/** What the marshaller has to do with a value; the class of an object is named late, since classes refer to one another. */
export type Type = 'any' | 'date' | { list?: Type, map?: Type, object?: () => any };
)";

std::string type_name(const TypeUse& type) {
  switch (type.kind) {
    case TypeUse::kString:
      return "string";
    case TypeUse::kDateTime:
      return "Date";
    case TypeUse::kNumber:
    case TypeUse::kInteger:
      return "number";
    case TypeUse::kBoolean:
      return "boolean";
    case TypeUse::kList:
      return "Array<" + type_name(type.element.front()) + ">";
    case TypeUse::kMap:
      return "{ [key: string]: " + type_name(type.element.front()) + " }";
    case TypeUse::kObject:
      return type.object;
    case TypeUse::kAny:
      break;
  }
  return "any";
}

std::string kind_of(const TypeUse& type) {
  switch (type.kind) {
    case TypeUse::kDateTime:
      return "'date'";
    case TypeUse::kList:
      return "{ list: " + kind_of(type.element.front()) + " }";
    case TypeUse::kMap:
      return "{ map: " + kind_of(type.element.front()) + " }";
    case TypeUse::kObject:
      return "{ object: () => " + type.object + " }";
    default:
      return "'any'";
  }
}

void collect_objects(const TypeUse& type, std::set<std::string>& names) {
  if (type.kind == TypeUse::kObject) names.insert(type.object);
  for (const TypeUse& element : type.element) collect_objects(element, names);
}

std::string class_text(const ObjectType& object) {
  std::set<std::string> others;
  std::string properties, types;
  for (const TypeProperty& property : object.properties) {
    collect_objects(property.type, others);
    const std::string name = quoted(property.name, '\'', Beyond::kSurrogates);
    properties += "    " + name + (property.required ? "!: " : "?: ") + type_name(property.type) + ";\n";
    types += "            " + name + ": " + kind_of(property.type) + ",\n";
  }
  others.erase(object.name);
  std::string text = "import { Type } from './marshaller/Type';\n";
  for (const std::string& other : others) text += "import { " + other + " } from './" + other + "';\n";
  text += "\nexport class " + object.name + " {\n" + properties;
  text += "\n    static types(): { [name: string]: Type } {\n        return {\n" + types + "        };\n    }\n}\n";
  return text;
}

}  // namespace

std::vector<SourceFile> typescript_binding(const TypeModel& model) {
  const std::string path = folder(model) + "/";
  std::vector<SourceFile> files;
  for (const ObjectType& object : model.objects) files.push_back({path + object.name + ".ts", class_text(object)});
  files.push_back({path + "marshaller/Marshaller.ts", std::string(kMarshaller)});
  files.push_back({path + "marshaller/Type.ts", std::string(kType)});
  return files;
}

}  // namespace eventbus::schemas
