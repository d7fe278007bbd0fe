// CTAs that cannot talk to each other are run by workers in any order. If that run shows that two CTAs touch a
// common byte, one of them writing, its bytes depend on the order: it is thrown away and one worker runs all CTAs in
// ascending order. A grid without such a conflict in one order has none in any other, so the decision itself does not
// depend on the order. CTAs that can talk are run by one worker in turns, in an order that the seed decides.
#include "interpreter/run.h"

#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <thread>
#include <utility>

#include "error.h"
#include "interpreter/describe_findings.h"
#include "interpreter/device_memory.h"
#include "interpreter/validate_launch.h"
#include "interpreter/worker.h"

namespace decode_lab::interpreter {

namespace {

using machine::Stop;

constexpr double kProgressSeconds = 0.25;

class ProgressMeter {
 public:
  ProgressMeter(const Launch& launch, const machine::Budget& budget, uint64_t ctas)
      : launch_(launch), budget_(budget), ctas_(ctas) {}

  void add(uint64_t ctas, bool may_report) {
    const uint64_t done = done_.fetch_add(ctas) + ctas;
    if (!may_report || !launch_.on_progress || budget_.seconds() < next_) return;
    next_ = budget_.seconds() + kProgressSeconds;
    launch_.on_progress({budget_.instructions(), done, ctas_});
  }

 private:
  const Launch& launch_;
  const machine::Budget& budget_;
  uint64_t ctas_;
  std::atomic<uint64_t> done_{0};
  double next_ = kProgressSeconds;
};

// All CTAs of the grid once, by `count` workers.
class Attempt {
 public:
  Attempt(machine::Grid& grid, uint64_t held_bytes, uint64_t count)
      : budget_(grid.launch.limits, held_bytes),
        queue_(grid.ctas(), count),
        meter_(grid.launch, budget_, grid.ctas()),
        together_(grid.program.ctas_communicate) {
    for (uint64_t i = 0; i < count; i++) workers_.emplace_back(grid, budget_, !together_);
  }

  void run() {
    std::vector<std::thread> threads;
    std::vector<std::exception_ptr> failures(workers_.size());
    auto work = [&](size_t i) {
      try {
        const auto progress = [&](uint64_t ctas) { meter_.add(ctas, i == 0); };
        if (together_)
          workers_[i].run_together(progress);
        else
          workers_[i].run_apart(queue_, progress);
      } catch (...) {
        failures[i] = std::current_exception();
        budget_.cancel();
      }
    };
    threads.reserve(workers_.size());
    try {
      for (size_t i = 1; i < workers_.size(); i++) threads.emplace_back(work, i);
    } catch (const std::exception&) {  // the host has no more threads: those there are take all CTAs
    }
    work(0);
    for (auto& thread : threads) thread.join();
    for (const auto& failure : failures)
      if (failure) std::rethrow_exception(failure);
    for (const Worker& worker : workers_) log_.merge(worker.log());
  }

  // Did anything happen whose outcome depends on which CTA ran when?
  bool depends_on_order() const {
    for (const auto& [key, entry] : log_.entries())
      if (entry.crosses_ctas) return true;
    for (const Worker& worker : workers_)
      if (worker.stop() != Stop::none && worker.stop() != Stop::seconds) return true;
    for (size_t i = 0; i < workers_.size(); i++)
      for (size_t j = i + 1; j < workers_.size(); j++)
        if (workers_[i].races().global().conflicts_with(workers_[j].races().global())) return true;
    return false;
  }

  const Worker* stopped() const {
    for (const Worker& worker : workers_)
      if (worker.stop() != Stop::none && worker.stop() != Stop::cancelled) return &worker;
    return nullptr;
  }

  const machine::Budget& budget() const { return budget_; }
  const std::deque<Worker>& workers() const { return workers_; }
  const observers::FindingLog& log() const { return log_; }

