#include "bus/connection_catalog.h"

#include "base/digest.h"
#include "storage/memory/memory_storage.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"

#include <boost/json/serialize.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/logger.h>

#include <memory>
#include <string>
#include <vector>

namespace eventbus {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string line_of(char fill) { return base64_encode(std::string(32, fill)); }
SecretKeys keys_of(const std::string& text) { return *SecretKeys::parse(text); }

ConnectionAuth basic(std::string user = "ann", std::string password = "swordfish") {
  ConnectionAuth auth;
  auth.name = std::move(user);
  auth.secret = std::move(password);
  return auth;
}

ConnectionAuth oauth() {
  ConnectionAuth auth;
  auth.type = AuthorizationType::kOAuthClientCredentials;
  auth.name = "client";
  auth.secret = "client-secret";
  auth.token_endpoint = "https://login.example/token";
  auth.token_method = "POST";
  auth.token_parameters.emplace().body = {{"scope", "events", false}, {"pin", "s3cret-pin", true}};
  return auth;
}

class ConnectionCatalogTest : public ::testing::Test {
 protected:
  ConnectionCatalogTest() { restart(); }

  void restart() { restart(keys_of(line_of('a'))); }
  void restart(SecretKeys keys) {
    catalog_ = std::make_unique<ConnectionCatalog>(*storage_, clock_, rng_, limits_, std::move(keys), log_);
    const Result<void> loaded = catalog_->load();
    ASSERT_TRUE(loaded) << loaded.error().message;
    catalog_->on_authorizing([this](const auto& connection) { begun_.push_back(connection); });
  }

  CatalogResult<ConnectionCatalog::Connection> create(std::string name, ConnectionAuth auth) {
    ConnectionCatalog::NewConnection wanted{"what it is for", std::nullopt, std::move(auth)};
    return testing::run(catalog_->create_connection(key(std::move(name)), std::move(wanted)));
  }
  CatalogResult<ConnectionCatalog::Connection> update(std::string name, ConnectionAuth auth) {
    ConnectionCatalog::ConnectionChanges changes{std::nullopt, std::nullopt, std::move(auth)};
    return testing::run(catalog_->update_connection(key(std::move(name)), std::move(changes)));
  }
  CatalogResult<ConnectionCatalog::ApiDestination> create_destination(std::string name, std::string connection) {
    ConnectionCatalog::ApiDestinationSettings wanted{std::nullopt, std::move(connection), "https://api.example/",
                                                     "POST", std::nullopt};
    return testing::run(catalog_->create_api_destination(key(std::move(name)), std::move(wanted)));
  }
  ConnectionKey key(std::string name) const { return {scope_, std::move(name)}; }
  ConnectionCatalog::Connection now(std::string name) { return *catalog_->connection(key(std::move(name))); }

  std::string everything_stored() const {
    std::string all;
    for (const CatalogEntry& entry : storage_->catalog().list("")) all += entry.key + " " + entry.value + "\n";
    return all;
  }

