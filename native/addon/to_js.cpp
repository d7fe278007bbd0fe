#include "addon/convert.h"

namespace decode_lab::addon {

namespace {

Napi::Array dims(Napi::Env env, const Dim3& values) {
  auto array = Napi::Array::New(env, 3);
  for (uint32_t i = 0; i < 3; i++) array.Set(i, static_cast<double>(values[i]));
  return array;
}

Napi::Array strings(Napi::Env env, const std::vector<std::string>& values) {
  auto array = Napi::Array::New(env);
  for (uint32_t i = 0; i < values.size(); i++) array.Set(i, Napi::String::New(env, values[i]));
  return array;
}

Napi::Value dims_or_null(Napi::Env env, const std::optional<Dim3>& values) {
  return values ? dims(env, *values).As<Napi::Value>() : env.Null();
}

Napi::Object to_js(Napi::Env env, const Site& site) {
  auto object = Napi::Object::New(env);
  object.Set("cta", dims(env, site.cta));
  object.Set("thread", dims(env, site.thread));
  object.Set("instruction", site.instruction);
  object.Set("file", site.file);
  object.Set("line", site.line);
  object.Set("ptxLine", site.ptx_line);
  return object;
}

Napi::Object to_js(Napi::Env env, const Finding& finding) {
  auto object = Napi::Object::New(env);
  object.Set("check", finding.check);
  object.Set("class", finding.finding_class);
  object.Set("severity", finding.severity);
  if (!finding.conflict.empty()) object.Set("conflict", finding.conflict);
  object.Set("space", finding.space);
  object.Set("buffer", finding.buffer);
  object.Set("byteOffset", static_cast<double>(finding.byte_offset));
  object.Set("bytes", static_cast<double>(finding.bytes));
  object.Set("count", static_cast<double>(finding.count));
  object.Set("first", to_js(env, finding.first));
  if (finding.has_second) object.Set("second", to_js(env, finding.second));
  object.Set("message", finding.message);
  if (!finding.notes.empty()) {
    auto notes = Napi::Array::New(env);
    for (uint32_t i = 0; i < finding.notes.size(); i++) notes.Set(i, finding.notes[i]);
    object.Set("notes", notes);
  }
  return object;
}

Napi::Object to_js(Napi::Env env, const BufferReport& report) {
  auto object = Napi::Object::New(env);
  object.Set("name", report.name);
  object.Set("bytesRead", static_cast<double>(report.bytes_read));
  object.Set("bytesWritten", static_cast<double>(report.bytes_written));
  object.Set("uninitialisedBytes", static_cast<double>(report.uninitialised_bytes));
  object.Set("firstUninitialised", static_cast<double>(report.first_uninitialised));
  object.Set("loadSectors", static_cast<double>(report.load_sectors));
  object.Set("storeSectors", static_cast<double>(report.store_sectors));
  return object;
}

Napi::Object traffic_to_js(Napi::Env env, const Result& result) {
  auto global = Napi::Object::New(env), shared = Napi::Object::New(env), traffic = Napi::Object::New(env);
  global.Set("loadRequests", static_cast<double>(result.global.load_requests));
  global.Set("loadSectors", static_cast<double>(result.global.load_sectors));
  global.Set("loadBytes", static_cast<double>(result.global.load_bytes));
  global.Set("storeRequests", static_cast<double>(result.global.store_requests));
  global.Set("storeSectors", static_cast<double>(result.global.store_sectors));
  global.Set("storeBytes", static_cast<double>(result.global.store_bytes));
  global.Set("uniqueBytesRead", static_cast<double>(result.global.unique_bytes_read));
  global.Set("uniqueBytesWritten", static_cast<double>(result.global.unique_bytes_written));
  shared.Set("loadRequests", static_cast<double>(result.shared.load_requests));
  shared.Set("loadWavefronts", static_cast<double>(result.shared.load_wavefronts));
  shared.Set("storeRequests", static_cast<double>(result.shared.store_requests));
  shared.Set("storeWavefronts", static_cast<double>(result.shared.store_wavefronts));
  shared.Set("bankConflicts", static_cast<double>(result.shared.bank_conflicts));
  traffic.Set("global", global);
  traffic.Set("shared", shared);
  return traffic;
}

Napi::Object to_js(Napi::Env env, const ptx::Variable& parameter) {
  auto object = Napi::Object::New(env);
  object.Set("name", parameter.name);
  object.Set("type", ptx::to_string(parameter.type));
  object.Set("size", static_cast<double>(parameter.size));
  object.Set("align", static_cast<double>(parameter.align));
  object.Set("pointer", parameter.is_pointer);
  return object;
}

Napi::Object to_js(Napi::Env env, const ptx::Function& entry);

template <class Items>
Napi::Array array_of(Napi::Env env, const Items& items) {
  auto array = Napi::Array::New(env);
  uint32_t index = 0;
  for (const auto& item : items) array.Set(index++, to_js(env, item));
  return array;
}

Napi::Object to_js(Napi::Env env, const ptx::Function& entry) {
  auto object = Napi::Object::New(env);
  object.Set("name", entry.name);
  object.Set("parameters", array_of(env, entry.parameters));
  object.Set("reqntid", dims_or_null(env, entry.reqntid));
  object.Set("maxntid", dims_or_null(env, entry.maxntid));
  return object;
}

}  // namespace

Napi::Object to_js(Napi::Env env, const Result& result) {
  auto object = Napi::Object::New(env);
  object.Set("status", result.status);
  object.Set("reason", result.reason);
  object.Set("findings", array_of(env, result.findings));
  object.Set("prints", strings(env, result.prints));
  object.Set("instructions", static_cast<double>(result.instructions));
  object.Set("laneOperations", static_cast<double>(result.lane_operations));
  object.Set("ctas", static_cast<double>(result.ctas));
  object.Set("wallSeconds", result.wall_seconds);
  object.Set("ordered", result.ordered);
  object.Set("traffic", traffic_to_js(env, result));
  object.Set("buffers", array_of(env, result.buffers));
  return object;
}

Napi::Object to_js(Napi::Env env, const ptx::Module& module) {
  auto object = Napi::Object::New(env);
  auto files = Napi::Array::New(env);
  uint32_t index = 0;
  for (const auto& [number, name] : module.files) files.Set(index++, name);
  object.Set("version", module.version);
  object.Set("target", module.target);
  object.Set("entries", array_of(env, module.entries));
  object.Set("files", files);
  return object;
}

Napi::Error to_js(Napi::Env env, const Error& error) {
  Napi::Error object = Napi::Error::New(env, error.what());
  object.Set("code", Napi::String::New(env, error.code));
  object.Set("line", Napi::Number::New(env, error.line));
  return object;
}

}  // namespace decode_lab::addon
