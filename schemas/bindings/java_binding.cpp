#include "schemas/bindings/source_text.h"
#include "schemas/code_binding.h"

#include <algorithm>
#include <array>

namespace eventbus::schemas {

namespace {

constexpr std::array<std::string_view, 57> kReserved = {
    "abstract", "assert", "boolean", "break", "byte", "case", "catch", "char", "class", "const", "continue", "default",
    "do", "double", "else", "enum", "extends", "final", "finally", "float", "for", "goto", "if", "implements", "import",
    "instanceof", "int", "interface", "long", "native", "new", "package", "private", "protected", "public", "return",
    "short", "static", "strictfp", "super", "switch", "synchronized", "this", "throw", "throws", "transient", "try",
    "void", "volatile", "while", "true", "false", "null",
    // Ours: a field of this name would hide the package that all types are named by, or a parameter.
    "java", "schema", "data", "members"};
constexpr Naming kNaming{kReserved, false, false, true};

// All types are named in full: a schema may well have an object called Object.
std::string type_name(const TypeUse& type, const std::string& package) {
  switch (type.kind) {
    case TypeUse::kString:
      return "java.lang.String";
    case TypeUse::kDateTime:
      return "java.time.OffsetDateTime";
    case TypeUse::kNumber:
      return "java.lang.Double";
    case TypeUse::kInteger:
      return "java.lang.Long";
    case TypeUse::kBoolean:
      return "java.lang.Boolean";
    case TypeUse::kList:
      return "java.util.List<" + type_name(type.element.front(), package) + ">";
    case TypeUse::kMap:
      return "java.util.Map<java.lang.String, " + type_name(type.element.front(), package) + ">";
    case TypeUse::kObject:
      return package + "." + type.object;
    case TypeUse::kAny:
      break;
  }
  return "java.lang.Object";
}

// A function from a parsed value to the type.
std::string reader(const TypeUse& type, const std::string& package) {
  const std::string marshaller = package + ".Marshaller";
  switch (type.kind) {
    case TypeUse::kString:
      return marshaller + "::string";
    case TypeUse::kDateTime:
      return marshaller + "::time";
    case TypeUse::kNumber:
      return marshaller + "::number";
    case TypeUse::kInteger:
      return marshaller + "::integer";
    case TypeUse::kBoolean:
      return marshaller + "::flag";
    case TypeUse::kList:
      return marshaller + ".list(" + reader(type.element.front(), package) + ")";
    case TypeUse::kMap:
      return marshaller + ".map(" + reader(type.element.front(), package) + ")";
    case TypeUse::kObject:
      return package + "." + type.object + "::unmarshall";
    case TypeUse::kAny:
      break;
  }
  return marshaller + "::any";
}

std::string capitalised(std::string name) {
  if (name[0] >= 'a' && name[0] <= 'z') name[0] = static_cast<char>(name[0] - 'a' + 'A');
  return name;
}

std::string class_text(const ObjectType& object, const std::string& package) {
  const std::vector<std::string> names = identifiers(object.properties, kNaming);
  std::string fields, methods, reads, writes;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const TypeProperty& property = object.properties[i];
    const std::string type = type_name(property.type, package);
    const std::string json_name = quoted(property.name, '"', Beyond::kSurrogates);
    // getClass is everybody's already.
    const std::string suffix = capitalised(names[i]) == "Class" ? "Class_" : capitalised(names[i]);
    fields += "    private " + type + " " + names[i] + ";\n";
    methods += "\n    public " + type + " get" + suffix + "() {\n        return this." + names[i] + ";\n    }\n";
    methods += "\n    public void set" + suffix + "(" + type + " " + names[i] + ") {\n        this." + names[i] +
               " = " + names[i] + ";\n    }\n";
    reads += "        " + package + ".Marshaller.read(members, " + json_name + ", " + reader(property.type, package) +
             ", (" + type + " value) -> result." + names[i] + " = value);\n";
    writes += "        " + package + ".Marshaller.write(members, " + json_name + ", this." + names[i] + ");\n";
  }
  std::string text = "package " + package + ";\n\npublic class " + object.name + " implements " + package +
                     ".Marshaller.Marshallable {\n" + fields + methods;
  text +=
      "\n    /** From an event as a parser gives it: a java.util.Map, or something else, of which nothing is read. "
      "*/\n";
  text += "    public static " + package + "." + object.name + " unmarshall(java.lang.Object data) {\n";
  text += "        " + package + "." + object.name + " result = new " + package + "." + object.name + "();\n";
  text += "        java.util.Map<?, ?> members = " + package + ".Marshaller.members(data);\n" + reads;
  text += "        return result;\n    }\n";
  text += "\n    public java.util.Map<java.lang.String, java.lang.Object> marshall() {\n";
  text +=
      "        java.util.Map<java.lang.String, java.lang.Object> members = new java.util.LinkedHashMap<>();\n" + writes;
  text += "        return members;\n    }\n}\n";
  return text;
}

constexpr std::string_view kMarshaller = R"(
/** Turns events, as parsers give them (maps, lists, texts, numbers), into objects of these classes, and back. */
public final class Marshaller {

