// Protection information: what workers make and compare, and what the software drive does with it (NVM Command Set 1.0, 5.3).
#include "model/nvm/protection.h"

#include <cstring>
#include <string>
#include <vector>

#include "core/worker/worker_protection.h"
#include "model/statuses.h"
#include "check.h"

using namespace assay;

namespace {

constexpr uint32_t kLbaBytes = 512;
constexpr uint16_t kTag = 0xbeef;
constexpr uint32_t kStoredTag = 0x12345678;  // of type 3
constexpr uint64_t kLba = (uint64_t{3} << 32) + 77;
using Bytes = std::vector<uint8_t>;

// A sector with its metadata, as a worker makes them.
struct Protected {
  explicit Protected(const ProtectionFormat& with, uint16_t mask = 0xffff)
      : format(with), worker({.cdw12 = 0, .reference_tag = kStoredTag, .application_tag = kTag, .application_mask = mask}, with), data(kLbaBytes, 0x5a), metadata(with.metadata_bytes, 0xee) {
    worker.Make(kLba, data.data(), metadata.data());
  }
  std::optional<Miscompare> Check(uint64_t lba = kLba) const { return worker.Check(lba, data.data(), metadata.data()); }
  ProtectionTuple tuple() const { return LoadTuple(format, metadata.data()); }
  void Store(const ProtectionTuple& tuple) { StoreTuple(format, tuple, metadata.data()); }

