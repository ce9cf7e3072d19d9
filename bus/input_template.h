#pragma once

#include "bus/event.h"
#include "bus/input_transformer.h"
#include "bus/json_path.h"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// A compiled InputTransformer (behaviour §10): the template cut into literal text and variables. Immutable.
//
// The first character decides how values are inserted. Into a template that is an object goes JSON: a bare <x> becomes
// the value's JSON text, an <x> inside a string becomes text that fits there. Into any other template goes plain text.
class InputTemplate {
 public:
  // Errors as of compile_input.
  static Result<std::shared_ptr<const InputTemplate>> compile(std::string_view target_id,
                                                              const InputFields::Transformer& fields);

  // The text for one event; whether it is JSON is for the caller to see.
  std::string render(const Event& event, const RuleNames& rule) const;

 private:
  enum class Source {
    kLiteral,
    kPath,           // the value at paths_[path]
    kRuleArn,        // <aws.events.rule-arn>
    kRuleName,       // <aws.events.rule-name>
    kIngestionTime,  // <aws.events.event.ingestion-time>
    kEnvelope,       // <aws.events.event>: the event without its detail
    kEvent,          // <aws.events.event.json>: all of it
  };
  struct Piece {
    Source source = Source::kLiteral;
    std::string text;  // of kLiteral
    std::size_t path = 0;
    bool in_string = false;
  };

  std::optional<std::string> value_of(const Piece& piece, const Event& event, const RuleNames& rule) const;

  friend class InputTemplateCompiler;
  bool is_object_ = false;
  std::vector<Piece> pieces_;
  std::vector<JsonPath> paths_;
};

}  // namespace eventbus
