// JavaScript values ↔ plain C++ values. src/native/addon.ts is the typed mirror.
#pragma once
#include <napi.h>

#include <memory>
#include <vector>

#include "error.h"
#include "launch.h"
#include "ptx/module.h"

namespace decode_lab::addon {

// A launch and the references that keep its buffers alive while it runs.
struct PinnedLaunch {
  Launch launch;
  std::vector<std::vector<std::byte>> scalars;
  std::vector<Napi::Reference<Napi::Uint8Array>> buffers;
};

std::unique_ptr<PinnedLaunch> to_launch(const Napi::Object& object);
Napi::Object to_js(Napi::Env env, const Result& result);
Napi::Object to_js(Napi::Env env, const ptx::Module& module);
Napi::Error to_js(Napi::Env env, const Error& error);  // with `code` and `line`

}  // namespace decode_lab::addon