    /** What can be written back. */
    public interface Marshallable {
        java.util.Map<java.lang.String, java.lang.Object> marshall();
    }

    private Marshaller() {
    }

    static java.util.Map<?, ?> members(java.lang.Object data) {
        return data instanceof java.util.Map ? (java.util.Map<?, ?>) data : new java.util.HashMap<java.lang.Object, java.lang.Object>();
    }

    static <T> void read(java.util.Map<?, ?> members, java.lang.String name,
                         java.util.function.Function<java.lang.Object, T> reader, java.util.function.Consumer<T> set) {
        java.lang.Object value = members.get(name);
        if (value != null) {
            set.accept(reader.apply(value));
        }
    }

    static void write(java.util.Map<java.lang.String, java.lang.Object> members, java.lang.String name, java.lang.Object value) {
        if (value != null) {
            members.put(name, plain(value));
        }
    }

    private static java.lang.Object plain(java.lang.Object value) {
        if (value instanceof Marshallable) {
            return ((Marshallable) value).marshall();
        }
        if (value instanceof java.time.OffsetDateTime) {
            return value.toString();
        }
        if (value instanceof java.util.List) {
            java.util.List<java.lang.Object> all = new java.util.ArrayList<>();
            for (java.lang.Object element : (java.util.List<?>) value) {
                all.add(plain(element));
            }
            return all;
        }
        if (value instanceof java.util.Map) {
            java.util.Map<java.lang.Object, java.lang.Object> all = new java.util.LinkedHashMap<>();
            for (java.util.Map.Entry<?, ?> entry : ((java.util.Map<?, ?>) value).entrySet()) {
                all.put(entry.getKey(), plain(entry.getValue()));
            }
            return all;
        }
        return value;
    }

    static java.lang.Object any(java.lang.Object value) {
        return value;
    }

    static java.lang.String string(java.lang.Object value) {
        return value == null ? null : value.toString();
    }

    static java.lang.Double number(java.lang.Object value) {
        return value instanceof java.lang.Number ? ((java.lang.Number) value).doubleValue() : null;
    }

    static java.lang.Long integer(java.lang.Object value) {
        return value instanceof java.lang.Number ? ((java.lang.Number) value).longValue() : null;
    }

    static java.lang.Boolean flag(java.lang.Object value) {
        return value instanceof java.lang.Boolean ? (java.lang.Boolean) value : null;
    }

    static java.time.OffsetDateTime time(java.lang.Object value) {
        try {
            return value == null ? null : java.time.OffsetDateTime.parse(value.toString());
        } catch (java.time.format.DateTimeParseException wrong) {
            return null;
        }
    }

    static <T> java.util.function.Function<java.lang.Object, java.util.List<T>> list(java.util.function.Function<java.lang.Object, T> reader) {
        return value -> {
            if (!(value instanceof java.util.List)) {
                return null;
            }
            java.util.List<T> all = new java.util.ArrayList<>();
            for (java.lang.Object element : (java.util.List<?>) value) {
                all.add(element == null ? null : reader.apply(element));
            }
            return all;
        };
    }

    static <T> java.util.function.Function<java.lang.Object, java.util.Map<java.lang.String, T>> map(java.util.function.Function<java.lang.Object, T> reader) {
        return value -> {
            if (!(value instanceof java.util.Map)) {
                return null;
            }
            java.util.Map<java.lang.String, T> all = new java.util.LinkedHashMap<>();
            for (java.util.Map.Entry<?, ?> entry : ((java.util.Map<?, ?>) value).entrySet()) {
                all.put(java.lang.String.valueOf(entry.getKey()), entry.getValue() == null ? null : reader.apply(entry.getValue()));
            }
            return all;
        };
    }
}
)";

}  // namespace

std::vector<SourceFile> java_binding(const TypeModel& model) {
  std::string package;
  for (const std::string& part : model.package) {
    const bool reserved = std::ranges::find(kReserved, std::string_view(part)) != kReserved.end() && part != "schema";
    package += (package.empty() ? "" : ".") + part + (reserved ? "_" : "");
  }
  std::string path = package;
  for (char& c : path) c = c == '.' ? '/' : c;
  std::vector<SourceFile> files;
  for (const ObjectType& object : model.objects)
    files.push_back({path + "/" + object.name + ".java", class_text(object, package)});
  files.push_back({path + "/Marshaller.java", "package " + package + ";\n" + std::string(kMarshaller)});
  return files;
}

}  // namespace eventbus::schemas
