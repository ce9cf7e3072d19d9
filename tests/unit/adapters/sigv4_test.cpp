#include "adapters/aws/sigv4.h"

#include "adapters/aws/request_signer.h"

#include <gtest/gtest.h>

#include <ostream>

namespace eventbus::aws {
namespace {

constexpr const char* kSuiteSecret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
constexpr const char* kS3Secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

// What AWS has published, with the signature it says.
struct Example {
  const char* name;
  const char* access_key;
  const char* secret_key;
  const char* date;
  const char* service;
  const char* method;
  const char* url;
  std::vector<net::Header> headers;
  const char* body;
  const char* signed_headers;
  const char* signature;

  friend std::ostream& operator<<(std::ostream& out, const Example& example) { return out << example.name; }
};

std::vector<Example> published() {
  const char* const suite_key = "AKIDEXAMPLE";
  const char* const suite_date = "20150830T123600Z";
  const char* const s3_key = "AKIAIOSFODNN7EXAMPLE";
  const char* const s3_date = "20130524T000000Z";
  return {
      // IAM User Guide, "Create a signed AWS API request": ListUsers
      {"ListUsers",
       suite_key,
       kSuiteSecret,
       suite_date,
       "iam",
       "GET",
       "https://iam.amazonaws.com/?Action=ListUsers&Version=2010-05-08",
       {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"}},
       "",
       "content-type;host;x-amz-date",
       "5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"},
      // The SigV4 test suite
      {"get-vanilla",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com/",
       {},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"post-vanilla",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "POST",
       "https://example.amazonaws.com/",
       {},
       "",
       "host;x-amz-date",
       "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"get-vanilla-query-order-key-case",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com/?Param2=value2&Param1=value1",
       {},
       "",
       "host;x-amz-date",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"get-vanilla-utf8-query",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com/?\xe1\x88\xb4=bar",
       {},
       "",
       "host;x-amz-date",
       "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04"},
      {"get-header-value-trim",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com/",
       {{"My-Header1", " value1"}, {"My-Header2", " \"a   b   c\""}},
       "",
       "host;my-header1;my-header2;x-amz-date",
       "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736"},
      {"get-header-key-duplicate",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com/",
       {{"My-Header1", "value2"}, {"My-Header1", "value2"}, {"My-Header1", "value1"}},
       "",
       "host;my-header1;x-amz-date",
       "c9d5ea9f3f72853aea855b47ea873832890dbdd183b4468f858259531a5138ea"},
      {"get-relative-relative",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com/example1/example2/../..",
       {},
       "",
       "host;x-amz-date",
       "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"get-slashes",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "GET",
       "https://example.amazonaws.com//example//",
       {},
       "",
       "host;x-amz-date",
       "9a624bd73a37c9a373b5312afbebe7a714a789de108f0bdfe846570885f57e84"},
      {"post-x-www-form-urlencoded",
       suite_key,
       kSuiteSecret,
       suite_date,
       "service",
       "POST",
       "https://example.amazonaws.com/",
       {{"Content-Type", "application/x-www-form-urlencoded"}},
       "Param1=value1",
       "content-type;host;x-amz-date",
       "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
      // S3 API reference, "Signature calculations for the Authorization header"
      {"S3 GET object",
       s3_key,
       kS3Secret,
       s3_date,
       "s3",
       "GET",
       "https://examplebucket.s3.amazonaws.com/test.txt",
       {{"Range", "bytes=0-9"}},
       "",
       "host;range;x-amz-content-sha256;x-amz-date",
       "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41"},
      {"S3 PUT object",
       s3_key,
       kS3Secret,
       s3_date,
       "s3",
       "PUT",
       "https://examplebucket.s3.amazonaws.com/test$file.text",
       {{"Date", "Fri, 24 May 2013 00:00:00 GMT"}, {"x-amz-storage-class", "REDUCED_REDUNDANCY"}},
       "Welcome to Amazon S3.",
       "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
       "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd"},
      {"S3 GET lifecycle",
       s3_key,
       kS3Secret,
       s3_date,
       "s3",
       "GET",
       "https://examplebucket.s3.amazonaws.com/?lifecycle",
       {},
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543"},
      {"S3 list objects",
       s3_key,
       kS3Secret,
       s3_date,
       "s3",
       "GET",
       "https://examplebucket.s3.amazonaws.com/?max-keys=2&prefix=J",
       {},
       "",
       "host;x-amz-content-sha256;x-amz-date",
       "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7"},
  };
}

class SigV4Published : public ::testing::TestWithParam<Example> {};

TEST_P(SigV4Published, GivesThePublishedSignature) {
  const Example& example = GetParam();
  net::ClientRequest request{
      .method = example.method, .url = example.url, .headers = example.headers, .body = example.body};
  RequestSigner signer;
  signer.sign(request, {example.access_key, example.secret_key, "", {}}, {"us-east-1", example.service},
              parse_amz_date(example.date).value());
  const std::string expected = "AWS4-HMAC-SHA256 Credential=" + std::string(example.access_key) + "/" +
                               std::string(example.date).substr(0, 8) + "/us-east-1/" + example.service +
                               "/aws4_request, SignedHeaders=" + example.signed_headers +
                               ", Signature=" + example.signature;
  EXPECT_EQ(net::find_header(request.headers, "authorization"), expected);
}

INSTANTIATE_TEST_SUITE_P(Examples, SigV4Published, ::testing::ValuesIn(published()));

TEST(SigV4, DerivesThePublishedSigningKey) {
  // IAM User Guide, "Calculate the signature"
  EXPECT_EQ(hex(derive_signing_key(kSuiteSecret, {"20150830", "us-east-1", "iam"})),
            "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9");
}

TEST(SigV4, PresignsThePublishedUrl) {
  // S3 API reference, "Authenticating requests: using query parameters"
  const net::ClientRequest request{.method = "GET", .url = "https://examplebucket.s3.amazonaws.com/test.txt"};
  RequestSigner signer;
  EXPECT_EQ(signer.presign(request, {"AKIAIOSFODNN7EXAMPLE", kS3Secret, "", {}}, {"us-east-1", "s3"},
                           parse_amz_date("20130524T000000Z").value(), std::chrono::seconds(86'400)),
            "https://examplebucket.s3.amazonaws.com/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential="
            "AKIAIOSFODNN7EXAMPLE%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires="
            "86400&X-Amz-SignedHeaders=host&X-Amz-Signature="
            "aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404");
}

TEST(SigV4, HmacTakesKeysLongerThanABlock) {
  // RFC 4231, test cases 1 and 6
  EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(SigV4, SigningAgainReplacesTheSignature) {
  net::ClientRequest request{.method = "POST", .url = "http://127.0.0.1:4566/", .body = "{}"};
  RequestSigner signer;
  const Credentials credentials{"AKID", "secret", "token", {}};
  const TimePoint now = parse_amz_date("20260102T030405Z").value();
  signer.sign(request, credentials, {"us-east-1", "events"}, now - std::chrono::hours(1));
  signer.sign(request, credentials, {"us-east-1", "events"}, now);
  net::ClientRequest fresh{.method = "POST", .url = "http://127.0.0.1:4566/", .body = "{}"};
  signer.sign(fresh, credentials, {"us-east-1", "events"}, now);
  ASSERT_EQ(request.headers.size(), fresh.headers.size());
  EXPECT_EQ(net::find_header(request.headers, "authorization"), net::find_header(fresh.headers, "authorization"));
}

TEST(SigV4, CachedKeysFollowTheSecret) {
  SigningKeyCache cache(2);
  const SigningScope scope{"20260102", "us-east-1", "events"};
  EXPECT_EQ(cache.key("AKID", "one", scope), derive_signing_key("one", scope));
  EXPECT_EQ(cache.key("AKID", "one", scope), derive_signing_key("one", scope));
  EXPECT_EQ(cache.key("AKID", "two", scope), derive_signing_key("two", scope));
  for (int i = 0; i < 10; ++i) {
    const SigningScope other{"20260102", "us-east-" + std::to_string(i), "events"};
    EXPECT_EQ(cache.key("AKID", "two", other), derive_signing_key("two", other));
  }
}

TEST(SigV4, ReadsBothFormsOfDatesAndNothingElse) {
  const TimePoint expected =
      TimePoint(std::chrono::sys_days(std::chrono::year(2026) / 1 / 2)) + std::chrono::seconds(3 * 3'600 + 4 * 60 + 5);
  EXPECT_EQ(parse_amz_date("20260102T030405Z"), expected);
  EXPECT_EQ(parse_http_date("Fri, 02 Jan 2026 03:04:05 GMT"), expected);
  EXPECT_EQ(amz_date(expected), "20260102T030405Z");
  for (const char* bad : {"", "20260102", "20260102T030405", "20260102T030405+", "20261302T030405Z", "20260231T030405Z",
                          "20260102T240405Z", "2026-01-02T03:04:05Z", "Fri, 02 Foo 2026 03:04:05 GMT",
                          "-0260102T030405Z", "Fri, 02 anF 2026 03:04:05 GMT"}) {
    EXPECT_EQ(parse_http_date(bad), std::nullopt) << bad;
  }
}

}  // namespace
}  // namespace eventbus::aws
