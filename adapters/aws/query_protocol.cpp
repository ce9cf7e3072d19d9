#include "adapters/aws/query_protocol.h"

#include <simdjson.h>

#include <array>
#include <cassert>
#include <charconv>

namespace eventbus::aws {

namespace {

constexpr std::size_t kParametersMax = 10'000;

AwsError malformed_query(std::string message) { return AwsError("MalformedQueryString", std::move(message)); }

std::optional<unsigned> hex_digit(char character) {
  if (character >= '0' && character <= '9') return static_cast<unsigned>(character - '0');
  if (character >= 'a' && character <= 'f') return static_cast<unsigned>(character - 'a' + 10);
  if (character >= 'A' && character <= 'F') return static_cast<unsigned>(character - 'A' + 10);
  return std::nullopt;
}

bool equals_ignoring_case(std::string_view left, std::string_view right) {
  return left.size() == right.size() && std::equal(left.begin(), left.end(), right.begin(), [](char a, char b) {
           return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
         });
}

// The value of the first `Action=` among the pairs of a form.
std::optional<std::string> action_in(std::string_view form) {
  constexpr std::string_view kAction = "Action=";
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    if (pair.starts_with(kAction)) return percent_decode(pair.substr(kAction.size()), true);
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_blank) {
      decoded += ' ';
    } else if (text[i] == '%') {
      if (i + 2 >= text.size()) return std::nullopt;
      const std::optional<unsigned> high = hex_digit(text[i + 1]);
      const std::optional<unsigned> low = hex_digit(text[i + 2]);
      if (!high || !low) return std::nullopt;
      decoded += static_cast<char>(*high * 16 + *low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  return decoded;
}

AwsResult<std::vector<FormField>> decode_form(std::string_view form) {
  std::vector<FormField> fields;
  while (!form.empty()) {
    const std::string_view pair = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(form.size(), pair.size() + 1));
    if (pair.empty()) continue;
    if (fields.size() == kParametersMax)
      return malformed_query("The request has more than " + std::to_string(kParametersMax) + " parameters.");
    const std::size_t equals = std::min(pair.find('='), pair.size());
    std::optional<std::string> name = percent_decode(pair.substr(0, equals), true);
    std::optional<std::string> value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return malformed_query("The query string contains a syntax error: a bad percent-escape.");
    if (!simdjson::validate_utf8(name->data(), name->size()) || !simdjson::validate_utf8(value->data(), value->size()))
      return malformed_query("The query string contains bytes that are not UTF-8.");
    fields.push_back({std::move(*name), std::move(*value)});
  }
  return fields;
}

AwsResult<std::vector<FormField>> query_fields(const net::Request& request) {
  TRY(std::vector<FormField> fields, decode_form(query_of(request)));
  if (!has_form_body(request)) return fields;
  TRY(std::vector<FormField> of_body, decode_form(request.body));
  fields.insert(fields.end(), std::make_move_iterator(of_body.begin()), std::make_move_iterator(of_body.end()));
  return fields;
}

const std::string* find_field(const std::vector<FormField>& fields, std::string_view name) {
  for (const FormField& field : fields)
    if (field.name == name) return &field.value;
  return nullptr;
}

bool has_form_body(const net::Request& request) {
  const std::string_view type = request.header("content-type");
  return equals_ignoring_case(type.substr(0, type.find_first_of("; ")), "application/x-www-form-urlencoded");
}

std::optional<std::string> query_action(const net::Request& request) {
  if (std::optional<std::string> action = action_in(query_of(request))) return action;
  return has_form_body(request) ? action_in(request.body) : std::nullopt;
}

std::string_view path_of(const net::Request& request) {
  const std::string_view target = request.target;
  return target.substr(0, target.find('?'));
}

std::string_view query_of(const net::Request& request) {
  const std::string_view target = request.target;
  const std::size_t mark = target.find('?');
  return mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

void append_xml_escaped(std::string& out, std::string_view text) {
  for (const char character : text) {
    switch (character) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        if (static_cast<unsigned char>(character) < 0x20 && character != '\n' && character != '\t') {
          std::array<char, 2> digits;
          const auto end = std::to_chars(digits.begin(), digits.end(), static_cast<unsigned>(character), 16).ptr;
          out.append("&#x").append(digits.begin(), end).append(";");
        } else {
          out += character;
        }
    }
  }
}

std::string xml_escaped(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size());
  append_xml_escaped(escaped, text);
  return escaped;
}

XmlWriter& XmlWriter::open(std::string_view element) {
  text_.append("<").append(element).append(">");
  open_.emplace_back(element);
  return *this;
}

XmlWriter& XmlWriter::close() {
  assert(!open_.empty());
  text_.append("</").append(open_.back()).append(">");
  open_.pop_back();
  return *this;
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view text) {
  text_.append("<").append(name).append(">");
  append_xml_escaped(text_, text);
  text_.append("</").append(name).append(">");
  return *this;
}

std::string XmlWriter::take() {
  while (!open_.empty()) close();
  return std::move(text_);
}

net::Response query_response(std::string_view action, std::string_view xml_namespace,
                             const std::optional<std::string>& result, const RequestContext& context) {
  net::Response response;
  response.headers.push_back({"Content-Type", "text/xml"});
  response.headers.push_back({"x-amzn-RequestId", context.request_id});
  std::string& body = response.body;
  body.append("<").append(action).append("Response xmlns=\"").append(xml_namespace).append("\">");
  if (result)
    body.append("<").append(action).append("Result>").append(*result).append("</").append(action).append("Result>");
  body.append("<ResponseMetadata><RequestId>").append(context.request_id).append("</RequestId></ResponseMetadata></");
  body.append(action).append("Response>");
  return response;
}

net::Response query_error(std::string_view xml_namespace, std::string_view request_id, const AwsError& error) {
  net::Response response;
  response.status = error.http_status;
  response.headers.push_back({"Content-Type", "text/xml"});
  response.headers.push_back({"x-amzn-RequestId", std::string(request_id)});
  XmlWriter details;
  details.open("Error")
      .element("Type", error.sender_fault ? "Sender" : "Receiver")
      .element("Code", error.query_code.empty() ? error.type : error.query_code)
      .element("Message", error.message)
      .open("Detail")
      .close()
      .close()
      .element("RequestId", request_id);
  response.body = "<ErrorResponse";
  if (!xml_namespace.empty()) response.body.append(" xmlns=\"").append(xml_namespace).append("\"");
  response.body.append(">").append(details.take()).append("</ErrorResponse>");
  return response;
}

}  // namespace eventbus::aws
