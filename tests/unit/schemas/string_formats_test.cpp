#include "schemas/string_formats.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace eventbus::schemas {
namespace {

void expect(std::string_view format, const std::vector<std::string>& valid, const std::vector<std::string>& invalid) {
  const FormatCheck check = find_format(format);
  ASSERT_NE(check, nullptr) << format;
  for (const std::string& text : valid) EXPECT_TRUE(check(text)) << format << ": " << text;
  for (const std::string& text : invalid) EXPECT_FALSE(check(text)) << format << ": " << text;
}

TEST(StringFormats, DatesAreDaysThatExist) {
  expect("date", {"2026-03-01", "2024-02-29", "2000-02-29", "0000-01-01"},
         {"", "2026-02-29", "1900-02-29", "2026-04-31", "2026-13-01", "2026-00-10", "2026-01-00", "2026-1-1",
          "20260301", "2026-03-01T", " 2026-03-01", "২026-03-01", "02026-03-01", "-2026-03-01"});
}

TEST(StringFormats, TimesHaveAZone) {
  expect("time", {"08:30:06Z", "08:30:06z", "23:59:59.999999999999+00:00", "00:00:00-23:59"},
         {"", "08:30:06", "24:00:00Z", "08:60:00Z", "08:30:61Z", "8:30:06Z", "08:30Z", "08:30:06.Z", "08:30:06+0100",
          "08:30:06+24:00", "08:30:06+01:60", "08:30:06 Z", "08:30:06|01:00"});
}

TEST(StringFormats, ALeapSecondEndsADayOfUtc) {
  expect("time", {"23:59:60Z", "15:59:60-08:00", "01:29:60+01:30", "23:29:60-00:30"},
         {"22:59:60Z", "23:58:60Z", "23:59:60+01:00", "16:59:60-08:00"});
}

TEST(StringFormats, DateTimes) {
  expect(
      "date-time",
      {"1963-06-19T08:30:06.283185Z", "1990-12-31t15:59:50.123-08:00", "1998-12-31T23:59:60Z", "2020-02-29T00:00:00z"},
      {"1990-02-31T15:59:59Z", "1990-12-31 15:59:59Z", "1990-12-31T15:59:59", "06/19/1963 08:30:06 PST",
       "2013-350T01:01:01Z", "1963-6-19T08:30:06Z", "1963-06-19T08:30:06.28৪Z", "1990-12-31T15:59:59-24:00",
       "T08:30:06Z", "1990-12-31T"});
}

TEST(StringFormats, Durations) {
  expect("duration", {"P4DT12H30M5S", "P4Y", "PT0S", "P1M", "PT1M", "PT36H", "P1DT12H", "P2W", "P1Y2M3D"},
         {"", "P", "PT", "P1", "P1YT", "4DT12H", "P1D2H", "P2D1Y", "P2S", "P1Y2W", "PT1D", "P1.5D", "p1d", "P১Y",
          "P1Y2D", "PT1H5S"});
}

TEST(StringFormats, MailAddresses) {
  expect("email",
         {"joe.bloggs@example.com", "te~st@example.com", "a@b", "\"joe bloggs\"@example.com",
          "\"joe\\\"@bloggs\"@example.com", "u@[127.0.0.1]", "u@[IPv6:::1]", std::string(64, 'a') + "@example.com"},
         {"", "2962", "a@", "@b", ".test@example.com", "test.@example.com", "te..st@example.com", "a b@example.com",
          "a@b c", "a@-b.com", "u@[127.0.0.300]", "u@[::1]", "\"a\"b\"@example.com",
          std::string(65, 'a') + "@example.com", "é@example.com"});
}

TEST(StringFormats, HostNames) {
  expect("hostname", {"www.example.com", "a", "1host", "xn--4gbwdl.xn--wgbh1c", std::string(63, 'a') + ".com"},
         {"", "-a.com", "a-.com", "a_b.com", "a..b", ".a", "a.", std::string(64, 'a') + ".com", "a b", "ä.de",
          "host\xc2\xa0",
          std::string(60, 'a') + "." + std::string(60, 'a') + "." + std::string(60, 'a') + "." + std::string(60, 'a') +
              "." + std::string(12, 'a')});
}

TEST(StringFormats, AddressesOfTheInternet) {
  expect("ipv4", {"192.168.0.1", "0.0.0.0", "255.255.255.255"},
         {"", "127.0.0.0.1", "256.1.1.1", "127.0", "087.10.0.1", "0x7f.0.0.1", "1.2.3.", "1..2.3", "1.2.3.4/24",
          " 1.2.3.4", "১.2.3.4"});
  expect("ipv6",
         {"::1", "::", "::abef", "1::", "2001:db8:85a3:8d3:1319:8a2e:370:7348", "::ffff:192.168.0.1",
          "1:2:3:4:5:6:1.2.3.4", "d6::", "1:2:3:4:5:6:7::"},
         {"", "12345::", ":", "1:1:1:1:1:1:1:1:1", "1:2:3:4:5:6:7:8:", ":2:3:4:5:6:7:8", "1::2::3", "::laptop",
          "fe80::1%eth0", "fe80::/64", "1:2:3:4:5:6:7::8", "::1.2.3", "1.2.3.4::", "1:2:3:4:5:6:7:1.2.3.4",
          ":::", "::1 ", "1:2:3:4:5:6:7"});
}

TEST(StringFormats, Uris) {
  expect("uri",
         {"http://foo.bar/?baz=qux#quux", "http://foo.com/blah_(wikipedia)_blah#cite-1",
          "http://foo.bar/?q=Test%20URL-encoded%20stuff", "http://xn--nw2a.xn--j6w193g/",
          "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com", "http://223.255.255.254",
          "ftp://ftp.is.co.za/rfc/rfc1808.txt", "ldap://[2001:db8::7]/c=GB?objectClass?one",
          "mailto:John.Doe@example.com", "tel:+1-816-555-1212", "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
          "http://[v1.fe]/", "a:", "http://h:"},
         {"", "//foo.bar/?baz", "/abc", "\\\\WINDOWS\\fileshare", "abc", "http:// shouldfail.com", ":// should fail",
          "bar,baz:8080", "https://[@example.org/test.txt", "http://h:8a", "http://[::1", "http://[::1]x",
          "http://a/%zz", "http://a/%2", "http://a\x01", "1a:b", "http://é.example", "http://a/#b#c", "http://a/[b]"});
  expect("uri-reference",
         {"", "/abc", "abc", "#fragment", "?q", "//foo.bar/?baz=qux#quux", "http://a", "./this:that", "a/b:c"},
         {"\\\\WINDOWS\\fileshare", "#frag\\ment", "1:2", "a b", "%"});
  expect("uri-template",
         {"http://example.com/dictionary/{term:1}/{term}", "dictionary/{?a,b*}", "", "{+path}/x", "{#a.b}"},
         {"{term:1}/{term", "{}", "{a:0}", "{a:12345}", "}", "{a b}", "a b", "{=a}", "%2"});
}

TEST(StringFormats, Pointers) {
  expect("json-pointer", {"", "/", "/foo/bar~0/baz~1/%a", "/foo//bar", "//"}, {"/foo/bar~", "a", "#/a", "/~2", "0"});
  expect("relative-json-pointer", {"1", "0/foo/bar", "2/0/baz", "0#", "120/a"},
         {"", "/foo", "-1/a", "0##", "01/a", "+1", "1a"});
}

TEST(StringFormats, ExpressionsAndIdentifiers) {
  expect("regex", {"^a+$", "([abc])+\\s+$", ""}, {"^(abc]", "a{2,1}", "[", "\\"});
  expect("uuid",
         {"2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08-aa98-11ea-b4aa-73b441d16380",
          "00000000-0000-0000-0000-000000000000"},
         {"", "2eb8aa08-aa98-11ea-b4aa-73b441d1638", "2eb8aa08aa9811eab4aa73b441d16380",
          "2eb8aa08-aa98-11ea-b4aa73b441d16380-", "2eb8aa08-aa98-11eag-b4aa-73b441d1638",
          "2eb8-aa08-aa98-11ea-b4aa73b44-1d16380", "{2eb8aa08-aa98-11ea-b4aa-73b441d16380}"});
}

TEST(StringFormats, OthersAreNotKnown) {
  for (const char* name : {"", "Date", "iri", "idn-email", "idn-hostname", "colour"})
    EXPECT_EQ(find_format(name), nullptr) << name;
}

}  // namespace
}  // namespace eventbus::schemas
