// Protection information: what workers make and compare, and what the software drive does with it (NVM Command Set 1.0, 5.3),
// with every guard and storage tag of a drive's LBA formats. Guards and tuples themselves: protection_tuple_test.cc.
#include "model/nvm/protection.h"

#include <vector>

#include "core/worker/worker_protection.h"
#include "model/statuses.h"
#include "check.h"

using namespace assay;

namespace {

constexpr uint32_t kLbaBytes = 512;
constexpr uint16_t kTag = 0xbeef;
constexpr uint64_t kStoredTag = 0x123456789abcdef0;  // of type 3
constexpr uint64_t kStorageTag = 0xfedcba9876543210;
constexpr uint64_t kLba = (uint64_t{3} << 32) + 77;
using Bytes = std::vector<uint8_t>;

struct TupleKind {
  Guard guard;
  uint32_t storage_bits;
};
constexpr TupleKind kKinds[] = {{Guard::k16, 0},  {Guard::k16, 16}, {Guard::k16, 32}, {Guard::k32, 16}, {Guard::k32, 37},
                                {Guard::k32, 64}, {Guard::k64, 0},  {Guard::k64, 18}, {Guard::k64, 48}};

// A sector with its metadata, as a worker makes them.
struct Protected {
  explicit Protected(const ProtectionFormat& with, uint16_t mask = 0xffff, uint64_t storage_mask = UINT64_MAX)
      : format(with),
        worker({.cdw12 = 0, .reference_tag = kStoredTag, .storage_tag = kStorageTag, .storage_mask = storage_mask, .application_tag = kTag, .application_mask = mask}, with),
        data(kLbaBytes, 0x5a),
        metadata(with.metadata_bytes, 0xee) {
    worker.Make(kLba, data.data(), metadata.data());
  }
  std::optional<Miscompare> Check(uint64_t lba = kLba) const { return worker.Check(lba, data.data(), metadata.data()); }
  ProtectionTuple tuple() const { return LoadTuple(format, metadata.data()); }
  void Store(const ProtectionTuple& tuple) { StoreTuple(format, tuple, metadata.data()); }

