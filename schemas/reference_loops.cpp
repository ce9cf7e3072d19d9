#include "schemas/reference_loops.h"

#include <string>
#include <unordered_map>
#include <vector>

namespace eventbus::schemas {

namespace {

// What is applied to the same value as `node` is.
std::vector<const SchemaNode*> applied_beside(const SchemaNode& node) {
  std::vector<const SchemaNode*> all;
  const auto add = [&](const SchemaNode* next) {
    if (next) all.push_back(next);
  };
  add(node.reference);
  if (node.combinations) {
    for (const auto* list : {&node.combinations->all_of, &node.combinations->any_of, &node.combinations->one_of})
      all.insert(all.end(), list->begin(), list->end());
    add(node.combinations->none_of);
    add(node.combinations->condition);
    add(node.combinations->then);
    add(node.combinations->otherwise);
  }
  if (node.object)
    for (const Dependency& dependency : node.object->dependencies) add(dependency.schema);
  return all;
}

struct Step {
  const SchemaNode* node;
  std::vector<const SchemaNode*> next;
};

}  // namespace

// A depth-first walk with its own stack: a node that is met again while it is still on it closes a circle.
Result<void> refuse_reference_loops(const CompiledSchema& schema) {
  enum State { kUnseen, kOnStack, kDone };
  std::unordered_map<const SchemaNode*, State> states;
  for (const auto& start : schema.nodes) {
    if (states[start.get()] != kUnseen) continue;
    std::vector<Step> stack;
    stack.push_back({start.get(), applied_beside(*start)});
    states[start.get()] = kOnStack;
    while (!stack.empty()) {
      Step& step = stack.back();
      if (step.next.empty()) {
        states[step.node] = kDone;
        stack.pop_back();
        continue;
      }
      const SchemaNode* next = step.next.back();
      step.next.pop_back();
      State& state = states[next];
      if (state == kOnStack)
        return invalid("at " + (next->location.empty() ? std::string("the root") : next->location) +
                       ": refers to itself without going down into the document");
      if (state == kDone) continue;
      state = kOnStack;
      stack.push_back({next, applied_beside(*next)});
    }
  }
  return {};
}

}  // namespace eventbus::schemas
