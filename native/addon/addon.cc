#include <napi.h>

#include <cerrno>

#include "../core/peer.h"
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

// peerOf(descriptor): {uid, gid, pid, groups, groupsCut}, or the errno that kept it from being known.
Napi::Value peerOf(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  exectap::Peer peer;
  const int descriptor = info[0].IsNumber() ? info[0].As<Napi::Number>().Int32Value() : -1;
  if (!exectap::peerOf(descriptor, peer)) return Napi::Number::New(env, errno);
  Napi::Array groups = Napi::Array::New(env, peer.groups.size());
  for (uint32_t index = 0; index < peer.groups.size(); ++index) groups.Set(index, peer.groups[index]);
  Napi::Object result = Napi::Object::New(env);
  result.Set("uid", peer.uid);
  result.Set("gid", peer.gid);
  result.Set("pid", peer.pid);
  result.Set("groups", groups);
  result.Set("groupsCut", peer.groupsCut);
  return result;
}

Napi::Object initialise(Napi::Env env, Napi::Object exports) {
  exports.Set("NativeTap", exectap::NativeTap::define(env));
  exports.Set("createPipe", Napi::Function::New(env, createPipe, "createPipe"));
  exports.Set("peerOf", Napi::Function::New(env, peerOf, "peerOf"));
  exports.Set("layout", exectap::layoutToJs(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(exectap, initialise)