  Scope scope_{"000000000000", "us-east-1"};
  testing::ManualClock clock_{testing::test_epoch()};
  SeededRng rng_{1};
  ConnectionLimits limits_;
  spdlog::logger log_{"test"};
  std::unique_ptr<Storage> storage_ = make_memory_storage(clock_);
  std::vector<ConnectionCatalog::Connection> begun_;
  std::unique_ptr<ConnectionCatalog> catalog_;
};

TEST_F(ConnectionCatalogTest, KeepsSecretsSealedInTheStoreAndOpenInMemory) {
  ASSERT_TRUE(create("crm", oauth()));
  const std::string stored = everything_stored();
  EXPECT_THAT(stored, HasSubstr("\"client\""));
  EXPECT_THAT(stored, Not(HasSubstr("client-secret")));
  EXPECT_THAT(stored, Not(HasSubstr("s3cret-pin")));
  EXPECT_EQ(*now("crm")->auth, oauth());
  EXPECT_THAT(boost::json::serialize(now("crm")->record.auth), Not(HasSubstr("secret\"")));
}

TEST_F(ConnectionCatalogTest, FindsEverythingAgainAfterARestart) {
  const auto created = *create("crm", oauth());
  const auto destination = *create_destination("orders", created->arn());
  restart();
  EXPECT_EQ(now("crm")->arn(), created->arn());
  EXPECT_EQ(*now("crm")->auth, oauth());
  EXPECT_EQ(now("crm")->record.created_at, created->record.created_at);
  EXPECT_EQ(now("crm")->record.description, "what it is for");
  ASSERT_TRUE(catalog_->api_destination_of(destination->arn()));
  EXPECT_EQ(catalog_->api_destination_of(destination->arn())->record.endpoint, "https://api.example/");
  ASSERT_EQ(catalog_->authorizing().size(), 1u);
}

TEST_F(ConnectionCatalogTest, AnnouncesWhatMustBeAuthorizedAndRecordsWhatCameOfIt) {
  ASSERT_TRUE(create("plain", basic()));
  EXPECT_TRUE(begun_.empty());
  ASSERT_TRUE(create("crm", oauth()));
  ASSERT_EQ(begun_.size(), 1u);
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorizing);
  const auto destination = *create_destination("orders", now("crm")->arn());
  EXPECT_FALSE(catalog_->active(*destination));

  ASSERT_TRUE(testing::run(catalog_->authorization_ended(begun_[0], std::nullopt)));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorized);
  EXPECT_TRUE(catalog_->active(*destination));

  ASSERT_TRUE(testing::run(catalog_->authorization_ended(begun_[0], "no such client")));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kDeauthorized);
  EXPECT_EQ(now("crm")->state_reason(), "no such client");
  EXPECT_FALSE(catalog_->active(*destination));
}

TEST_F(ConnectionCatalogTest, IgnoresWhatCameOfCredentialsThatAreNoLongerThese) {
  ASSERT_TRUE(create("crm", oauth()));
  ASSERT_TRUE(update("crm", oauth()));
  ASSERT_EQ(begun_.size(), 2u);
  ASSERT_TRUE(testing::run(catalog_->authorization_ended(begun_[0], "too late")));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorizing);
  ASSERT_TRUE(testing::run(catalog_->delete_connection(key("crm"))));
  ASSERT_TRUE(create("crm", oauth()));
  ASSERT_TRUE(testing::run(catalog_->authorization_ended(begun_[1], std::nullopt)));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorizing);
}

TEST_F(ConnectionCatalogTest, KeepsWhatAnUpdateDoesNotName) {
  ConnectionAuth first = basic();
  first.invocation_parameters.emplace().headers = {{"X-Team", "blue", false}, {"X-Pin", "1234", true}};
  ASSERT_TRUE(create("crm", first));
  ConnectionAuth password_alone;
  password_alone.secret = "changed";
  ASSERT_TRUE(update("crm", password_alone));
  ConnectionAuth expected = first;
  expected.secret = "changed";
  EXPECT_EQ(*now("crm")->auth, expected);

  // A list is replaced; a parameter without a value keeps the one it had.
  ConnectionAuth headers;
  headers.invocation_parameters.emplace().headers = {{"X-Pin", std::nullopt, true}, {"X-New", "n", false}};
  ASSERT_TRUE(update("crm", headers));
  const std::vector<ConnectionParameter> kept = {{"X-Pin", "1234", true}, {"X-New", "n", false}};
  EXPECT_EQ(now("crm")->auth->invocation_parameters->headers, kept);
}

TEST_F(ConnectionCatalogTest, WantsCompleteCredentialsForAnotherType) {
  ASSERT_TRUE(create("crm", basic()));
  ConnectionAuth key_name;
  key_name.type = AuthorizationType::kApiKey;
  key_name.name = "X-Key";
  const auto refused = update("crm", key_name);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().message, "Parameter(s) ApiKeyValue must be specified.");
  EXPECT_EQ(*now("crm")->auth, basic());
}

