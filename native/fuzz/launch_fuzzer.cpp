// A launch, run twice: one worker and three must refuse it alike, or give the same result and bytes.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>
#include <new>

#include "error.h"
#include "fuzz/launch_text.h"
#include "interpreter/run.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace {

using namespace decode_lab;

std::string print(const Site& site) {
  std::string text = site.instruction + " at " + std::to_string(site.ptx_line) + " " + site.file + ":" +
                     std::to_string(site.line) + " by";
  for (const Dim3& dims : {site.cta, site.thread})
    for (const uint32_t index : dims) text += " " + std::to_string(index);
  return text;
}

std::string print(const Finding& finding) {
  std::string text = finding.check + " " + finding.finding_class + " " + finding.severity + " " + finding.conflict +
                     " " + finding.space + " " + finding.buffer + " " + std::to_string(finding.byte_offset) + "+" +
                     std::to_string(finding.bytes) + " × " + std::to_string(finding.count) + " | " +
                     print(finding.first);
  if (finding.has_second) text += " | " + print(finding.second);
  return text + " | " + finding.message + "\n";
}

std::string print(const Result& result) {
  std::string text = result.status + " " + result.reason + "\n";
  for (const Finding& finding : result.findings) text += print(finding);
  const auto& [loads, load_sectors, load_bytes, stores, store_sectors, store_bytes, read, written] = result.global;
  const auto& shared = result.shared;
  for (const uint64_t count :
       {result.instructions, result.lane_operations, result.ctas, loads, load_sectors, load_bytes, stores,
        store_sectors, store_bytes, read, written, shared.load_requests, shared.load_wavefronts, shared.store_requests,
        shared.store_wavefronts, shared.bank_conflicts})
    text += std::to_string(count) + " ";
  for (const BufferReport& buffer : result.buffers)
    text += "\n" + buffer.name + " " + std::to_string(buffer.bytes_read) + " " + std::to_string(buffer.bytes_written) +
            " " + std::to_string(buffer.uninitialised_bytes) + " " + std::to_string(buffer.first_uninitialised);
  return text + "\n";
}

struct Answer {
  std::string text;
  std::deque<std::vector<std::byte>> bytes;
  bool depends_on_host = false;  // the clock or the host's memory ended the run
};

Answer answer_of(const fuzz::LaunchText& text, uint32_t threads) {
  fuzz::OwnedLaunch owned(text);
  owned.launch.threads = threads;
  try {
    const Result result = interpreter::run(owned.launch);
    return {print(result), std::move(owned.bytes), result.reason.ends_with("seconds")};
  } catch (const Error& error) {
    return {error.code + " at " + std::to_string(error.line) + ": " + error.what(), {}};
  } catch (const std::bad_alloc&) {
    return {"no memory", {}, true};
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto text = fuzz::parse_launch_text({reinterpret_cast<const char*>(data), size});
  if (!text) return -1;
  const Answer alone = answer_of(*text, 1), together = answer_of(*text, 3);
  if (alone.depends_on_host || together.depends_on_host) return 0;
  if (alone.text == together.text && alone.bytes == together.bytes) return 0;
  std::fprintf(stderr, "one worker:\n%s\nthree workers:\n%s\nbytes are %s\n", alone.text.c_str(), together.text.c_str(),
               alone.bytes == together.bytes ? "the same" : "different");
  std::abort();
}
