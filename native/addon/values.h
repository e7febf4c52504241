#pragma once

#include <napi.h>

#include "../core/counters.h"
#include "../core/batch.h"
#include "../core/reader.h"

namespace exectap {

// Conversions of values that cross rarely; records cross as bytes.

// false, with a JavaScript exception pending, when the options are not what src/tap/tap.ts passes.
bool readOptions(const Napi::Object& from, ReaderOptions& options);
Napi::Object countersToJs(Napi::Env env, const Counters& counters);
Napi::Array gapsToJs(Napi::Env env, const std::vector<Gap>& gaps);
Napi::Object layoutToJs(Napi::Env env);

}  // namespace exectap
