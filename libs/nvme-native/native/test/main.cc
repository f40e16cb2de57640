// native_test [suite]: runs the named suite, or all but the measurements.  native_test list: their names.
// native_test victim <folder> <seed>: victim.cc
#include <cstring>
#include <string>

#include "check.h"

void TestEvent();
void TestHistogram();
void TestStamp();
void TestPrp();
void TestCmdlog();
void TestQpair();
void TestQpairTimeouts();
void TestResets();
void TestBare();
void TestRingQpair();
void TestRingCompletions();
void TestPattern();
void TestWorker();
void TestWorkerStatistics();
void TestStress();
void TestVerifyTable();
void TestVerifyDurability();
void TestVerifyUnreadable();
void TestVerifyCheck();
void TestUncleanStop();
void TestUncleanStopAtRandom();
void TestTrackedIo();
void TestPowerLoss();
void TestKeyValues();
void TestProtection();
void TestProtectionTuple();
void TestClassification();
void TestReclaimUnits();
void TestPlacement();
void PrintBuckets();
void MeasureCmdlog();
void RunVictim(const std::string& folder, uint64_t seed);

namespace {
struct Suite {
  const char* name;
  void (*run)();
  bool by_default;
};
constexpr Suite kSuites[] = {
    {"event", TestEvent, true},
    {"histogram", TestHistogram, true},
    {"stamp", TestStamp, true},
    {"prp", TestPrp, true},
    {"cmdlog", TestCmdlog, true},
    {"pattern", TestPattern, true},
    {"worker", TestWorker, true},
    {"worker-statistics", TestWorkerStatistics, true},
    {"qpair", TestQpair, true},
    {"qpair-timeouts", TestQpairTimeouts, true},
    {"verify-table", TestVerifyTable, true},
    {"verify-durability", TestVerifyDurability, true},
    {"verify-unreadable", TestVerifyUnreadable, true},
    {"verify-check", TestVerifyCheck, true},
    {"unclean-stop", TestUncleanStop, true},
    {"unclean-stop-at-random", TestUncleanStopAtRandom, true},
    {"reclaim-units", TestReclaimUnits, true},
    {"placement", TestPlacement, true},
    {"tracked-io", TestTrackedIo, true},
    {"power-loss", TestPowerLoss, true},
    {"key-values", TestKeyValues, true},
    {"protection", TestProtection, true},
    {"protection-tuple", TestProtectionTuple, true},
    {"classification", TestClassification, true},
    {"stress", TestStress, true},
    {"resets", TestResets, true},
    {"bare", TestBare, true},
    {"ring-qpair", TestRingQpair, true},
    {"ring-completions", TestRingCompletions, true},
    {"buckets", PrintBuckets, false},
    {"measure", MeasureCmdlog, false},
};
}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::strcmp(argv[1], "victim") == 0) RunVictim(argv[2], std::strtoull(argv[3], nullptr, 10));
  if (argc > 1 && std::strcmp(argv[1], "list") == 0) {
    for (const Suite& suite : kSuites) {
      if (suite.by_default) std::puts(suite.name);
    }
    return 0;
  }
  for (const Suite& suite : kSuites) {
    if (argc > 1 ? std::strcmp(argv[1], suite.name) != 0 : !suite.by_default) continue;
    suite.run();
    if (suite.by_default) std::printf("ok %s\n", suite.name);
  }
  return 0;
}
