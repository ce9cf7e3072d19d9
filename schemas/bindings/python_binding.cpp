#include "schemas/bindings/source_text.h"
#include "schemas/code_binding.h"

#include <array>
#include <utility>

namespace eventbus::schemas {

namespace {

constexpr std::array<std::string_view, 38> kReserved = {
    "and",  "as",     "assert",   "async",   "await", "break", "class",  "continue", "def",    "del",
    "elif", "else",   "except",   "finally", "for",   "from",  "global", "if",       "import", "in",
    "is",   "lambda", "nonlocal", "not",     "or",    "pass",  "raise",  "return",   "try",    "while",
    "with", "yield",  "self",     "none",    "true",  "false", "print",  "exec"};
constexpr Naming kNaming{kReserved, false, true, false};

constexpr std::string_view kMarshaller = R"(import datetime
import importlib
import re

_TIME = re.compile(r'^(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:\.(\d+))?([Zz]|[+-]\d\d:\d\d)$')


def _class(name):
    return getattr(importlib.import_module('.' + name, __package__), name)


def _time(text):
    match = _TIME.match(text) if isinstance(text, str) else None
    if not match:
        return text
    year, month, day, hour, minute, second = (int(part) for part in match.groups()[:6])
    microsecond = int((match.group(7) or '0').ljust(6, '0')[:6])
    zone = datetime.timezone.utc
    if match.group(8) not in ('Z', 'z'):
        offset = datetime.timedelta(hours=int(match.group(8)[1:3]), minutes=int(match.group(8)[4:6]))
        zone = datetime.timezone(-offset if match.group(8)[0] == '-' else offset)
    return datetime.datetime(year, month, day, hour, minute, min(second, 59), microsecond, zone)


def _read(kind, value):
    if value is None:
        return None
    if kind == 'time':
        return _time(value)
    if isinstance(kind, tuple):
        if kind[0] == 'list' and isinstance(value, list):
            return [_read(kind[1], element) for element in value]
        if kind[0] == 'map' and isinstance(value, dict):
            return {key: _read(kind[1], element) for key, element in value.items()}
        if kind[0] == 'object' and isinstance(value, dict):
            return Marshaller.unmarshall(value, _class(kind[1]))
    return value


class Marshaller:
    """Turns events, as json.loads gives them, into objects of these classes, and back."""

    @staticmethod
    def unmarshall(data, cls):
        result = cls()
        for attribute, (name, kind) in cls._attributes.items():
            setattr(result, attribute, _read(kind, data.get(name)))
        return result

    @staticmethod
    def marshall(value):
        if isinstance(value, datetime.datetime):
            return value.isoformat().replace('+00:00', 'Z')
        if isinstance(value, (list, tuple)):
            return [Marshaller.marshall(element) for element in value]
        if isinstance(value, dict):
            return {key: Marshaller.marshall(element) for key, element in value.items()}
        if not hasattr(type(value), '_attributes'):
            return value
        members = {name: getattr(value, attribute) for attribute, (name, _) in type(value)._attributes.items()}
        return {name: Marshaller.marshall(member) for name, member in members.items() if member is not None}
)";

// What the marshaller is told of a type.
std::string kind_of(const TypeUse& type) {
  switch (type.kind) {
    case TypeUse::kDateTime:
      return "'time'";
    case TypeUse::kList:
      return "('list', " + kind_of(type.element.front()) + ")";
    case TypeUse::kMap:
      return "('map', " + kind_of(type.element.front()) + ")";
    case TypeUse::kObject:
      return "('object', '" + type.object + "')";
    case TypeUse::kString:
      return "'str'";
    case TypeUse::kNumber:
      return "'float'";
    case TypeUse::kInteger:
      return "'int'";
    case TypeUse::kBoolean:
      return "'bool'";
    case TypeUse::kAny:
      break;
  }
  return "'any'";
}

std::string class_text(const ObjectType& object) {
  const std::vector<std::string> names = identifiers(object.properties, kNaming);
  std::string attributes, parameters, body;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const TypeProperty& property = object.properties[i];
    attributes += "        '" + names[i] + "': (" + quoted(property.name, '\'', Beyond::kLongEscape) + ", " +
                  kind_of(property.type) + "),\n";
    parameters += ", " + names[i] + "=None";
    body += "        self." + names[i] + " = " + names[i] + "\n";
  }
  std::string text = "class " + object.name + ":\n\n    # attribute: (name in JSON, type)\n    _attributes = {\n";
  text += attributes + "    }\n\n    def __init__(self" + parameters + "):\n";
  text += body.empty() ? "        pass\n" : body;
  text +=
      "\n    def __eq__(self, other):\n        return type(self) is type(other) and self.__dict__ == other.__dict__\n";
  text += "\n    def __repr__(self):\n        return '" + object.name + "(' + repr(self.__dict__) + ')'\n";
  return text;
}

}  // namespace

std::vector<SourceFile> python_binding(const TypeModel& model) {
  std::vector<SourceFile> files;
  std::string path;
  for (const std::string& part : model.package) {
    path += part + "/";
    files.push_back({path + "__init__.py", ""});
  }
  const std::size_t exporting = files.size() - 1;
  std::string exports = "from .Marshaller import Marshaller\n";
  for (const ObjectType& object : model.objects) {
    exports += "from ." + object.name + " import " + object.name + "\n";
    files.push_back({path + object.name + ".py", class_text(object)});
  }
  files.push_back({path + "Marshaller.py", std::string(kMarshaller)});
  files[exporting].text = std::move(exports);
  return files;
}

}  // namespace eventbus::schemas
