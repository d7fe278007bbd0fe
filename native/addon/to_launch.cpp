#include <algorithm>
#include <limits>

#include "addon/convert.h"

namespace decode_lab::addon {

namespace {

uint32_t clamp_to_u32(double value) {
  return value >= 4294967295.0 ? std::numeric_limits<uint32_t>::max() : value < 0 ? 0 : static_cast<uint32_t>(value);
}

uint64_t clamp_to_u64(double value) {
  return value >= 1.8e19 ? std::numeric_limits<uint64_t>::max() : value < 0 ? 0 : static_cast<uint64_t>(value);
}

double number(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::Number>().DoubleValue();
}
std::string text(const Napi::Object& object, const char* name) {
  return object.Get(name).As<Napi::String>().Utf8Value();
}

Dim3 dims(const Napi::Object& object, const char* name) {
  const auto array = object.Get(name).As<Napi::Array>();
  Dim3 result{};
  for (uint32_t i = 0; i < 3; i++) result[i] = clamp_to_u32(array.Get(i).As<Napi::Number>().DoubleValue());
  return result;
}

Parameter to_parameter(const Napi::Object& object, PinnedLaunch& pinned) {
  const std::string kind = text(object, "kind");
  Parameter parameter{Parameter::Kind::null, text(object, "name"), nullptr, 0, true, nullptr};
  if (kind == "null") return parameter;
  auto bytes = object.Get("bytes").As<Napi::Uint8Array>();
  parameter.size = bytes.ByteLength();
  if (kind == "scalar") {
    parameter.kind = Parameter::Kind::scalar;
    const auto* const data = reinterpret_cast<const std::byte*>(bytes.Data());
    parameter.bytes = pinned.scalars.emplace_back(data, data + parameter.size).data();
  } else {
    parameter.kind = Parameter::Kind::buffer;
    parameter.bytes = reinterpret_cast<std::byte*>(bytes.Data());
    parameter.initialised = object.Get("initialised").As<Napi::Boolean>();
    pinned.buffers.push_back(Napi::Persistent(bytes));
    if (object.Has("writtenBefore") && !object.Get("writtenBefore").IsUndefined()) {
      auto bits = object.Get("writtenBefore").As<Napi::Uint8Array>();
      if (bits.ByteLength() != (parameter.size + 7) / 8)
        throw Napi::RangeError::New(object.Env(), "writtenBefore has one bit per byte of its buffer");
      parameter.written_before = reinterpret_cast<std::byte*>(bits.Data());
      pinned.buffers.push_back(Napi::Persistent(bits));
    }
  }
  return parameter;
}

Observers to_observers(const Napi::Array& names) {
  Observers observers{};
  for (uint32_t i = 0; i < names.Length(); i++) {
    const std::string name = names.Get(i).As<Napi::String>().Utf8Value();
    observers.races |= name == "races";
    observers.faults |= name == "faults";
    observers.initialised |= name == "initialised";
    observers.traffic |= name == "traffic";
  }
  return observers;
}

}  // namespace

std::unique_ptr<PinnedLaunch> to_launch(const Napi::Object& object) {
  auto pinned = std::make_unique<PinnedLaunch>();
  Launch& launch = pinned->launch;
  launch.ptx = text(object, "ptx");
  launch.entry = text(object, "entry");
  launch.grid = dims(object, "grid");
  launch.block = dims(object, "block");
  launch.shared_bytes = clamp_to_u64(number(object, "sharedBytes"));
  launch.cooperative = object.Get("cooperative").ToBoolean();
  const auto params = object.Get("params").As<Napi::Array>();
  pinned->scalars.reserve(params.Length());
  for (uint32_t i = 0; i < params.Length(); i++)
    launch.parameters.push_back(to_parameter(params.Get(i).As<Napi::Object>(), *pinned));
  const auto limits = object.Get("limits").As<Napi::Object>();
  launch.limits = {clamp_to_u64(number(limits, "instructions")), number(limits, "seconds"),
                   clamp_to_u64(number(limits, "hostBytes"))};
  launch.seed = clamp_to_u64(number(object, "seed"));
  launch.threads = std::max(1u, clamp_to_u32(number(object, "threads")));
  launch.observers = to_observers(object.Get("observers").As<Napi::Array>());
  return pinned;
}

}  // namespace decode_lab::addon