TEST_F(ConnectionCatalogTest, DeauthorizingTakesTheSecretAway) {
  const std::string before = (*create("crm", basic()))->arn();
  ASSERT_TRUE(testing::run(catalog_->deauthorize_connection(key("crm"))));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kDeauthorized);
  EXPECT_FALSE(now("crm")->auth);
  EXPECT_FALSE(now("crm")->record.secret);
  EXPECT_THAT(now("crm")->state_reason(), HasSubstr("DeauthorizeConnection"));
  ASSERT_TRUE(update("crm", basic("bob", "other")));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorized);
  EXPECT_EQ(now("crm")->state_reason(), "");
  EXPECT_EQ(now("crm")->arn(), before);
}

TEST_F(ConnectionCatalogTest, WithTheWrongKeyAConnectionIsDeauthorizedUntilTheKeyIsBack) {
  ASSERT_TRUE(create("crm", basic()));
  restart(keys_of(line_of('b')));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kDeauthorized);
  EXPECT_THAT(now("crm")->state_reason(), HasSubstr(std::string(keys_of(line_of('a')).current_id())));
  EXPECT_FALSE(now("crm")->auth);
  // It can be described and given new credentials.
  EXPECT_THAT(boost::json::serialize(now("crm")->record.auth), HasSubstr("ann"));
  restart(SecretKeys::none("the file is gone"));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kDeauthorized);
  EXPECT_THAT(now("crm")->state_reason(), HasSubstr("the file is gone"));
  const auto refused = create("other", basic());
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  restart(keys_of(line_of('a')));
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorized);
  EXPECT_EQ(*now("crm")->auth, basic());
}

TEST_F(ConnectionCatalogTest, ResealsWhatAnOldKeySealed) {
  ASSERT_TRUE(create("crm", basic()));
  ASSERT_TRUE(create("erp", oauth()));
  restart(keys_of(line_of('b') + "\n" + line_of('a')));
  EXPECT_EQ(*testing::run(catalog_->reseal()), 2u);
  EXPECT_EQ(*testing::run(catalog_->reseal()), 0u);
  restart(keys_of(line_of('b')));
  EXPECT_EQ(*now("crm")->auth, basic());
  EXPECT_EQ(*now("erp")->auth, oauth());
}

TEST_F(ConnectionCatalogTest, CannotOpenASecretThatWasMovedToAnotherConnection) {
  ASSERT_TRUE(create("crm", basic("ann", "one")));
  ASSERT_TRUE(create("erp", basic("bob", "two")));
  ConnectionRecord forged = now("erp")->record;
  forged.secret = now("crm")->record.secret;
  Commit commit;
  commit.catalog.push_back({"connection/000000000000/us-east-1/erp", encode(forged), std::nullopt});
  ASSERT_TRUE(testing::run(storage_->commit(std::move(commit))));
  restart();
  EXPECT_EQ(now("erp")->state(), ConnectionState::kDeauthorized);
  EXPECT_EQ(now("crm")->state(), ConnectionState::kAuthorized);
}

