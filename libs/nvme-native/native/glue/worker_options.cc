// What src/worker/check-options.ts has checked, as the core wants it.
#include "convert.h"

namespace assay::glue {
namespace {

template <typename Take>
void ForEach(const Napi::Object& object, const char* key, Take take) {
  const auto list = object.Get(key).As<Napi::Array>();
  for (uint32_t i = 0; i < list.Length(); i++) take(Napi::Value(list[i]));
}

ErrorAction ActionOf(const std::string& name) {
  return name == "stop" ? ErrorAction::kStop : name == "count" ? ErrorAction::kCount : name == "freeze" ? ErrorAction::kFreeze : ErrorAction::kIgnore;
}

Direction DirectionOf(const std::string& name) {
  return name == "from-device" ? Direction::kFromDevice : name == "to-device" ? Direction::kToDevice : Direction::kNone;
}

// An opcode that the core has no line for is what its user says it is.
NvmOperation Foreign(uint8_t opcode, const Napi::Object& o) {
  NvmOperation operation{opcode, Addressing::kNone, Direction::kNone, Effect::kNone};
  if (!o.Has("data")) return operation;
  operation.addressing = Flag(o, "addressed") ? Addressing::kCdw : Addressing::kNone;
  operation.data = DirectionOf(Text(o, "data"));
  const bool moves_anything = opcode == nvm_opcode::kCopy || opcode == nvm_opcode::kZoneAppend || opcode == nvm_opcode::kZoneManagementSend;
  if (moves_anything) {
    operation.effect = Effect::kAnywhere;
  } else if (operation.data == Direction::kToDevice) {
    operation.effect = operation.addressing == Addressing::kCdw ? Effect::kUnknown : Effect::kAnywhere;
  }
  return operation;
}

WorkerOperation OperationOf(const Napi::Object& o) {
  WorkerOperation what{};
  const auto opcode = static_cast<uint8_t>(U32(o, "opcode"));
  const NvmOperation* known = FindNvmOperation(opcode);
  what.operation = known != nullptr ? *known : Foreign(opcode, o);
  if (o.Has("dataBytes")) what.data_bytes = U32(o, "dataBytes");
  if (!o.Has("cdw")) return what;
  const auto cdw = o.Get("cdw").As<Napi::Array>();
  uint32_t* const words[] = {&what.bits.cdw2,  &what.bits.cdw3,  &what.bits.cdw10, &what.bits.cdw11,
                             &what.bits.cdw12, &what.bits.cdw13, &what.bits.cdw14, &what.bits.cdw15};
  for (uint32_t i = 0; i < std::size(words); i++) *words[i] = Napi::Value(cdw[i]).As<Napi::Number>();
  return what;
}

// Four columns of the same length.
std::vector<SequenceStep> SequenceOf(const Napi::Value& value) {
  std::vector<SequenceStep> sequence;
  if (!value.IsObject()) return sequence;
  const auto o = value.As<Napi::Object>();
  const auto at = o.Get("atNs").As<Napi::BigUint64Array>();
  const auto opcode = o.Get("opcode").As<Napi::Uint8Array>();
  const auto slba = o.Get("slba").As<Napi::BigUint64Array>();
  const auto lbas = o.Get("lbas").As<Napi::Uint32Array>();
  assert(at.ElementLength() <= kMaxSequenceSteps && opcode.ElementLength() == at.ElementLength() && slba.ElementLength() == at.ElementLength() &&
         lbas.ElementLength() == at.ElementLength());
  sequence.reserve(at.ElementLength());
  for (size_t i = 0; i < at.ElementLength(); i++) sequence.push_back({at[i], {opcode[i], slba[i], lbas[i]}});
  return sequence;
}

PayloadOptions PayloadOf(const Napi::Object& o) {
  const std::string kind = Text(o, "kind");
  PayloadOptions payload;
  payload.kind = kind == "constant" ? PayloadKind::kConstant : kind == "random" ? PayloadKind::kRandom : PayloadKind::kMarked;
  payload.word = U32(o, "word");
  payload.zero_percent = U32(o, "zeroPercent");
  return payload;
}

// Command dwords 12 and 15, and tags.
WorkerProtectionOptions ProtectionOf(const Napi::Object& o) {
  WorkerProtectionOptions protection;
  protection.cdw12 = U32(o, "bits");
  protection.reference_tag = U64(o, "referenceTag");
  protection.storage_tag = U64(o, "storageTag");
  protection.storage_mask = U64(o, "storageMask");
  protection.application_tag = static_cast<uint16_t>(U32(o, "cdw15"));
  protection.application_mask = static_cast<uint16_t>(U32(o, "cdw15") >> 16);
  return protection;
}

PatternOptions PatternOptionsOf(const Napi::Object& o) {
  PatternOptions pattern;
  ForEach(o, "sizes", [&](const Napi::Value& value) {
    const auto size = value.As<Napi::Object>();
    pattern.sizes.push_back({U32(size, "lbas"), U32(size, "weight"), size.Has("alignLbas") ? U32(size, "alignLbas") : 0});
  });
  ForEach(o, "operations", [&](const Napi::Value& value) {
    const auto share = value.As<Napi::Object>();
    const bool placed = OperationOf(share).operation.addressing != Addressing::kNone;
    pattern.operations.push_back({static_cast<uint8_t>(U32(share, "opcode")), U32(share, "percent"), placed});
  });
  ForEach(o, "distribution", [&](const Napi::Value& value) { pattern.distribution.push_back(value.As<Napi::Number>()); });
  pattern.random_percent = U32(o, "randomPercent");
  pattern.read_percent = U32(o, "readPercent");
  pattern.region_start = U64(o, "regionStartLba");
  pattern.region_lbas = U64(o, "regionLbas");
  pattern.align_lbas = U32(o, "alignLbas");
  if (o.Get("stepLbas").IsNumber()) pattern.step_lbas = o.Get("stepLbas").As<Napi::Number>().Int64Value();
  if (o.Get("startLba").IsBigInt()) pattern.start_lba = U64(o, "startLba");
  pattern.flush_every = U32(o, "flushEvery");
  pattern.seed = U64(o, "seed");
  return pattern;
}

}  // namespace

WorkerOptions WorkerOptionsOf(const Napi::Object& o) {
  WorkerOptions options;
  options.pattern = PatternOptionsOf(o);
  ForEach(o, "operations", [&](const Napi::Value& value) { options.operations.push_back(OperationOf(value.As<Napi::Object>())); });
  options.sequence = SequenceOf(o.Get("sequence"));
  options.payload = PayloadOf(o.Get("payload").As<Napi::Object>());
  if (o.Get("protection").IsObject()) options.protection = ProtectionOf(o.Get("protection").As<Napi::Object>());
  ForEach(o, "placement", [&](const Napi::Value& value) {
    const auto share = value.As<Napi::Object>();
    options.placement.push_back({static_cast<uint16_t>(U32(share, "identifier")), U32(share, "weight")});
  });
  options.last_commands = U32(o, "lastCommands");
  options.skip_uncorrectable = Flag(o, "skipUncorrectable");
  options.priority = static_cast<uint8_t>(U32(o, "priority"));
  options.spin = Flag(o, "spin");
  options.worker = U32(o, "worker");
  options.depth = U32(o, "depth");
  options.iops = Float(o, "iops");
  options.time_ns = static_cast<uint64_t>(Float(o, "timeMs") * 1e6);
  options.io_count = static_cast<uint64_t>(Float(o, "ioCount"));
  options.passes = static_cast<uint64_t>(Float(o, "passes"));
  options.verify = Flag(o, "verify");
  options.exclusive = Flag(o, "exclusive");
  options.on_error = ActionOf(Text(o, "onError"));
  ForEach(o, "onStatus", [&](const Napi::Value& value) {
    const auto policy = value.As<Napi::Object>();
    options.on_status.push_back({static_cast<uint8_t>(U32(policy, "sct")), static_cast<uint8_t>(U32(policy, "sc")), ActionOf(Text(policy, "action"))});
  });
  options.sample_ns = static_cast<uint64_t>(Float(o, "sampleMs") * 1e6);
  options.histogram_ns = static_cast<uint64_t>(Float(o, "histogramMs") * 1e6);
  return options;
}

}  // namespace assay::glue