 private:
  machine::Budget budget_;
  CtaQueue queue_;
  ProgressMeter meter_;
  bool together_;
  std::deque<Worker> workers_;
  observers::FindingLog log_;
};

const char* status_of(const Worker* stopped, const std::vector<Finding>& findings) {
  switch (stopped != nullptr ? stopped->stop() : Stop::none) {
    case Stop::instructions:
    case Stop::seconds:
      return "timed-out";
    case Stop::trapped:
      return "trapped";
    case Stop::deadlocked:
      return "deadlocked";
    default:
      break;
  }
  for (const Finding& finding : findings)
    if (finding.severity == "error") return "failed";
  return "ok";
}

std::string reason_of(const Worker* stopped, const Limits& limits) {
  switch (stopped != nullptr ? stopped->stop() : Stop::none) {
    case Stop::instructions:
      return "more than " + std::to_string(limits.instructions) + " instructions";
    case Stop::seconds:
      return "more than " + std::to_string(limits.seconds) + " seconds";
    case Stop::trapped:
      return stopped->stopped_cta().reason();
    case Stop::deadlocked:
      return stopped->stuck().size() == 1 ? "no warp of the CTA can go on" : "no warp of the CTAs can go on";
    default:
      return "";
  }
}

// What the launch printed, CTA by CTA, up to the limit; the note that ends a cut text is a line of its own.
std::vector<std::string> printed_lines(const Attempt& attempt) {
  std::map<uint64_t, const std::string*> texts;
  for (const Worker& worker : attempt.workers())
    for (const machine::Cta& ran : worker.cta_slots())
      for (const auto& [cta, bytes] : ran.prints().texts()) texts[cta] = &bytes;
  std::vector<std::string> lines;
  uint64_t left = machine::kMostPrintedBytes;
  bool open = false;  // the last line goes on
  for (const auto& [cta, bytes] : texts) {
    const std::string_view kept = std::string_view(*bytes).substr(0, left);
    left -= kept.size();
    for (const char c : kept) {
      if (!std::exchange(open, c != '\n')) lines.emplace_back();
      if (open) lines.back() += c;
    }
    if (kept.size() == bytes->size()) continue;
    lines.push_back("… cut after " + std::to_string(machine::kMostPrintedBytes) + " bytes");
    break;
  }
  return lines;
}

Result report(const Attempt& attempt, const FindingWriter& writer, const DeviceMemory& memory,
              const machine::Grid& grid) {
  const Launch& launch = grid.launch;
  Result result{};
  result.ordered = grid.program.depends_on_order;
  const Worker* const stopped = attempt.stopped();
  result.findings = writer.describe(attempt.log());
  if (stopped != nullptr && stopped->stop() == Stop::deadlocked)
    result.findings.insert(
        result.findings.begin(),
        writer.describe_deadlock(stopped->stuck(), launch.observers.races ? &stopped->races() : nullptr));
  if (stopped != nullptr && stopped->stopped_cta().failed_assertion())
    result.findings.insert(result.findings.begin(), writer.describe_assertion(stopped->stopped_cta()));
  result.status = status_of(stopped, result.findings);
  result.reason = reason_of(stopped, launch.limits);
  result.prints = printed_lines(attempt);
  result.instructions = attempt.budget().instructions();
  observers::Traffic traffic;
  for (const Worker& worker : attempt.workers()) {
    traffic.merge(worker.traffic());
    result.lane_operations += worker.lane_operations();
    result.ctas += worker.ctas();
  }
  result.global = traffic.global();
  result.global.unique_bytes_read = memory.unique_bytes_read();
  result.global.unique_bytes_written = memory.unique_bytes_written();
  result.shared = traffic.shared();
  result.buffers = memory.reports(traffic);
  return result;
}

// Null if the outcome depends on the order of CTAs or on the number of workers.
std::unique_ptr<Attempt> run_in_parallel(machine::Grid& grid, uint64_t held_bytes, uint64_t workers) {
  std::unique_ptr<Attempt> attempt;
  try {
    attempt = std::make_unique<Attempt>(grid, held_bytes, workers);
    attempt->run();
  } catch (const Error& error) {
    if (error.code != "HOST_MEMORY") throw;
    return nullptr;
  }
  return attempt->depends_on_order() ? nullptr : std::move(attempt);
}

}  // namespace

Result run(const Launch& launch) {
  const auto start = std::chrono::steady_clock::now();
  const ptx::Module module = ptx::parse(launch.ptx, launch.entry);
  require_supported_target(module);
  const ptx::Function& entry = find_entry(module, launch.entry);
  const VariableLayout variables = lay_out_variables(module, entry);
  const machine::Program program = decode(module, variables);
  validate_launch(launch, module, entry, variables);

  machine::Budget memory_budget(launch.limits, 0);
  DeviceMemory memory(launch, variables, memory_budget);
  machine::Grid grid{launch,
                     program,
                     memory.global(),
                     memory.constant(),
                     memory.parameter_block(launch, variables),
                     memory.workspace()};
  const uint64_t workers = program.ctas_communicate ? 1 : std::min<uint64_t>(launch.threads, grid.ctas());
  const uint64_t held_bytes = memory_budget.host_bytes();
  if (workers > 1) memory.keep_undo();
  auto attempt = workers > 1 ? run_in_parallel(grid, held_bytes, workers) : nullptr;
  if (!attempt) {
    if (workers > 1) memory.undo();
    attempt = std::make_unique<Attempt>(grid, held_bytes, 1);
    attempt->run();
  }
  Result result = report(*attempt, FindingWriter(module, program, launch), memory, grid);
  memory.tell_what_was_written(launch);
  result.wall_seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  return result;
}

}  // namespace decode_lab::interpreter
