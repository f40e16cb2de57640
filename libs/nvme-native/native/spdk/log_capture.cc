#include "log_capture.h"

#include <spdk/log.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace assay::spdk {
namespace {

std::mutex mutex;
std::string last_error;

void OnLine(int level, const char*, int, const char* function, const char* format, va_list arguments) {
  if (level > SPDK_LOG_WARN) return;
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  std::string text(line);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return;
  fprintf(stderr, "spdk: %s%s%s\n", function ? function : "", function ? ": " : "", text.c_str());
  if (level != SPDK_LOG_ERROR) return;
  std::lock_guard<std::mutex> lock(mutex);
  last_error = std::move(text);
}

}  // namespace

void CaptureLog() { spdk_log_open(OnLine); }

void ForgetLastError() {
  std::lock_guard<std::mutex> lock(mutex);
  last_error.clear();
}

std::string LastError() {
  std::lock_guard<std::mutex> lock(mutex);
  return last_error;
}

}  // namespace assay::spdk
