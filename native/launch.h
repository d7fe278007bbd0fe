// What a backend is asked and what it answers: plain values, no defaults (those live in TypeScript).
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace decode_lab {

using Dim3 = std::array<uint32_t, 3>;

struct Parameter {
  enum class Kind { buffer, scalar, null };
  Kind kind;
  std::string name;
  std::byte* bytes;  // buffer: read and written in place; scalar: little-endian value; null: unused
  size_t size;       // bytes
  bool initialised;  // buffer: false means that reading before writing is reported
  // Buffer that is not initialised: one bit per byte that launches before this one wrote; the bytes that this one
  // writes are added. Null: none.
  std::byte* written_before;
};

struct Limits {
  uint64_t instructions;  // warp instructions
  double seconds;
  uint64_t host_bytes;  // held at once: buffers, registers, shared, local and shadow memory, pages kept to be undone
};

struct Progress {
  uint64_t instructions;
  uint64_t ctas_done;
  uint64_t ctas;
};

// Which observers hear of the launch. Without `races`, nothing tells whether several workers may share it.
struct Observers {
  bool races, faults, initialised, traffic;
};

struct Launch {
  std::string ptx;
  std::string entry;
  Dim3 grid;
  Dim3 block;
  uint64_t shared_bytes;  // dynamic shared memory
  bool cooperative;       // every CTA of the grid is resident at once
  std::vector<Parameter> parameters;
  Limits limits;
  uint64_t seed;     // orders warps and CTAs
  uint32_t threads;  // worker threads
  Observers observers;
  std::function<void(const Progress&)> on_progress;
};

// One thread at one instruction.
struct Site {
  Dim3 cta;
  Dim3 thread;
  std::string instruction;
  std::string file;  // "" where the PTX has no .loc
  int line;
  int ptx_line;
};

struct Finding {
  std::string check, finding_class, severity;
  std::string conflict;  // "" unless the check is races
  std::string space, buffer;
  int64_t byte_offset;
  uint64_t bytes, count;
  Site first;
  bool has_second;
  Site second;
  std::string message;
  std::vector<std::string> notes;  // a deadlock: who waits for whom, a line each
};

struct GlobalTraffic {
  uint64_t load_requests, load_sectors, load_bytes, store_requests, store_sectors, store_bytes, unique_bytes_read,
      unique_bytes_written;
};

struct SharedTraffic {
  uint64_t load_requests, load_wavefronts, store_requests, store_wavefronts, bank_conflicts;
};

struct BufferReport {
  std::string name;
  uint64_t bytes_read, bytes_written;  // distinct bytes
  uint64_t uninitialised_bytes;
  int64_t first_uninitialised;  // -1 if none
  uint64_t load_sectors, store_sectors;
};

struct Result {
  std::string status, reason;  // status: ok failed trapped deadlocked timed-out
  std::vector<Finding> findings;
  std::vector<std::string> prints;  // lines of the kernel's printf
  uint64_t instructions, lane_operations, ctas;
  double wall_seconds;
  bool ordered;  // threads met through atomics or strong accesses: the verdict holds for the order that was run
  GlobalTraffic global;
  SharedTraffic shared;
  std::vector<BufferReport> buffers;
};

}  // namespace decode_lab
