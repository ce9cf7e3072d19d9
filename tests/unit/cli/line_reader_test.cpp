#include "cli/line_reader.h"

#include "tests/support/temp_dir.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>
#include <vector>

namespace eventbus::cli {
namespace {

class Lines : public ::testing::Test {
 protected:
  std::vector<std::string> read(const std::string& text, std::size_t line_bytes_max = LineReader::kLineBytesMax) {
    const std::string path = (directory_.path() / "lines").string();
    std::ofstream(path, std::ios::binary) << text;
    auto file = FileDescriptor::open(path);
    EXPECT_TRUE(file);
    LineReader lines(
        std::move(*file), [] {}, line_bytes_max);
    std::vector<std::string> found;
    while (true) {
      const auto line = lines.next();
      EXPECT_TRUE(line);
      if (!line || !*line) return found;
      EXPECT_EQ((*line)->number, found.size() + 1);
      found.push_back((*line)->too_long ? "too long: " + std::string((*line)->text) : std::string((*line)->text));
    }
  }

  testing::TempDir directory_;
};

TEST_F(Lines, EndWithTheLineEndOrTheFile) {
  EXPECT_EQ(read(""), std::vector<std::string>());
  EXPECT_EQ(read("a"), std::vector<std::string>({"a"}));
  EXPECT_EQ(read("a\n\nb\n"), std::vector<std::string>({"a", "", "b"}));
}

TEST_F(Lines, MayBeLongerThanTheBufferAndLieAcrossItsEnds) {
  std::vector<std::string> expected;
  std::string text;
  for (std::size_t i = 0; i < 200; ++i) {
    expected.emplace_back(i % 17 == 3 ? 1'000'000 : i * 997 % 20'000, static_cast<char>('a' + i % 26));
    text += expected.back() + "\n";
  }
  EXPECT_EQ(read(text), expected);
}

TEST_F(Lines, BeyondTheBoundArePassedOver) {
  const std::string longer(1'000'000, 'x');
  EXPECT_EQ(
      read("a\n" + longer + "\nb\n" + longer, 10),
      std::vector<std::string>({"a", "too long: " + std::string(64, 'x'), "b", "too long: " + std::string(64, 'x')}));
  EXPECT_EQ(read("0123456789\n0123456789a\nb", 10).at(1), "too long: 0123456789a");
}

TEST(FileDescriptor, SaysWhichFileCannotBeRead) {
  const auto file = FileDescriptor::open("/nowhere/at all");
  ASSERT_FALSE(file);
  EXPECT_EQ(file.error().message, "/nowhere/at all: No such file or directory");
}

}  // namespace
}  // namespace eventbus::cli
