// What a command does beside answering (NVMe Base 2.0, figure 211).
#pragma once
#include <cstdint>

namespace assay::model::effect {

constexpr uint32_t kSupported = 1 << 0;
constexpr uint32_t kContent = 1 << 1;       // of logical blocks
constexpr uint32_t kCapabilities = 1 << 2;  // of a namespace
constexpr uint32_t kInventory = 1 << 3;     // of namespaces

}  // namespace assay::model::effect
