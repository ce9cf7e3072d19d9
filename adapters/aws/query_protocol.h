#pragma once

#include "adapters/aws/aws_error.h"
#include "adapters/aws/request_context.h"
#include "net/message.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus::aws {

// AWS Query: parameters as a form (in the URL, in the body, or both), XML back. Used by STS, and by SQS beside JSON.

// One parameter, decoded: "MessageAttribute.1.Name" = "colour". Valid UTF-8 both.
struct FormField {
  std::string name;
  std::string value;
};

// Decodes application/x-www-form-urlencoded text, in order. Errors: MalformedQueryString for a bad percent-escape, for
// bytes that are not UTF-8, and for more than 10,000 parameters.
AwsResult<std::vector<FormField>> decode_form(std::string_view form);

// All parameters of a request: those of the URL's query, then those of a form body.
AwsResult<std::vector<FormField>> query_fields(const net::Request& request);

// The first value of that name; nullptr if there is none.
const std::string* find_field(const std::vector<FormField>& fields, std::string_view name);

// Could this be a Query request: does the URL or a form body carry an Action? Decodes only what it looks for, so that
// services can be asked one after another which of them a request is for.
std::optional<std::string> query_action(const net::Request& request);
bool has_form_body(const net::Request& request);

// Path and query of a request target as sent, still percent-encoded.
std::string_view path_of(const net::Request& request);
std::string_view query_of(const net::Request& request);
// "a%2Fb" → "a/b"; nullopt for a bad escape. '+' stays, unless it stands for a blank as it does in forms.
std::optional<std::string> percent_decode(std::string_view text, bool plus_is_blank);

// Text content and attribute values. Line ends and characters that XML readers would change are written as references.
void append_xml_escaped(std::string& out, std::string_view text);
std::string xml_escaped(std::string_view text);

// Writes elements in order: open("Account"), text, close.
class XmlWriter {
 public:
  XmlWriter& open(std::string_view element);
  XmlWriter& close();                                                // the innermost open element
  XmlWriter& element(std::string_view name, std::string_view text);  // <name>text</name>, escaped
  std::string take();                                                // every element closed

 private:
  std::string text_;
  std::vector<std::string> open_;
};

// <ActionResponse xmlns="…"><ActionResult>…</ActionResult><ResponseMetadata><RequestId>…. `result` is XML already; an
// action without output has no Result element: pass nullopt.
net::Response query_response(std::string_view action, std::string_view xml_namespace,
                             const std::optional<std::string>& result, const RequestContext& context);
// <ErrorResponse><Error><Type>Sender</Type><Code>…. The code is `error.query_code` where it differs from the type.
net::Response query_error(std::string_view xml_namespace, std::string_view request_id, const AwsError& error);

}  // namespace eventbus::aws
