#pragma once

#include "base/clock.h"
#include "base/result.h"
#include "bus/event.h"
#include "bus/json_path.h"

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace eventbus {

// What a target is given: behaviour §9 (choice of input) and §10 (InputTransformer). Compiled once per target; applying
// it is pure. The compiled forms are immutable and shared between snapshots.
class InputTemplate;

struct InputSelection {
  struct WholeEvent {};
  struct Constant {
    std::string text;
  };
  struct Path {
    std::optional<JsonPath> path;  // nullopt: InputPath "" (delivers {})
  };
  using Transformer = std::shared_ptr<const InputTemplate>;

  std::variant<WholeEvent, Constant, Path, Transformer> choice;
};

// A target's Input, InputPath and InputTransformer as the user gave them.
struct InputFields {
  std::optional<std::string> input, input_path;
  struct Transformer {
    std::optional<std::map<std::string, std::string>> paths;  // nullopt: no InputPathsMap given
    std::string template_text;
  };
  std::optional<Transformer> transformer;
};

// Compiles and validates. Errors are kInvalid with AWS's whole message, e.g.
//   "InputTemplate for target <id> contains invalid placeholder <name>."    (behaviour §9)
Result<InputSelection> compile_input(std::string_view target_id, const InputFields& fields);

// What the rule contributes to a transformation.
struct RuleNames {
  std::string_view arn, name;
};

// The input to deliver. `valid` is false when a template produced something that is not JSON: the delivery fails for
// good with INVALID_JSON and `text` is what goes to the dead-letter queue.
struct RenderedInput {
  std::string text;
  bool valid = true;
};
RenderedInput render_input(const InputSelection& selection, const Event& event, const RuleNames& rule);

}  // namespace eventbus