  ProtectionFormat format;
  WorkerProtection worker;
  Bytes data, metadata;
};

// With as many bytes of metadata beside the tuple as it has itself.
ProtectionFormat Format(uint32_t type, bool first = false, TupleKind kind = kKinds[0]) {
  return {type, first, kLbaBytes, 2 * TupleBytes(kind.guard), kind.guard, kind.storage_bits};
}

uint64_t ReferenceTag(const ProtectionFormat& format) { return (format.type == 3 ? kStoredTag : kLba) & format.ReferenceMask(); }

template <typename Body>
void ForEachFormat(Body body) {
  for (const TupleKind& kind : kKinds) {
    for (const uint32_t type : {1, 2, 3}) body(Format(type, false, kind));
  }
}

void WorkersMakeWholeTuples() {
  for (const TupleKind& kind : kKinds) {
    for (const uint32_t type : {1, 2, 3}) {
      for (const bool first : {false, true}) {
        const Protected made(Format(type, first, kind));
        const uint32_t bytes = TupleBytes(kind.guard), at = first ? 0 : bytes;
        // What stands beside the tuple is zero, and in front of it guarded.
        for (uint32_t i = 0; i < bytes; i++) CHECK(made.metadata[first ? bytes + i : i] == 0);
        const ProtectionTuple tuple = made.tuple();
        CHECK(tuple.application == kTag && tuple.reference == ReferenceTag(made.format) && tuple.storage == (kStorageTag & made.format.StorageMask()));
        CHECK(tuple.guard == GuardOf(made.format, made.data.data(), made.metadata.data()) && made.format.Offset() == at && !made.Check());
      }
    }
  }
}

void WorkersFindEachPartThatIsWrong() {
  ForEachFormat([](const ProtectionFormat& format) {
    const Protected right(format);
    // Of another sector.
    CHECK(right.Check(kLba + 1).has_value() == (format.type != 3 && format.ReferenceBits() != 0));
    for (const int part : {0, 1, 2, 3}) {
      Protected wrong(format);
      ProtectionTuple tuple = right.tuple();
      if (part == 0) tuple.guard ^= 1;
      if (part == 1) tuple.application ^= 1;
      if (part == 2) tuple.reference ^= 1;
      if (part == 3) tuple.storage ^= 1;
      wrong.Store(tuple);
      const auto found = wrong.Check();
      const bool there = part == 2 ? format.ReferenceBits() != 0 : part == 3 ? format.storage_bits != 0 : true;
      CHECK(found.has_value() == there);
      if (!found) continue;
      CHECK(found->kind == MiscompareKind::kProtectionInformation && found->lba == kLba && found->expected != found->got);
      CHECK(found->expected.size() == 2 * format.TupleBytes() && found->got.size() == 2 * format.TupleBytes());
    }
    // The data, and the metadata in front of the tuple.
    Protected data(format), beside(format);
    data.data[kLbaBytes - 1] ^= 1;
    beside.metadata[format.Offset() - 1] ^= 1;
    CHECK(data.Check() && beside.Check());
  });
}

void WhatIsNotComparedIsRight() {
  ForEachFormat([](const ProtectionFormat& format) {
    Protected masked(format, 0xff0f, 0x6);
    ProtectionTuple tuple = masked.tuple();
    tuple.application ^= 0xf0;
    tuple.storage ^= 0xf9 & format.StorageMask();
    masked.Store(tuple);
    CHECK(!masked.Check());
    tuple.application ^= 1;
    masked.Store(tuple);
    CHECK(masked.Check());
    tuple.application ^= 1;
    tuple.storage ^= 2;
    masked.Store(tuple);
    CHECK(masked.Check().has_value() == (format.storage_bits != 0));
    // All ones: of type 3 in both tags, where there are two.
    Protected escaped(format);
    escaped.Store({.guard = 1, .application = 0xffff, .reference = 5, .storage = 1});
    CHECK(escaped.Check().has_value() == (format.type == 3 && format.ReferenceBits() != 0));
    escaped.Store({.guard = 1, .application = 0xffff, .reference = UINT64_MAX, .storage = 1});
    CHECK(!escaped.Check());
  });
}

// Without data of its own a write has the drive make them.
void CommandsAskForWhatTheOptionsSay() {
  constexpr uint32_t kChecks = 5u << 26;
  for (const TupleKind& kind : kKinds) {
    const ProtectionFormat format = Format(1, false, kind);
    const WorkerProtection worker({.cdw12 = kChecks, .storage_tag = kStorageTag, .application_tag = kTag, .application_mask = 0xff0f}, format);
    for (const bool writes : {false, true}) {
      for (const bool data : {false, true}) {
        Sqe sqe{};
        sqe.cdw12 = 7;
        worker.Ask(&sqe, kLba, writes, data);
        const ProtectionTags tags = TagsOf(format, sqe);
        CHECK(sqe.cdw12 == (7 | (writes && !data ? kCdw12ProtectionAction : kChecks)) && sqe.cdw15 == 0xff0fbeef);
        CHECK(tags.reference == (kLba & format.ReferenceMask()) && tags.storage == (kStorageTag & format.StorageMask()));
      }
    }
  }
}

void TheDriveComparesWhatIsAsked() {
  ForEachFormat([](const ProtectionFormat& format) {
    Protected sector(format);
    model::NamespaceProtection compared{format, 0xf2};
    model::ProtectionRequest request;
    request.guard = request.application = request.storage = true;
    request.reference = true;
    request.application_tag = kTag;
    request.application_mask = 0xff0f;
    request.tags.storage = kStorageTag & format.StorageMask();
    // The second sector of a command.
    request.tags.reference = ReferenceTag(format) - (format.type == 3 ? 0 : 1);
    const auto check = [&] { return model::CheckProtection(compared, request, 1, sector.data.data(), sector.metadata.data()); };
    const ProtectionTuple right = sector.tuple();
    CHECK(check() == 0);
    ProtectionTuple tuple = right;
    tuple.application ^= 0xf0;
    tuple.storage ^= 0xd & format.StorageMask();
    sector.Store(tuple);
    CHECK(check() == 0);
    struct {
      ProtectionTuple tuple;
      bool model::ProtectionRequest::*asked;
      uint16_t status;
      bool there;
    } parts[] = {{right, &model::ProtectionRequest::guard, model::status::kGuardCheck, true},
                 {right, &model::ProtectionRequest::application, model::status::kApplicationTagCheck, true},
                 {right, &model::ProtectionRequest::reference, model::status::kReferenceTagCheck, format.ReferenceBits() != 0},
                 {right, &model::ProtectionRequest::storage, model::status::kStorageTagCheck, format.storage_bits != 0}};
    parts[0].tuple.guard ^= 1;
    parts[1].tuple.application ^= 1;
    parts[2].tuple.reference ^= 1;
    parts[3].tuple.storage ^= 2;
    for (const auto& part : parts) {
      sector.Store(part.tuple);
      CHECK(check() == (part.there ? part.status : 0));
      request.*part.asked = false;
      CHECK(check() == 0);
      request.*part.asked = true;
    }
    sector.Store({.guard = 1, .application = 0xffff, .reference = 5, .storage = 0});
    CHECK(check() == (format.type == 3 && format.ReferenceBits() != 0 ? model::status::kGuardCheck : 0));
    // What the drive makes is what it compares.
    model::Protect(format, request, 1, sector.data.data(), sector.metadata.data());
    CHECK(check() == 0 && sector.tuple().reference == right.reference && sector.tuple().application == kTag && sector.tuple().storage == right.storage);
  });
}

// Tags go round in as many bits as they have.
void AllOnesAreFollowedByZero() {
  for (const TupleKind& kind : kKinds) {
    const ProtectionFormat format = Format(2, false, kind);
    model::ProtectionRequest request;
    request.tags.reference = format.ReferenceMask();
    CHECK(model::ReferenceOf(format, request, 0) == format.ReferenceMask() && model::ReferenceOf(format, request, 1) == 0);
    CHECK(model::ReferenceOf(format, request, 6) == (5 & format.ReferenceMask()));
  }
}

// Of type 1 the initial tag is the LBA's low part where tags are made or compared; of type 3 nobody compares them.
void RequestsThatCannotBeMetAreRefused() {
  enum { kNothing, kReference, kMakes };
  for (const TupleKind& kind : kKinds) {
    for (const uint32_t type : {0, 1, 2, 3}) {
      for (const int asked : {kNothing, kReference, kMakes}) {
        for (const bool generates : {false, true}) {
          for (const uint64_t tag : {kLba, kLba + 1}) {
            const ProtectionFormat format = Format(type, false, kind);
            model::ProtectionRequest request;
            request.reference = asked == kReference;
            request.action = asked == kMakes;
            request.tags.reference = tag & format.ReferenceMask();
            const bool uses = asked == kReference || (asked == kMakes && generates);
            const bool refused = format.ReferenceBits() != 0 && ((type == 1 && uses && tag != kLba) || (type == 3 && asked == kReference));
            CHECK(model::CheckRequest(format, request, kLba, generates) == (refused ? model::status::kInvalidProtection : 0));
          }
        }
      }
    }
  }
}

}  // namespace

void TestProtection() {
  WorkersMakeWholeTuples();
  WorkersFindEachPartThatIsWrong();
  WhatIsNotComparedIsRight();
  CommandsAskForWhatTheOptionsSay();
  TheDriveComparesWhatIsAsked();
  AllOnesAreFollowedByZero();
  RequestsThatCannotBeMetAreRefused();
}
