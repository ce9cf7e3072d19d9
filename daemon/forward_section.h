#pragma once

#include "adapters/aws/targets/forward_rules.h"
#include "base/result.h"

#include <boost/json/array.hpp>

namespace eventbus {

// The `forward` section of a configuration file: which accounts' targets live elsewhere, and how they are reached.
//
//   forward:
//     - accounts: ["111122223333"]         needed
//       regions: [eu-central-1]            optional: of all regions
//       services: [sqs, events]            optional: of events, firehose, kinesis, lambda, logs, sns, sqs, states
//       endpoint: https://bus.example      optional: there instead of AWS
//       endpoints: {sqs: https://…}        optional: the same for single services
//       profile: name                      optional: of AWS's shared files; else the credential chain
//       role_arn: arn:aws:iam::…           optional: assumed with it; also role_session_name, external_id
//       sts_endpoint: https://…            optional
//       map_account: "444455556666"        optional: what the account is called there
//
// Errors name the place: "forward[0].accounts: …".
Result<aws::ForwardRules> parse_forward_section(const boost::json::array& section);

}  // namespace eventbus