  ProtectionFormat format;
  WorkerProtection worker;
  Bytes data, metadata;
};

ProtectionFormat Format(uint32_t type, bool first = false, uint32_t metadata_bytes = 16) { return {type, first, kLbaBytes, metadata_bytes}; }

void TheGuardIsT10s() {
  const std::string check = "123456789";
  CHECK(GuardCrc(reinterpret_cast<const uint8_t*>(check.data()), check.size()) == 0xd0db);
  // In parts as in one, whatever the parts.
  Bytes data(40);
  for (size_t i = 0; i < data.size(); i++) data[i] = static_cast<uint8_t>(i * 37 + 1);
  for (size_t at = 0; at <= data.size(); at++) CHECK(GuardCrc(&data[0] + at, data.size() - at, GuardCrc(data.data(), at)) == GuardCrc(data.data(), data.size()));
}

void WorkersMakeWholeTuples() {
  for (const uint32_t type : {1, 2, 3}) {
    for (const bool first : {false, true}) {
      const Protected made(Format(type, first));
      const uint32_t at = first ? 0 : 8;
      // Big endian; what stands beside the tuple is zero, and in front of it guarded.
      for (uint32_t i = 0; i < 8; i++) CHECK(made.metadata[first ? 8 + i : i] == 0);
      CHECK(made.metadata[at + 2] == 0xbe && made.metadata[at + 3] == 0xef);
      const ProtectionTuple tuple = made.tuple();
      CHECK(tuple.application == kTag && tuple.reference == (type == 3 ? kStoredTag : 77));
      CHECK(tuple.guard == GuardCrc(made.metadata.data(), at, GuardCrc(made.data.data(), kLbaBytes)) && !made.Check());
    }
  }
}

void WorkersFindEachPartThatIsWrong() {
  for (const uint32_t type : {1, 2, 3}) {
    const Protected right(Format(type));
    CHECK(right.Check(kLba + 1).has_value() == (type != 3));
    for (const int part : {0, 1, 2}) {
      Protected wrong(Format(type));
      ProtectionTuple tuple = right.tuple();
      if (part == 0) tuple.guard ^= 1;
      if (part == 1) tuple.application ^= 1;
      if (part == 2) tuple.reference ^= 1;
      wrong.Store(tuple);
      const auto found = wrong.Check();
      CHECK(found && found->kind == MiscompareKind::kProtectionInformation && found->lba == kLba && found->expected != found->got);
    }
    // The data, and the metadata in front of the tuple.
    Protected data(Format(type)), beside(Format(type));
    data.data[kLbaBytes - 1] ^= 1;
    beside.metadata[7] ^= 1;
    CHECK(data.Check() && beside.Check());
  }
}

void WhatIsNotComparedIsRight() {
  Protected masked(Format(1), 0xff0f);
  ProtectionTuple tuple = masked.tuple();
  tuple.application ^= 0xf0;
  masked.Store(tuple);
  CHECK(!masked.Check());
  tuple.application ^= 1;
  masked.Store(tuple);
  CHECK(masked.Check());
  // All ones: of type 3 in both tags.
  for (const uint32_t type : {1, 2, 3}) {
    Protected escaped(Format(type));
    escaped.Store({.guard = 1, .application = 0xffff, .reference = 5});
    CHECK(escaped.Check().has_value() == (type == 3));
    escaped.Store({.guard = 1, .application = 0xffff, .reference = UINT32_MAX});
    CHECK(!escaped.Check());
  }
}

// Without data of its own a write has the drive make them.
void CommandsAskForWhatTheOptionsSay() {
  constexpr uint32_t kChecks = 5u << 26;
  const WorkerProtection worker({.cdw12 = kChecks, .application_tag = kTag, .application_mask = 0xff0f}, Format(1));
  for (const bool writes : {false, true}) {
    for (const bool data : {false, true}) {
      Sqe sqe{};
      sqe.cdw12 = 7;
      worker.Ask(&sqe, kLba, writes, data);
      CHECK(sqe.cdw12 == (7 | (writes && !data ? kCdw12ProtectionAction : kChecks)) && sqe.cdw14 == 77 && sqe.cdw15 == 0xff0fbeef);
    }
  }
}

void TheDriveComparesWhatIsAsked() {
  for (const uint32_t type : {1, 2, 3}) {
    const ProtectionFormat format = Format(type);
    Protected sector(format);
    model::ProtectionRequest request;
    request.guard = request.application = request.reference = true;
    request.application_tag = kTag;
    request.application_mask = 0xff0f;
    // The second sector of a command.
    request.reference_tag = type == 3 ? kStoredTag : 76;
    const auto check = [&] { return model::CheckProtection(format, request, 1, sector.data.data(), sector.metadata.data()); };
    const ProtectionTuple right = sector.tuple();
    CHECK(check() == 0);
    ProtectionTuple tuple = right;
    tuple.application ^= 0xf0;
    sector.Store(tuple);
    CHECK(check() == 0);
    struct {
      ProtectionTuple tuple;
      bool model::ProtectionRequest::*asked;
      uint16_t status;
    } const parts[] = {{{static_cast<uint16_t>(right.guard ^ 1), right.application, right.reference}, &model::ProtectionRequest::guard, model::status::kGuardCheck},
                       {{right.guard, static_cast<uint16_t>(right.application ^ 1), right.reference}, &model::ProtectionRequest::application, model::status::kApplicationTagCheck},
                       {{right.guard, right.application, right.reference ^ 1}, &model::ProtectionRequest::reference, model::status::kReferenceTagCheck}};
    for (const auto& part : parts) {
      sector.Store(part.tuple);
      CHECK(check() == part.status);
      request.*part.asked = false;
      CHECK(check() == 0);
      request.*part.asked = true;
    }
    sector.Store({.guard = 1, .application = 0xffff, .reference = 5});
    CHECK(check() == (type == 3 ? model::status::kGuardCheck : 0));
    // What the drive makes is what it compares.
    model::Protect(format, request, 1, sector.data.data(), sector.metadata.data());
    CHECK(check() == 0 && sector.tuple().reference == right.reference && sector.tuple().application == kTag);
  }
}

// Of type 1 the initial tag is the LBA's low part where tags are made or compared; of type 3 nobody compares them.
void RequestsThatCannotBeMetAreRefused() {
  enum { kNothing, kReference, kMakes };
  for (const uint32_t type : {0, 1, 2, 3}) {
    for (const int asked : {kNothing, kReference, kMakes}) {
      for (const bool generates : {false, true}) {
        for (const uint32_t tag : {77, 78}) {
          model::ProtectionRequest request;
          request.reference = asked == kReference;
          request.action = asked == kMakes;
          request.reference_tag = tag;
          const bool uses = asked == kReference || (asked == kMakes && generates);
          const bool refused = (type == 1 && uses && tag == 78) || (type == 3 && asked == kReference);
          CHECK(model::CheckRequest(Format(type), request, kLba, generates) == (refused ? model::status::kInvalidProtection : 0));
        }
      }
    }
  }
}

}  // namespace

void TestProtection() {
  TheGuardIsT10s();
  WorkersMakeWholeTuples();
  WorkersFindEachPartThatIsWrong();
  WhatIsNotComparedIsRight();
  CommandsAskForWhatTheOptionsSay();
  TheDriveComparesWhatIsAsked();
  RequestsThatCannotBeMetAreRefused();
}
