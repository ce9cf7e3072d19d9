// archive    = local… central… end          all numbers little-endian (APPNOTE.TXT 6.3)
// local      = "PK\3\4" head length-of-name 0 name bytes
// central    = "PK\1\2" made-by head length-of-name 0 0 0 0 attributes offset-of-local name
// head       = version 0 flags method time date crc32 size size
// end        = "PK\5\6" 0 0 count count size-of-central offset-of-central 0

#include "schemas/zip_archive.h"

#include <boost/crc.hpp>

#include <cstdint>
#include <string_view>

namespace eventbus::schemas {

namespace {

class Bytes {
 public:
  Bytes& u16(std::uint32_t value) { return number(value, 2); }
  Bytes& u32(std::uint32_t value) { return number(value, 4); }
  Bytes& text(std::string_view bytes) {
    out_ += bytes;
    return *this;
  }
  std::uint32_t size() const { return static_cast<std::uint32_t>(out_.size()); }
  std::string take() { return std::move(out_); }

 private:
  Bytes& number(std::uint32_t value, int bytes) {
    for (int i = 0; i < bytes; ++i) out_ += static_cast<char>(value >> (8 * i) & 0xff);
    return *this;
  }
  std::string out_;
};

constexpr std::uint32_t kVersion = 20;  // 2.0: folders in paths
constexpr std::uint32_t kMadeOnUnix = 3 << 8;
constexpr std::uint32_t kUtf8 = 1 << 11;
constexpr std::uint32_t kStored = 0;
constexpr std::uint32_t kDate = 0x21;  // 1 January 1980, the first there is
constexpr std::uint32_t kReadableFile = 0100644U << 16;

std::uint32_t crc32(std::string_view bytes) {
  boost::crc_32_type crc;
  crc.process_bytes(bytes.data(), bytes.size());
  return crc.checksum();
}

void put_head(Bytes& out, const SourceFile& file) {
  const auto size = static_cast<std::uint32_t>(file.text.size());
  out.u16(kVersion).u16(kUtf8).u16(kStored).u16(0).u16(kDate).u32(crc32(file.text)).u32(size).u32(size);
  out.u16(static_cast<std::uint32_t>(file.path.size())).u16(0);
}

}  // namespace

std::string zip_archive(std::span<const SourceFile> files) {
  Bytes archive, central;
  for (const SourceFile& file : files) {
    const std::uint32_t offset = archive.size();
    archive.text("PK\3\4");
    put_head(archive, file);
    archive.text(file.path).text(file.text);
    central.text("PK\1\2").u16(kVersion | kMadeOnUnix);
    put_head(central, file);
    central.u16(0).u16(0).u16(0).u32(kReadableFile).u32(offset).text(file.path);
  }
  const std::uint32_t begin = archive.size(), size = central.size();
  const auto count = static_cast<std::uint32_t>(files.size());
  archive.text(central.take()).text("PK\5\6").u16(0).u16(0).u16(count).u16(count).u32(size).u32(begin).u16(0);
  return archive.take();
}

}  // namespace eventbus::schemas
