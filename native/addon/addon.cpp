// The exports: cpuLevel(), describe(ptx), run(launch, onProgress).
#include <napi.h>

#include <optional>

#include "addon/convert.h"
#include "interpreter/run.h"

namespace decode_lab::addon {

namespace {

// The highest level whose instructions this CPU has (x86-64 psABI, micro-architecture levels).
std::string cpu_level() {
#if defined(__x86_64__)
  __builtin_cpu_init();
  const bool v3 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") && __builtin_cpu_supports("bmi2") &&
                  __builtin_cpu_supports("fma");
  const bool v4 = v3 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512cd") && __builtin_cpu_supports("avx512dq") &&
                  __builtin_cpu_supports("avx512vl");
  return v4 ? "x86-64-v4" : v3 ? "x86-64-v3" : "x86-64-v2";
#else
  return "base";
#endif
}

// Runs off the JavaScript thread; the promise settles on it.
class RunWorker final : public Napi::AsyncProgressQueueWorker<Progress> {
 public:
  RunWorker(Napi::Env env, std::unique_ptr<PinnedLaunch> pinned, const Napi::Value& on_progress)
      : AsyncProgressQueueWorker(env), pinned_(std::move(pinned)), deferred_(Napi::Promise::Deferred::New(env)) {
    if (on_progress.IsFunction()) on_progress_ = Napi::Persistent(on_progress.As<Napi::Function>());
  }
  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute(const ExecutionProgress& progress) override {
    if (!on_progress_.IsEmpty()) pinned_->launch.on_progress = [&progress](const Progress& p) { progress.Send(&p, 1); };
    try {
      result_ = interpreter::run(pinned_->launch);
    } catch (const Error& error) {
      error_ = error;
    } catch (const std::bad_alloc&) {
      error_ = Error("HOST_MEMORY", "the host has no memory left", 0);
    }
  }
  void OnProgress(const Progress* progress, size_t count) override {
    for (size_t i = 0; i < count; i++) {
      auto object = Napi::Object::New(Env());
      object.Set("instructions", static_cast<double>(progress[i].instructions));
      object.Set("ctasDone", static_cast<double>(progress[i].ctas_done));
      object.Set("ctas", static_cast<double>(progress[i].ctas));
      on_progress_.Call({object});
    }
  }
  void OnOK() override {
    if (error_)
      deferred_.Reject(to_js(Env(), *error_).Value());
    else
      deferred_.Resolve(to_js(Env(), result_));
  }

 private:
  std::unique_ptr<PinnedLaunch> pinned_;
  Napi::Promise::Deferred deferred_;
  Napi::FunctionReference on_progress_;
  Result result_;
  std::optional<Error> error_;
};

Napi::Value export_cpu_level(const Napi::CallbackInfo& info) { return Napi::String::New(info.Env(), cpu_level()); }

Napi::Value export_describe(const Napi::CallbackInfo& info) {
  try {
    return to_js(info.Env(), ptx::parse(info[0].As<Napi::String>().Utf8Value(), ""));
  } catch (const Error& error) {
    throw to_js(info.Env(), error);
  }
}

Napi::Value export_run(const Napi::CallbackInfo& info) {
  auto* const worker =
      new RunWorker(info.Env(), to_launch(info[0].As<Napi::Object>()), info[1]);  // deletes itself when done
  worker->Queue();
  return worker->promise();
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("cpuLevel", Napi::Function::New(env, export_cpu_level));
  exports.Set("describe", Napi::Function::New(env, export_describe));
  exports.Set("run", Napi::Function::New(env, export_run));
  return exports;
}

}  // namespace

NODE_API_MODULE(decode_lab, initialise)

}  // namespace decode_lab::addon