TEST_F(ConnectionCatalogTest, ReadsAnewWhatItsOwnInDoubtCommitMayHaveWritten) {
  ASSERT_TRUE(create("crm", basic()));
  ConnectionRecord other = now("crm")->record;
  other.description = "written behind its back";
  Commit commit;
  commit.catalog.push_back({"connection/000000000000/us-east-1/crm", encode(other), std::nullopt});
  ASSERT_TRUE(testing::run(storage_->commit(std::move(commit))));
  const auto refused = update("crm", basic("bob", "two"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::kUnavailable);
  EXPECT_EQ(now("crm")->record.description, "written behind its back");
  EXPECT_TRUE(update("crm", basic("bob", "two")));
}

TEST_F(ConnectionCatalogTest, AnArnNamesOneIncarnation) {
  const std::string first = (*create("crm", basic()))->arn();
  const std::string destination = (*create_destination("orders", first))->arn();
  ASSERT_TRUE(testing::run(catalog_->delete_connection(key("crm"))));
  const std::string second = (*create("crm", basic()))->arn();
  EXPECT_NE(first, second);
  EXPECT_EQ(catalog_->connection_of(first), nullptr);
  EXPECT_FALSE(catalog_->active(*catalog_->api_destination_of(destination)));
  ASSERT_TRUE(testing::run(catalog_->delete_api_destination(key("orders"))));
  ASSERT_TRUE(create_destination("orders", second));
  EXPECT_EQ(catalog_->api_destination_of(destination), nullptr);
}

TEST_F(ConnectionCatalogTest, HoldsToItsQuotas) {
  limits_.connections_per_region = 1;
  limits_.api_destinations_per_region = 1;
  const std::string connection = (*create("crm", basic()))->arn();
  const auto second = create("erp", basic());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::kLimit);
  EXPECT_EQ(second.error().message, "The requested resource exceeds the maximum number allowed.");
  ASSERT_TRUE(create_destination("orders", connection));
  EXPECT_EQ(create_destination("invoices", connection).error().code, ErrorCode::kLimit);
}

TEST_F(ConnectionCatalogTest, ScopesAreApart) {
  ASSERT_TRUE(create("crm", basic()));
  EXPECT_FALSE(catalog_->connection({{"000000000000", "eu-west-1"}, "crm"}));
  EXPECT_TRUE(catalog_->connections({"000000000001", "us-east-1"}).empty());
}

TEST(ConnectionRecords, RefusesDocumentsItDoesNotUnderstand) {
  for (const char* document : {"", "{", "[]", "{}", R"({"version":2})", R"({"version":1,"name":"x"})"}) {
    EXPECT_EQ(decode_connection(document).error().code, ErrorCode::kInternal) << document;
    EXPECT_EQ(decode_api_destination(document).error().code, ErrorCode::kInternal) << document;
  }
}

TEST(ConnectionRecords, TakesArnsApart) {
  const auto key = parse_api_destination_arn("arn:aws:events:eu-west-1:000000000001:api-destination/orders/u-u-i-d");
  ASSERT_TRUE(key);
  EXPECT_EQ(key->key.scope, (Scope{"000000000001", "eu-west-1"}));
  EXPECT_EQ(key->key.name, "orders");
  EXPECT_EQ(key->id, "u-u-i-d");
  for (const char* arn : {"arn:aws:events:eu-west-1:000000000001:api-destination/orders", "orders",
                          "arn:aws:events:eu-west-1:000000000001:connection/orders/1",
                          "arn:aws:sqs:eu-west-1:000000000001:api-destination/orders/1",
                          "arn:aws:events:eu-west-1:000000000001:api-destination/orders/"})
    EXPECT_FALSE(parse_api_destination_arn(arn)) << arn;
}

TEST(ConnectionRecords, TheSecretIsTheDocumentThatSecretsManagerHolds) {
  ConnectionAuth auth = basic();
  auth.invocation_parameters.emplace().query = {{"tenant", "7", true}};
  EXPECT_EQ(secret_document(auth),
            R"({"username":"ann","password":"swordfish","invocation_http_parameters":{"query_string_parameters":)"
            R"([{"key":"tenant","value":"7","is_value_secret":true}]}})");
  EXPECT_EQ(*parse_secret_document(AuthorizationType::kBasic, secret_document(auth)), auth);
  const auto wrong = parse_secret_document(AuthorizationType::kApiKey, secret_document(auth));
  ASSERT_FALSE(wrong);
  EXPECT_THAT(wrong.error().message, Not(HasSubstr("swordfish")));
}

}  // namespace
}  // namespace eventbus
