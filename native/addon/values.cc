#include "values.h"

#include <limits>

namespace exectap {

namespace {

// Event types of <EndpointSecurity/ESTypes.h> by their short names; any other goes by its number.
std::string typeName(uint32_t eventType) {
  switch (eventType) {
    case 9: return "exec";
    case 11: return "fork";
    case 15: return "exit";
    case UINT32_MAX: return "other";
    default: return std::to_string(eventType);
  }
}

// Exact up to 2^53, as any count of a JavaScript number.
double number(uint64_t value) { return static_cast<double>(value); }

bool readCount(const Napi::Object& from, const char* name, double least, double most, double& out) {
  const Napi::Value value = from.Get(name);
  if (!value.IsNumber()) return false;
  out = value.As<Napi::Number>().DoubleValue();
  return out >= least && out <= most && out == static_cast<double>(static_cast<int64_t>(out));
}

}  // namespace

bool readOptions(const Napi::Object& from, ReaderOptions& options) {
  const Napi::Value path = from.Get("path");
  double descriptor = -1, maxLineBytes = 0, batchRecords = 0, ringBatches = 0;
  bool good = readCount(from, "maxLineBytes", 1, 1 << 30, maxLineBytes) &&
              readCount(from, "batchRecords", 1, 65536, batchRecords) && readCount(from, "ringBatches", 1, 1024, ringBatches);
  if (path.IsString()) {
    options.path = path.As<Napi::String>().Utf8Value();
    good = good && !options.path.empty();
  } else {
    good = good && readCount(from, "fd", 0, std::numeric_limits<int>::max(), descriptor);
  }
  if (!good) {
    Napi::RangeError::New(from.Env(), "options of the native tap out of range").ThrowAsJavaScriptException();
    return false;
  }
  options.descriptor = static_cast<int>(descriptor);
  options.live = from.Get("live").ToBoolean().Value();
  options.maxLineBytes = static_cast<size_t>(maxLineBytes);
  options.batchRecords = static_cast<uint32_t>(batchRecords);
  options.ringBatches = static_cast<uint32_t>(ringBatches);
  return true;
}

Napi::Object countersToJs(Napi::Env env, const Counters& counters) {
  const std::pair<const char*, const Count*> plain[] = {
      {"lines", &counters.lines},
      {"bytes", &counters.bytes},
      {"blank", &counters.blank},
      {"exec", &counters.exec},
      {"fork", &counters.fork},
      {"exit", &counters.exit},
      {"control", &counters.control},
      {"otherTypes", &counters.otherTypes},
      {"undecodable", &counters.undecodable},
      {"tooLong", &counters.tooLong},
      {"junkBytes", &counters.junkBytes},
      {"replacedUtf8", &counters.replacedUtf8},
      {"newerVersion", &counters.newerVersion},
      {"overflow", &counters.overflow},
      {"lostByKernel", &counters.lostByKernel},
      {"gaps", &counters.gaps},
      {"sequenceRestarts", &counters.sequenceRestarts},
      {"outOfOrder", &counters.outOfOrder},
  };
  Napi::Object object = Napi::Object::New(env);
  for (const auto& [name, count] : plain) object.Set(name, number(count->get()));
  Napi::Object otherTypes = Napi::Object::New(env);
  for (const auto& [type, count] : counters.otherTypeCounts()) otherTypes.Set(typeName(type), number(count));
  object.Set("byOtherType", otherTypes);
  Napi::Object lostByType = Napi::Object::New(env);
  for (const auto& [type, count] : counters.lostTypeCounts()) lostByType.Set(typeName(type), number(count));
  object.Set("lostByType", lostByType);
  Napi::Array samples = Napi::Array::New(env);
  for (const Sample& sample : counters.samples()) {
    Napi::Object one = Napi::Object::New(env);
    one.Set("line", number(sample.line));
    one.Set("offset", number(sample.offset));
    one.Set("reason", sample.reason);
    one.Set("head", sample.head);
    samples.Set(samples.Length(), one);
  }
  object.Set("samples", samples);
  return object;
}

Napi::Array gapsToJs(Napi::Env env, const std::vector<Gap>& gaps) {
  const double none = std::numeric_limits<double>::quiet_NaN();
  Napi::Array array = Napi::Array::New(env, gaps.size());
  uint32_t index = 0;
  for (const Gap& gap : gaps) {
    Napi::Object object = Napi::Object::New(env);
    object.Set("cause", gap.cause == GapCause::kernel ? "kernel" : "overflow");
    object.Set("lost", number(gap.lost));
    object.Set("afterSeq", gap.hasAfter ? number(gap.afterSeq) : none);
    object.Set("beforeSeq", gap.hasBefore ? number(gap.beforeSeq) : none);
    object.Set("fromTime", gap.fromTime);
    object.Set("toTime", gap.toTime);
    if (!gap.lostByType.empty()) {
      Napi::Object byType = Napi::Object::New(env);
      for (const auto& [type, lost] : gap.lostByType) byType.Set(typeName(type), number(lost));
      object.Set("lostByType", byType);
    }
    array.Set(index++, object);
  }
  return array;
}

Napi::Object layoutToJs(Napi::Env env) {
  Napi::Object layout = Napi::Object::New(env);
  for (size_t index = 0; index < layoutTableLength; ++index) {
    layout.Set(layoutTable[index].name, static_cast<double>(layoutTable[index].value));
  }
  return layout;
}

}  // namespace exectap
