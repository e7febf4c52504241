#include <napi.h>

#include <cerrno>

#include "../core/pipe.h"
#include "native_tap.h"
#include "values.h"

namespace {

// createPipe(): [read end, write end], or the errno that kept it from being made.
Napi::Value createPipe(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  int readEnd = -1, writeEnd = -1;
  if (!exectap::makePipe(readEnd, writeEnd)) return Napi::Number::New(env, errno);
  Napi::Array ends = Napi::Array::New(env, 2);
  ends.Set(0u, readEnd);
  ends.Set(1u, writeEnd);
  return ends;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeTap", exectap::NativeTap::define(env));
  exports.Set("createPipe", Napi::Function::New(env, createPipe, "createPipe"));
  exports.Set("layout", exectap::layoutToJs(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(exectap, initialise)
