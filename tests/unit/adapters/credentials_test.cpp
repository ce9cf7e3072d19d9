#include "adapters/aws/credentials/cached_credentials.h"
#include "adapters/aws/credentials/credential_chain.h"
#include "adapters/aws/credentials/credential_document.h"
#include "adapters/aws/credentials/profile_file.h"
#include "tests/support/manual_clock.h"
#include "tests/support/run_coroutine.h"
#include "tests/unit/adapters/fake_http.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace eventbus::aws {
namespace {

using eventbus::testing::answered;
using eventbus::testing::FakeHttp;
using eventbus::testing::ManualClock;
using eventbus::testing::run;
using eventbus::testing::test_epoch;
using eventbus::testing::unreachable;
using ::testing::HasSubstr;
using ::testing::Not;

std::string sts_answer(const std::string& access_key) {
  return "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>a</Arn></"
         "AssumedRoleUser><Credentials><AccessKeyId>" +
         access_key +
         "</AccessKeyId><SecretAccessKey>of-role</SecretAccessKey><SessionToken>t+/=</SessionToken><Expiration>"
         "2026-01-02T04:04:05Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>";
}
constexpr const char* kDocument =
    R"({"Code":"Success","AccessKeyId":"ASIAMETA","SecretAccessKey":"meta","Token":"t","Expiration":"2026-01-02T04:04:05Z"})";

class CredentialsTest : public ::testing::Test {
 protected:
  Result<Credentials> get(CredentialQuery query = {.region = "eu-west-1"}) {
    auto source = make_credential_source(std::move(query), environment_, {http_, signer_, clock_});
    return run(source->get());
  }
  std::string error_of(CredentialQuery query = {.region = "eu-west-1"}) {
    const auto credentials = get(std::move(query));
    return credentials ? "got " + credentials->access_key : credentials.error().message;
  }
  static std::string header(const net::ClientRequest& request, std::string_view name) {
    return std::string(net::find_header(request.headers, name));
  }

