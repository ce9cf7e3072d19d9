#pragma once

#include "base/result.h"
#include "bus/bus_records.h"
#include "schemas/contract.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace eventbus {

// What becomes of an event that does not fit the contracts that its bus has for it.
enum class ValidationMode {
  kOff,     // nobody looks
  kWarn,    // it is accepted; counted, logged and marked in the log of the bus
  kReject,  // its entry of PutEvents is refused
};
std::string_view to_string(ValidationMode mode);  // "off", "warn", "reject"
std::optional<ValidationMode> parse_validation_mode(std::string_view text);

// A contract bound to a bus: events of this source and detail-type are held against this schema. One version of one
// name; several may be bound for the same events, which then have to fit one of them.
struct ContractRecord {
  std::string name, version;  // "audio-uploaded", "1"
  std::string source, detail_type;
  schemas::Subject subject = schemas::Subject::kDetail;
  std::string schema;  // JSON Schema, as it was given

  friend bool operator==(const ContractRecord&, const ContractRecord&) = default;
};
// What the configuration file says of one bus.
struct ConfiguredContracts {
  BusKey bus;
  std::optional<ValidationMode> mode;
  std::vector<ContractRecord> contracts;
};

ContractRecord record_of(const schemas::Contract& contract);

// kInvalid says what is wrong: name (1–128 of a-z 0-9 -), version (1–32 of A-Z a-z 0-9 . -), source and detail-type as
// PutEvents takes them, the schema's size.
Result<void> check_record(const ContractRecord& record);

// "2" stands before "10", "1.9" before "1.10".
bool is_older_version(std::string_view left, std::string_view right);

// Stored documents. Each holds a "format"; decoding answers kInternal for what it does not understand.
std::string encode(const ContractRecord& record);
std::string encode(ValidationMode mode);
Result<ContractRecord> decode_contract(std::string_view document);
Result<ValidationMode> decode_validation_mode(std::string_view document);

}  // namespace eventbus
