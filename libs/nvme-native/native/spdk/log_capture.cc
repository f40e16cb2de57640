#include "log_capture.h"

#include <spdk/log.h>
#include <time.h>

#include <cstdarg>
#include <cstdio>
#include <mutex>

namespace assay::spdk {
namespace {

/** A reset with a thousand commands in flight makes SPDK print a thousand lines; the first of a second tell it all. */
constexpr int kMaxLinesPerSecond = 20;

std::mutex mutex;
std::string last_error;
std::optional<ConnectRefusal> last_refusal;
time_t second = 0;
int lines_in_second = 0;
int dropped = 0;

void Print(const char* function, const std::string& text) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
  if (now.tv_sec != second) {
    if (dropped > 0) fprintf(stderr, "spdk: %d more lines within the second were not printed\n", dropped);
    second = now.tv_sec;
    lines_in_second = 0;
    dropped = 0;
  }
  if (++lines_in_second > kMaxLinesPerSecond) {
    dropped++;
    return;
  }
  fprintf(stderr, "spdk: %s%s%s\n", function ? function : "", function ? ": " : "", text.c_str());
}

void OnLine(int level, const char*, int, const char* function, const char* format, va_list arguments) {
  if (level > SPDK_LOG_WARN) return;
  char line[512];
  vsnprintf(line, sizeof(line), format, arguments);
  std::string text(line);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  if (text.empty()) return;
  std::lock_guard<std::mutex> lock(mutex);
  Print(function, text);
  if (ConnectRefusal refusal; ReadConnectRefusal(text, &refusal)) last_refusal = refusal;
  if (level == SPDK_LOG_ERROR) last_error = std::move(text);
}

}  // namespace

void CaptureLog() { spdk_log_open(OnLine); }

void ForgetLastError() {
  std::lock_guard<std::mutex> lock(mutex);
  last_error.clear();
  last_refusal.reset();
}

std::string LastError() {
  std::lock_guard<std::mutex> lock(mutex);
  return last_error;
}

std::optional<ConnectRefusal> LastConnectRefusal() {
  std::lock_guard<std::mutex> lock(mutex);
  return last_refusal;
}

}  // namespace assay::spdk