  std::map<std::string, std::string> files_;
  std::function<FakeHttp::Answer(const net::ClientRequest&)> other_side_ = [](const auto&) { return unreachable(); };
  ManualClock clock_{test_epoch()};
  SeededRng rng_{1};
  RequestSigner signer_;
  FakeHttp http_{[this](const net::ClientRequest& request) { return other_side_(request); }};
  CredentialEnvironment environment_{{{"HOME", "/home/u"}}, [this](const std::string& path) -> Result<std::string> {
                                       const auto found = files_.find(path);
                                       if (found == files_.end()) return invalid("cannot read " + path);
                                       return found->second;
                                     }};
};

TEST_F(CredentialsTest, TheEnvironmentComesFirst) {
  environment_.variables["AWS_ACCESS_KEY_ID"] = "AKIDENV";
  environment_.variables["AWS_SECRET_ACCESS_KEY"] = "env";
  environment_.variables["AWS_SESSION_TOKEN"] = "token";
  files_["/home/u/.aws/credentials"] = "[default]\naws_access_key_id = AKIDFILE\naws_secret_access_key = file\n";
  EXPECT_EQ(get().value(), (Credentials{"AKIDENV", "env", "token", {}}));
  environment_.variables.erase("AWS_SECRET_ACCESS_KEY");
  EXPECT_EQ(error_of(), "environment: AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY is not");
}

TEST_F(CredentialsTest, WhatWasTriedIsNamedWhenThereIsNothing) {
  const std::string message = error_of();
  EXPECT_THAT(message, HasSubstr("environment: AWS_ACCESS_KEY_ID is not set"));
  EXPECT_THAT(message, HasSubstr("web identity: AWS_WEB_IDENTITY_TOKEN_FILE is not set"));
  EXPECT_THAT(message,
              HasSubstr("profile: there is no profile default in /home/u/.aws/credentials and /home/u/.aws/config"));
  EXPECT_THAT(message, HasSubstr("container: neither"));
  EXPECT_THAT(message, HasSubstr("instance metadata: http://169.254.169.254/latest/api/token: connection refused"));
}

TEST_F(CredentialsTest, ProfilesComeFromBothFiles) {
  files_["/home/u/.aws/config"] =
      "[default]\nregion=eu-west-1\n[profile work]  # mine\naws_access_key_id = AKIDCONFIG\naws_secret_access_key = c "
      "; no\n"
      "s3 =\n  addressing_style = path\n[sso-session x]\nsso_region = y\n";
  files_["/home/u/.aws/credentials"] = "; comment\n[work]\naws_access_key_id=AKIDFILE\n";
  CredentialQuery work{.region = "eu-west-1", .profile = "work"};
  EXPECT_EQ(get(work).value(), (Credentials{"AKIDFILE", "c", "", {}})) << "the credentials file wins, key by key";
  environment_.variables["AWS_PROFILE"] = "work";
  EXPECT_EQ(get().value().access_key, "AKIDFILE");
  EXPECT_THAT(error_of({.region = "r", .profile = "none"}), HasSubstr("there is no profile none in"));
  files_["/home/u/.aws/config"] = "[default]\nregion\n";
  EXPECT_EQ(error_of(work), "/home/u/.aws/config:2: not of the form key = value");
}

TEST_F(CredentialsTest, RolesAreChainedThroughSts) {
  files_["/home/u/.aws/config"] =
      "[profile outer]\nrole_arn = arn:aws:iam::2:role/outer\nsource_profile = inner\nexternal_id = x&y\n"
      "[profile inner]\nrole_arn = arn:aws:iam::1:role/inner\nsource_profile = keys\nrole_session_name = me\n"
      "[profile keys]\naws_access_key_id = AKIDKEYS\naws_secret_access_key = k\n";
  other_side_ = [this](const net::ClientRequest&) {
    return answered(200, sts_answer("ASIA" + std::to_string(http_.requests.size())));
  };
  const Credentials got = get({.region = "eu-west-1", .profile = "outer"}).value();
  EXPECT_EQ(got.access_key, "ASIA2");
  EXPECT_EQ(got.session_token, "t+/=");
  EXPECT_EQ(got.expires_at, test_epoch() + std::chrono::hours(1) - Duration(678));
  ASSERT_EQ(http_.requests.size(), 2u);
  EXPECT_EQ(http_.requests[0].url, "https://sts.eu-west-1.amazonaws.com/");
  EXPECT_EQ(http_.requests[0].body,
            "Action=AssumeRole&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Finner&RoleSessionName=me");
  EXPECT_THAT(header(http_.requests[0], "Authorization"), HasSubstr("Credential=AKIDKEYS/20260102/eu-west-1/sts/"));
  EXPECT_THAT(http_.requests[1].body, HasSubstr("&RoleSessionName=eventbusd&ExternalId=x%26y"));
  EXPECT_THAT(header(http_.requests[1], "Authorization"), HasSubstr("Credential=ASIA1/"));
  EXPECT_EQ(header(http_.requests[1], "X-Amz-Security-Token"), "t+/=");
}

TEST_F(CredentialsTest, ChainsThatLeadNowhereSaySo) {
  files_["/home/u/.aws/config"] =
      "[profile a]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = b\n"
      "[profile b]\nrole_arn = arn:aws:iam::1:role/b\nsource_profile = a\n"
      "[profile lost]\nrole_arn = arn:aws:iam::1:role/a\nsource_profile = gone\n"
      "[profile process]\ncredential_process = /bin/true\n[profile sso]\nsso_start_url = https://x\n"
      "[profile source]\nrole_arn = r\ncredential_source = Elsewhere\n";
  const auto error = [this](const char* profile) { return error_of({.region = "r", .profile = profile}); };
  EXPECT_EQ(error("a"), "the source_profile of profile a leads back to it");
  EXPECT_EQ(error("lost"), "there is no profile gone, the source_profile of lost");
  EXPECT_EQ(error("process"), "profile process has credential_process, and eventbusd runs no programs");
  EXPECT_EQ(error("sso"), "profile sso signs in by SSO, which eventbusd does not");
  EXPECT_EQ(error("source"), "profile source has the unknown credential_source Elsewhere");
}

TEST_F(CredentialsTest, AProfileMayAssumeARoleWithItsOwnKeys) {
  files_["/home/u/.aws/config"] =
      "[profile own]\nrole_arn = arn:aws:iam::1:role/own\nsource_profile = own\naws_access_key_id = AKIDOWN\n"
      "aws_secret_access_key = o\n";
  other_side_ = [](const net::ClientRequest&) { return answered(200, sts_answer("ASIAOWN")); };
  EXPECT_EQ(get({.region = "r", .profile = "own"}).value().access_key, "ASIAOWN");
  EXPECT_THAT(header(http_.requests.at(0), "Authorization"), HasSubstr("Credential=AKIDOWN/"));
}

TEST_F(CredentialsTest, AProfileMayTakeItsFirstCredentialsFromElsewhere) {
  files_["/home/u/.aws/config"] =
      "[profile env]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Environment\nduration_seconds = 900\n"
      "[profile task]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = EcsContainer\n"
      "[profile machine]\nrole_arn = arn:aws:iam::1:role/r\ncredential_source = Ec2InstanceMetadata\n";
  environment_.variables["AWS_ACCESS_KEY_ID"] = "AKIDENV";
  environment_.variables["AWS_SECRET_ACCESS_KEY"] = "env";
  environment_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  other_side_ = [](const net::ClientRequest& request) -> FakeHttp::Answer {
    if (request.url.starts_with("https://sts.")) return answered(200, sts_answer("ASIAROLE"));
    if (request.url == "http://169.254.170.2/v2/x") return answered(200, kDocument);
    if (request.method == "PUT") return answered(200, "the-token");
    if (request.url.ends_with("/security-credentials/")) return answered(200, "my-role");
    return answered(200, kDocument);
  };
  for (const auto& [profile, access_key] :
       std::map<std::string, std::string>{{"env", "AKIDENV"}, {"task", "ASIAMETA"}, {"machine", "ASIAMETA"}}) {
    http_.requests.clear();
    EXPECT_EQ(get({.region = "eu-west-1", .profile = profile}).value().access_key, "ASIAROLE") << profile;
    EXPECT_THAT(header(http_.requests.back(), "Authorization"), HasSubstr("Credential=" + access_key + "/")) << profile;
    const bool brief = http_.requests.back().body.find("&DurationSeconds=900") != std::string::npos;
    EXPECT_EQ(brief, profile == "env") << http_.requests.back().body;
  }
}

TEST_F(CredentialsTest, AProfileMayShowAWebIdentity) {
  files_["/home/u/.aws/config"] =
      "[profile pod]\nrole_arn = arn:aws:iam::1:role/pod\nweb_identity_token_file = /var/token\nrole_session_name = "
      "me\n";
  files_["/var/token"] = "ey.J";
  other_side_ = [](const net::ClientRequest&) { return answered(200, sts_answer("ASIAPOD")); };
  EXPECT_EQ(get({.region = "eu-west-1", .profile = "pod"}).value().access_key, "ASIAPOD");
  EXPECT_EQ(http_.requests.at(0).body,
            "Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleArn=arn%3Aaws%3Aiam%3A%3A1%3Arole%2Fpod&"
            "RoleSessionName=me&WebIdentityToken=ey.J");
}

TEST_F(CredentialsTest, ARoleMayBeAssumedWithWhateverTheChainGives) {
  environment_.variables["AWS_ACCESS_KEY_ID"] = "AKIDENV";
  environment_.variables["AWS_SECRET_ACCESS_KEY"] = "env";
  other_side_ = [](const net::ClientRequest&) { return answered(200, sts_answer("ASIABRIDGE")); };
  CredentialQuery query{.region = "eu-west-1", .sts_endpoint = "http://sts.local"};
  query.role = RoleToAssume{.arn = "arn:aws:iam::4:role/bridge", .session_name = "s", .external_id = "x"};
  EXPECT_EQ(get(query).value().access_key, "ASIABRIDGE");
  EXPECT_EQ(http_.requests.at(0).url, "http://sts.local/");
  EXPECT_THAT(header(http_.requests.at(0), "Authorization"), HasSubstr("Credential=AKIDENV/"));
  EXPECT_THAT(http_.requests.at(0).body, HasSubstr("&RoleSessionName=s&ExternalId=x"));
}

TEST_F(CredentialsTest, TheMetadataServiceMayLiveElsewhere) {
  environment_.variables["AWS_EC2_METADATA_SERVICE_ENDPOINT"] = "http://127.0.0.1:1338/";
  other_side_ = [](const net::ClientRequest& request) -> FakeHttp::Answer {
    if (!request.url.starts_with("http://127.0.0.1:1338/latest/")) return answered(404, "");
    if (request.method == "PUT") return answered(200, "the-token");
    return answered(200, request.url.ends_with("/security-credentials/") ? "my-role" : kDocument);
  };
  EXPECT_EQ(get().value().access_key, "ASIAMETA");
}

TEST_F(CredentialsTest, TasksOfEcsAreAskedAtTheirOwnAddress) {
  environment_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/credentials/x";
  environment_.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"] = "Bearer t";
  other_side_ = [](const net::ClientRequest&) { return answered(200, kDocument); };
  EXPECT_EQ(get().value().access_key, "ASIAMETA");
  EXPECT_EQ(http_.requests.at(0).url, "http://169.254.170.2/v2/credentials/x");
  EXPECT_EQ(header(http_.requests.at(0), "Authorization"), "Bearer t");
}

TEST_F(CredentialsTest, WebIdentityIsNotSigned) {
  environment_.variables["AWS_WEB_IDENTITY_TOKEN_FILE"] = "/var/token";
  environment_.variables["AWS_ROLE_ARN"] = "arn:aws:iam::1:role/pod";
  environment_.variables["AWS_ENDPOINT_URL_STS"] = "http://sts.local";
  files_["/var/token"] = "ey.J";
  other_side_ = [](const net::ClientRequest&) { return answered(200, sts_answer("ASIAPOD")); };
  EXPECT_EQ(get().value().access_key, "ASIAPOD");
  const net::ClientRequest& request = http_.requests.at(0);
  EXPECT_EQ(request.url, "http://sts.local/");
  EXPECT_THAT(request.body, HasSubstr("Action=AssumeRoleWithWebIdentity"));
  EXPECT_THAT(request.body, HasSubstr("WebIdentityToken=ey.J"));
  EXPECT_EQ(header(request, "Authorization"), "");
  other_side_ = [](const net::ClientRequest&) {
    return answered(403,
                    "<ErrorResponse><Error><Code>AccessDenied</Code><Message>No</Message></Error></ErrorResponse>");
  };
  EXPECT_EQ(
      error_of(),
      "web identity: assuming the role arn:aws:iam::1:role/pod with a web identity: STS answered 403 AccessDenied: No");
}

TEST_F(CredentialsTest, ContainersAreAskedWithTheirTokenAndOnlyOnThisMachine) {
  environment_.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://169.254.170.23/v1/credentials";
  environment_.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"] = "/var/token";
  files_["/var/token"] = "secret\n";
  other_side_ = [](const net::ClientRequest&) { return answered(200, kDocument); };
  EXPECT_EQ(get().value().access_key, "ASIAMETA");
  EXPECT_EQ(header(http_.requests.at(0), "Authorization"), "secret");
  for (const char* elsewhere : {"http://example.com/x", "http://127.0.0.1.example.com/", "ftp://127.0.0.1/"}) {
    environment_.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = elsewhere;
    EXPECT_THAT(error_of(), HasSubstr("it is not asked for credentials")) << elsewhere;
  }
  environment_.variables["AWS_CONTAINER_CREDENTIALS_RELATIVE_URI"] = "/v2/x";
  files_["/var/token"] = "a\nInjected: b";
  EXPECT_THAT(error_of(), HasSubstr("several lines"));
}

TEST_F(CredentialsTest, InstancesAreAskedByTheSecondVersionOfTheirProtocol) {
  other_side_ = [](const net::ClientRequest& request) -> FakeHttp::Answer {
    if (request.method == "PUT") return answered(200, "the-token");
    if (header(request, "X-aws-ec2-metadata-token") != "the-token") return answered(401, "");
    if (request.url.ends_with("/security-credentials/")) return answered(200, "my-role\n");
    if (request.url.ends_with("/security-credentials/my-role")) return answered(200, kDocument);
    return answered(404, "");
  };
  EXPECT_EQ(get().value(), (Credentials{"ASIAMETA", "meta", "t", parse_expiration("2026-01-02T04:04:05Z")}));
  environment_.variables["AWS_EC2_METADATA_DISABLED"] = "true";
  EXPECT_THAT(error_of(), HasSubstr("instance metadata: AWS_EC2_METADATA_DISABLED is set"));
}

TEST_F(CredentialsTest, MessagesHoldNoSecrets) {
  environment_.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"] = "http://127.0.0.1/x";
  other_side_ = [](const net::ClientRequest&) { return answered(200, R"({"SecretAccessKey":"hush"})"); };
  EXPECT_THAT(error_of(), Not(HasSubstr("hush")));
}

// A source that counts.
struct Counted final : CredentialSource {
  explicit Counted(std::function<Result<Credentials>()> next) : next_(std::move(next)) {}
  asio::awaitable<Result<Credentials>> get() override {
    ++asked;
    co_return next_();
  }
  int asked = 0;
  std::function<Result<Credentials>()> next_;
};

TEST_F(CredentialsTest, AreRefreshedBeforeTheyExpireAndKeptWhileThatFails) {
  bool works = true;
  auto source = std::make_shared<Counted>([&]() -> Result<Credentials> {
    if (!works) return unavailable("down");
    return Credentials{"ASIA", "s", "t", clock_.now() + std::chrono::hours(1)};
  });
  CachedCredentials cached(source, clock_, rng_);
  EXPECT_TRUE(run(cached.get()));
  clock_.advance(std::chrono::minutes(39));
  EXPECT_TRUE(run(cached.get()));
  EXPECT_EQ(source->asked, 1) << "fifteen minutes before, and up to five more";
  clock_.advance(std::chrono::minutes(7));
  EXPECT_TRUE(run(cached.get()));
  EXPECT_EQ(source->asked, 2);

  works = false;
  clock_.advance(std::chrono::minutes(50));
  EXPECT_TRUE(run(cached.get())) << "what is good is used on";
  EXPECT_TRUE(run(cached.get()));
  EXPECT_EQ(source->asked, 3) << "a source that fails is left alone for a while";
  clock_.advance(std::chrono::minutes(11));
  EXPECT_EQ(run(cached.get()).error().message, "down");
  works = true;
  clock_.advance(std::chrono::seconds(6));
  EXPECT_TRUE(run(cached.get()));
}

TEST_F(CredentialsTest, LastingOnesAreAskedForOnce) {
  auto source = std::make_shared<Counted>([] { return Result<Credentials>(Credentials{"AKID", "s", "", {}}); });
  CachedCredentials cached(source, clock_, rng_);
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(run(cached.get()));
    clock_.advance(std::chrono::hours(24));
  }
  EXPECT_EQ(source->asked, 1);
  cached.forget();
  EXPECT_TRUE(run(cached.get()));
  EXPECT_EQ(source->asked, 2);
}

// A source that answers when told to.
struct Slow final : CredentialSource {
  explicit Slow(Clock& clock) : clock_(clock) {}
  asio::awaitable<Result<Credentials>> get() override {
    ++asked;
    co_await clock_.sleep_until(clock_.now() + std::chrono::seconds(1));
    co_return Credentials{"AKID", "s", "", {}};
  }
  Clock& clock_;
  int asked = 0;
};

TEST_F(CredentialsTest, OfManyWhoAskAtOnceOneGoesToTheSource) {
  auto source = std::make_shared<Slow>(clock_);
  CachedCredentials cached(source, clock_, rng_);
  asio::io_context io{1};
  int answered_count = 0;
  std::vector<std::optional<Result<Credentials>>> results(10);
  for (auto& result : results) {
    asio::co_spawn(io, eventbus::testing::keep_result(cached.get(), result),
                   [&](std::exception_ptr) { ++answered_count; });
  }
  io.poll();
  EXPECT_EQ(answered_count, 0);
  clock_.advance(std::chrono::seconds(1));
  io.restart();
  io.run();
  EXPECT_EQ(answered_count, 10);
  EXPECT_EQ(source->asked, 1);
}

}  // namespace
}  // namespace eventbus::aws
