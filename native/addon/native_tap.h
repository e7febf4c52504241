#pragma once

#include <napi.h>

#include <memory>

#include "../core/reader.h"

namespace exectap {

// The class the addon exports: a reader, and its batches as bytes. Only argument conversion; see src/tap/tap.ts for
// how it is used.
//
// The thread calls JavaScript only through `notify_`, at most once until the consumer has looked again. It is joined
// before that is released: by close(), by the finaliser of an object that was never closed, or, when the environment
// goes first (a worker is terminated), by a clean-up hook.
class NativeTap : public Napi::ObjectWrap<NativeTap> {
 public:
  static Napi::Function define(Napi::Env env);
  explicit NativeTap(const Napi::CallbackInfo& info);
  ~NativeTap() override;

 private:
  static void onEnvironmentExit(void* tap);
  void shutDown();

  // peek(head: Uint32Array(4)): [1 when a batch is there and 2 at the end else 0, records, words of the argument
  // table, bytes of text]
  void peek(const Napi::CallbackInfo& info);
  // take(records, arguments, text: ArrayBuffer): copies the batch that peek() described; gives its gaps, or undefined.
  Napi::Value take(const Napi::CallbackInfo& info);
  Napi::Value counters(const Napi::CallbackInfo& info);
  // failure(): [operation, errno] or undefined
  Napi::Value failure(const Napi::CallbackInfo& info);
  // Ends the thread, waiting for it: it looks up after every line and whenever it waits itself.
  void close(const Napi::CallbackInfo& info);
  // Whether a call that is waited for keeps the process alive.
  void ref(const Napi::CallbackInfo& info);
  void unref(const Napi::CallbackInfo& info);

  static void callBack(Napi::Env env, Napi::Function callback, void*, void*);
  using Notify = Napi::TypedThreadSafeFunction<void, void, &NativeTap::callBack>;

  Notify notify_;
  Counters counters_;
  ReadFailure failure_;
  // Gone with its buffers once the tap is closed: JavaScript may keep the counters for long.
  std::unique_ptr<Reader> reader_;
};

}  // namespace exectap
