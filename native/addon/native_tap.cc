#include "native_tap.h"

#include <cstring>

#include "values.h"

namespace exectap {

namespace {

bool fits(const Napi::Value& value, size_t bytes) {
  return value.IsArrayBuffer() && value.As<Napi::ArrayBuffer>().ByteLength() >= bytes;
}

void copyInto(const Napi::Value& value, const void* bytes, size_t length) {
  if (length > 0) std::memcpy(value.As<Napi::ArrayBuffer>().Data(), bytes, length);
}

}  // namespace

Napi::Function NativeTap::define(Napi::Env env) {
  return DefineClass(env, "NativeTap",
                     {
                         InstanceMethod<&NativeTap::peek>("peek"),
                         InstanceMethod<&NativeTap::take>("take"),
                         InstanceMethod<&NativeTap::counters>("counters"),
                         InstanceMethod<&NativeTap::failure>("failure"),
                         InstanceMethod<&NativeTap::close>("close"),
                         InstanceMethod<&NativeTap::ref>("ref"),
                         InstanceMethod<&NativeTap::unref>("unref"),
                     });
}

NativeTap::NativeTap(const Napi::CallbackInfo& info) : Napi::ObjectWrap<NativeTap>(info) {
  const Napi::Env env = info.Env();
  if (info.Length() != 2 || !info[0].IsObject() || !info[1].IsFunction()) {
    Napi::TypeError::New(env, "expected options and a function").ThrowAsJavaScriptException();
    return;
  }
  ReaderOptions options;
  if (!readOptions(info[0].As<Napi::Object>(), options)) return;
  notify_ = Notify::New(env, info[1].As<Napi::Function>(), "exectap", 0, 1);
  notify_.Unref(env);
  // After the thread-safe function: hooks run in reverse order, and the thread must end before that is gone.
  if (napi_add_env_cleanup_hook(env, &NativeTap::onEnvironmentExit, this) != napi_ok) {
    notify_.Release();
    Napi::Error::New(env, "the environment is ending").ThrowAsJavaScriptException();
    return;
  }
  reader_ = std::make_unique<Reader>(std::move(options), counters_, [this] { notify_.NonBlockingCall(); });
}

NativeTap::~NativeTap() {
  if (reader_ != nullptr) {
    napi_remove_env_cleanup_hook(Env(), &NativeTap::onEnvironmentExit, this);
    shutDown();
  }
}

void NativeTap::onEnvironmentExit(void* tap) { static_cast<NativeTap*>(tap)->shutDown(); }

// The function only resolves a promise, so the one way it can fail is an environment that is being torn down and still
// runs its queue: there no JavaScript runs, and an error made of that would end the process.
void NativeTap::callBack(Napi::Env env, Napi::Function callback, void*, void*) {
  napi_value undefined = nullptr;
  if (env == nullptr || callback.IsEmpty() || napi_get_undefined(env, &undefined) != napi_ok) return;
  napi_call_function(env, undefined, callback, 0, nullptr, nullptr);
}

void NativeTap::shutDown() {
  reader_->stop();
  reader_->join();
  failure_ = reader_->failure();
  reader_.reset();
  notify_.Release();
}

void NativeTap::peek(const Napi::CallbackInfo& info) {
  if (!info[0].IsTypedArray() || info[0].As<Napi::TypedArray>().TypedArrayType() != napi_uint32_array ||
      info[0].As<Napi::TypedArray>().ElementLength() < 4) {
    Napi::TypeError::New(info.Env(), "expected a Uint32Array of four").ThrowAsJavaScriptException();
    return;
  }
  uint32_t* head = info[0].As<Napi::Uint32Array>().Data();
  head[0] = 0;
  if (reader_ == nullptr) {
    head[0] = 2;
    return;
  }
  const Batch* batch = reader_->ring().front();
  if (batch == nullptr) {
    // Looked at after the ring was armed: an end that comes now is told by a call.
    if (reader_->ring().ended()) head[0] = 2;
    return;
  }
  head[0] = 1;
  head[1] = batch->count();
  head[2] = static_cast<uint32_t>(batch->arguments().size());
  head[3] = static_cast<uint32_t>(batch->textUsed());
}

Napi::Value NativeTap::take(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  const Batch* batch = reader_ != nullptr ? reader_->ring().front() : nullptr;
  if (batch == nullptr) {
    Napi::Error::New(env, "there is no batch to take").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  const size_t argumentBytes = batch->arguments().size() * sizeof(uint32_t);
  if (!fits(info[0], batch->recordBytes()) || !fits(info[1], argumentBytes) || !fits(info[2], batch->textUsed())) {
    Napi::RangeError::New(env, "the buffers are smaller than the batch").ThrowAsJavaScriptException();
    return env.Undefined();
  }
  copyInto(info[0], batch->record(0), batch->recordBytes());
  copyInto(info[1], batch->arguments().data(), argumentBytes);
  copyInto(info[2], batch->text(), batch->textUsed());
  const Napi::Value gaps = batch->gaps.empty() ? env.Undefined() : gapsToJs(env, batch->gaps).As<Napi::Value>();
  reader_->ring().pop();
  return gaps;
}

Napi::Value NativeTap::counters(const Napi::CallbackInfo& info) { return countersToJs(info.Env(), counters_); }

Napi::Value NativeTap::failure(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  if (reader_ != nullptr && !reader_->ring().ended()) return env.Undefined();
  const ReadFailure& failure = reader_ != nullptr ? reader_->failure() : failure_;
  if (failure.error == 0) return env.Undefined();
  Napi::Array pair = Napi::Array::New(env, 2);
  pair.Set(0u, failure.operation);
  pair.Set(1u, failure.error);
  return pair;
}

void NativeTap::close(const Napi::CallbackInfo& info) {
  if (reader_ == nullptr) return;
  napi_remove_env_cleanup_hook(info.Env(), &NativeTap::onEnvironmentExit, this);
  shutDown();
}

void NativeTap::ref(const Napi::CallbackInfo& info) {
  if (reader_ != nullptr) notify_.Ref(info.Env());
}

void NativeTap::unref(const Napi::CallbackInfo& info) {
  if (reader_ != nullptr) notify_.Unref(info.Env());
}

}  // namespace exectap
